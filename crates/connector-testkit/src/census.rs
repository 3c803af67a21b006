//! What a world holds, by its own account.
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use seatgraph_core::{IdentifierKey, Order, Page};

/// The ids of everything a connector must report, told by the world and never by a connector.
///
/// Tables of ids rather than counts: two wrongs (one left out, one twice) make a right count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Census {
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

impl Census {
    /// Counts what pages hold, for comparison with the truth.
    pub(super) fn of_pages<'a>(pages: impl IntoIterator<Item = &'a Page>) -> Self {
        let mut census = Self::default();
        for batch in pages.into_iter().map(|page| &page.batch) {
            census.pools.extend(batch.pools.iter().map(|pool| pool.identifier.id.clone()));
            census.accounts.extend(batch.accounts.iter().map(|account| account.external_id.clone()));
            for held in &batch.subscriptions {
                census.subscriptions.entry(held.identifier.id.clone()).or_default().insert(held.account.clone());
            }
            census.active.extend(batch.activity.iter().map(|activity| activity.account.clone()));
            census.consumption.extend(batch.consumption.iter().map(|consumption| consumption.key.clone()));
        }
        census
    }

    /// The same census when `orders` are carried out.
    pub(super) fn without(mut self, orders: &[Order]) -> Self {
        for order in orders {
            if let Some(holders) = self.subscriptions.get_mut(&order.identifier) {
                holders.remove(&order.account);
            }
        }
        self.normal()
    }

    /// Drops identifiers that nobody holds, which a census may or may not list.
    pub(super) fn normal(mut self) -> Self {
        self.subscriptions.retain(|_, holders| !holders.is_empty());
        self
    }

    /// Says where `seen` departs from the truth in what a sync of subscriptions reads, or `None` when it does not.
    pub(super) fn faults_in_subscriptions(&self, seen: &Self) -> Option<String> {
        let held = |census: &Self| -> BTreeSet<String> {
            let pairs = census.subscriptions.iter().flat_map(|(id, who)| who.iter().map(move |account| (id, account)));
            pairs.map(|(id, account)| format!("{}/{} of {account}", id.kind, id.key)).collect()
        };
        difference("pools", &self.pools, &seen.pools)
            .or_else(|| difference("accounts", &self.accounts, &seen.accounts))
            .or_else(|| difference("subscriptions", &held(self), &held(seen)))
    }
}

/// Says what `seen` lacks and what it has too much of.
pub(super) fn difference<T: Ord + Debug>(noun: &str, truth: &BTreeSet<T>, seen: &BTreeSet<T>) -> Option<String> {
    let lacking: Vec<_> = truth.difference(seen).collect();
    let surplus: Vec<_> = seen.difference(truth).collect();
    if lacking.is_empty() && surplus.is_empty() {
        return None;
    }
    let some = |ids: &[&T]| format!("{} {:?}", ids.len(), ids.iter().take(3).collect::<Vec<_>>());
    Some(format!("{noun}: {} in the world; lacking {}; surplus {}", truth.len(), some(&lacking), some(&surplus)))
}
