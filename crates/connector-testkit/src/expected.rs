//! The records that a connector must report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use seatgraph_core::{IdentifierKey, Order, Page};

/// The IDs of all records that a connector must report. They come from the test organisation, never from a connector.
///
/// IDs instead of counts: with a missing and a duplicate record, the count would still be correct.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedRecords {
    /// External IDs of all accounts, including inactive ones.
    pub accounts: BTreeSet<String>,
    /// All subscriptions.
    pub subscriptions: BTreeMap<IdentifierKey, BTreeSet<String>>,
    /// Identifiers of all pools.
    pub pools: BTreeSet<IdentifierKey>,
    /// External IDs of accounts with evidence of use.
    pub active: BTreeSet<String>,
    /// Keys of all usage-based allowances.
    pub consumption: BTreeSet<String>,
}

impl ExpectedRecords {
    /// Collects the IDs of pages for comparison.
    pub(super) fn of_pages<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Self {
        let mut expected = Self::default();
        for batch in pages.into_iter().map(|page| &page.batch) {
            expected.pools.extend(batch.pools.iter().map(|pool| pool.identifier.id.clone()));
            expected.accounts.extend(batch.accounts.iter().map(|account| account.external_id.clone()));
            for held in &batch.subscriptions {
                expected.subscriptions.entry(held.identifier.id.clone()).or_default().insert(held.account.clone());
            }
            expected.active.extend(batch.activity.iter().map(|activity| activity.account.clone()));
            expected.consumption.extend(batch.consumption.iter().map(|consumption| consumption.key.clone()));
        }
        expected
    }

    /// The records after `orders` have been applied.
    pub(super) fn without(mut self, orders: &[Order]) -> Self {
        for order in orders {
            if let Some(holders) = self.subscriptions.get_mut(&order.identifier) {
                holders.remove(&order.account);
            }
        }
        self.normal()
    }

    /// Removes identifiers without accounts, which may or may not be listed.
    pub(super) fn normal(mut self) -> Self {
        self.subscriptions.retain(|_, holders| !holders.is_empty());
        self
    }

    /// Describes how `seen` differs in the records that a subscription sync reads. Returns `None` if it does not differ.
    pub(super) fn difference_in_subscriptions(&self, seen: &Self) -> Option<String> {
        let held = |records: &Self| -> BTreeSet<String> {
            let pairs = records.subscriptions.iter().flat_map(|(id, who)| who.iter().map(move |account| (id, account)));
            pairs.map(|(id, account)| format!("{}/{} of {account}", id.kind, id.key)).collect()
        };
        difference("pools", &self.pools, &seen.pools)
            .or_else(|| difference("accounts", &self.accounts, &seen.accounts))
            .or_else(|| difference("subscriptions", &held(self), &held(seen)))
    }
}

/// Describes what is missing in `seen` and what is unexpected.
pub(super) fn difference<T: Ord + Debug>(noun: &str, expected: &BTreeSet<T>, seen: &BTreeSet<T>) -> Option<String> {
    let missing: Vec<_> = expected.difference(seen).collect();
    let surplus: Vec<_> = seen.difference(expected).collect();
    if missing.is_empty() && surplus.is_empty() {
        return None;
    }
    let some = |ids: &[&T]| format!("{} {:?}", ids.len(), ids.iter().take(3).collect::<Vec<_>>());
    Some(format!("{noun}: {} expected; missing {}; surplus {}", expected.len(), some(&missing), some(&surplus)))
}
