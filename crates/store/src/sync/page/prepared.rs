//! A page made ready: owned, without duplicates, in the order of its keys, and fit for both databases.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use seatgraph_core::{
    Account, Activity, Allowance, Finding, Identifier, IdentifierKey, Next, Pool, Product, Rejection, Subscription,
};

use super::PageCommit;
use crate::profiles::signed;
use crate::{ProfileId, RunId};

/// A page made ready. Sorted by the keys on which rows collide: fewer page splits, and no two writers that wait for
/// each other.
pub(in crate::sync) struct Prepared {
    pub(in crate::sync) run: RunId,
    pub(in crate::sync) profile: ProfileId,
    pub(in crate::sync) connector: String,
    pub(in crate::sync) fence: i64,
    pub(in crate::sync) ordinal: i32,
    pub(in crate::sync) next: Next,
    pub(in crate::sync) rows: i64,
    pub(in crate::sync) total: Option<i64>,
    pub(in crate::sync) findings: Vec<Finding>,
    pub(in crate::sync) rejected: Vec<Rejection>,
    pub(in crate::sync) snapshot: bool,
    pub(in crate::sync) api_calls: i64,
    pub(in crate::sync) allowance: Option<Allowance>,
    pub(in crate::sync) lease: Duration,
    pub(in crate::sync) identifiers: Vec<(Identifier, Option<Product>)>,
    pub(in crate::sync) pools: Vec<Pool>,
    pub(in crate::sync) accounts: Vec<PreparedAccount>,
    pub(in crate::sync) subscriptions: Vec<Subscription>,
    pub(in crate::sync) activity: Vec<Activity>,
}

/// An account with what is searched.
pub(in crate::sync) struct PreparedAccount {
    pub(in crate::sync) account: Account,
    pub(in crate::sync) search_text: String,
}

impl Prepared {
    pub(super) fn of(commit: &PageCommit<'_>) -> Self {
        let batch = commit.batch;
        let mut identifiers = BTreeMap::new();
        let held = batch.subscriptions.iter().map(|subscription| &subscription.identifier);
        for identifier in batch.pools.iter().map(|pool| &pool.identifier).chain(held) {
            identifiers.entry(&identifier.id).or_insert(identifier);
        }
        let recognized = |identifier: &Identifier| (clean_identifier(identifier), (commit.recognize)(identifier));
        Self {
            run: commit.run,
            profile: commit.profile,
            connector: commit.connector.to_owned(),
            fence: commit.fence,
            ordinal: commit.ordinal,
            next: commit.next.clone(),
            rows: signed(commit.rows),
            total: commit.total.map(signed),
            findings: commit.findings.to_vec(),
            rejected: commit.rejected.iter().map(clean_rejection).collect(),
            snapshot: commit.snapshot,
            api_calls: commit.api_calls,
            allowance: commit.allowance,
            lease: commit.lease,
            identifiers: identifiers.into_values().map(recognized).collect(),
            pools: last_of_each(batch.pools.iter().map(clean_pool), |pool| pool.identifier.id.clone()),
            accounts: last_of_each(batch.accounts.iter().map(clean_account), |a| a.account.external_id.clone()),
            subscriptions: last_of_each(batch.subscriptions.iter().map(clean_subscription), |subscription| {
                (subscription.account.clone(), subscription.identifier.id.clone())
            }),
            activity: batch.activity.iter().map(clean_activity).collect(),
        }
    }
}

/// Keeps the last of several records with one key, in the order of the keys. One statement cannot touch a row twice.
fn last_of_each<T, K: Ord>(records: impl Iterator<Item = T>, key: impl Fn(&T) -> K) -> Vec<T> {
    let unique: BTreeMap<K, T> = records.map(|record| (key(&record), record)).collect();
    unique.into_values().collect()
}

/// PostgreSQL holds every character but NUL.
fn clean(text: &str) -> String {
    match without_nul(text) {
        Cow::Borrowed(text) => text.to_owned(),
        Cow::Owned(text) => text,
    }
}

fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

fn clean_some(text: Option<&String>) -> Option<String> {
    text.map(|text| clean(text))
}

fn clean_key(key: &IdentifierKey) -> IdentifierKey {
    IdentifierKey::new(clean(&key.kind), clean(&key.key))
}

fn clean_identifier(identifier: &Identifier) -> Identifier {
    Identifier { id: clean_key(&identifier.id), name: clean(&identifier.name) }
}

fn clean_rejection(rejection: &Rejection) -> Rejection {
    Rejection {
        external_id: clean_some(rejection.external_id.as_ref()),
        code: clean(&rejection.code),
        message: clean(&rejection.message),
    }
}

fn clean_pool(pool: &Pool) -> Pool {
    Pool {
        identifier: clean_identifier(&pool.identifier),
        total: pool.total,
        used: pool.used,
        status: clean_some(pool.status.as_ref()),
        expires: pool.expires,
    }
}

fn clean_subscription(subscription: &Subscription) -> Subscription {
    Subscription {
        account: clean(&subscription.account),
        identifier: clean_identifier(&subscription.identifier),
        pool: subscription.pool.as_ref().map(clean_key),
        assigned_at: subscription.assigned_at,
    }
}

fn clean_activity(activity: &Activity) -> Activity {
    Activity { account: clean(&activity.account), source: clean(&activity.source), ..activity.clone() }
}

fn clean_account(account: &Account) -> PreparedAccount {
    let account = Account {
        external_id: clean(&account.external_id),
        username: clean(&account.username),
        email: clean_some(account.email.as_ref()),
        display_name: clean_some(account.display_name.as_ref()),
        kind: account.kind,
        active: account.active,
        frozen: account.frozen,
        department: clean_some(account.department.as_ref()),
        title: clean_some(account.title.as_ref()),
        country: clean_some(account.country.as_ref()),
        cost_center: clean_some(account.cost_center.as_ref()),
        employee_number: clean_some(account.employee_number.as_ref()),
        federation_id: clean_some(account.federation_id.as_ref()),
        manager: clean_some(account.manager.as_ref()),
        created_at: account.created_at,
        attributes: account.attributes.iter().map(|(key, value)| (clean(key), clean(value))).collect(),
    };
    let searched = [
        account.display_name.as_deref(),
        Some(account.username.as_str()),
        account.email.as_deref(),
        account.employee_number.as_deref(),
    ];
    let search_text = searched.into_iter().flatten().map(str::to_lowercase).collect::<Vec<_>>().join("\n");
    PreparedAccount { account, search_text }
}
