//! The records that a connector must report.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use seatgraph_core::{IdentifierKey, Order, Page};

/// The ids of everything a connector must report. They come from the test organisation and never from a connector.
///
/// Tables of ids rather than counts: two wrongs (one left out, one twice) make a right count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ExpectedRecords {
    /// External ids of all accounts, the inactive ones too.
    pub accounts: BTreeSet<String>,
    /// Who holds what.
    pub subscriptions: BTreeMap<IdentifierKey, BTreeSet<String>>,
    /// Identifiers of all pools.
    pub pools: BTreeSet<IdentifierKey>,
    /// External ids of accounts of whose use there is evidence.
    pub active: BTreeSet<String>,
    /// Keys of all usage-based allowances.
    pub consumption: BTreeSet<String>,
}

impl ExpectedRecords {
    /// Collects the ids of pages, to compare them with what was expected.
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

    /// The same records after `orders` are carried out.
    pub(super) fn without(mut self, orders: &[Order]) -> Self {
        for order in orders {
            if let Some(holders) = self.subscriptions.get_mut(&order.identifier) {
                holders.remove(&order.account);
            }
        }
        self.normal()
    }

    /// Drops identifiers without holders, which may or may not be listed.
    pub(super) fn normal(mut self) -> Self {
        self.subscriptions.retain(|_, holders| !holders.is_empty());
        self
    }

    /// Describes how `seen` differs in what a sync of subscriptions reads; `None` when it does not.
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

/// Describes what is missing from `seen` and what it has too much of.
pub(super) fn difference<T: Ord + Debug>(noun: &str, expected: &BTreeSet<T>, seen: &BTreeSet<T>) -> Option<String> {
    let missing: Vec<_> = expected.difference(seen).collect();
    let surplus: Vec<_> = seen.difference(expected).collect();
    if missing.is_empty() && surplus.is_empty() {
        return None;
    }
    let some = |ids: &[&T]| format!("{} {:?}", ids.len(), ids.iter().take(3).collect::<Vec<_>>());
    Some(format!("{noun}: {} expected; missing {}; surplus {}", expected.len(), some(&missing), some(&surplus)))
}
