//! A page made ready for a transaction that may run more than once: owned, and fit for both databases.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seatgraph_core::{Activity, Allowance, Batch, Finding, Identifier, Next, Product, RecordKind, Rejection};

use super::PageCommit;
use crate::profiles::signed;
use crate::records::{KINDS, clean, clean_key};
use crate::{ProfileId, RunId};

/// A page made ready.
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
    pub(in crate::sync) snapshot_of: BTreeSet<RecordKind>,
    pub(in crate::sync) api_calls: i64,
    pub(in crate::sync) allowance: Option<Allowance>,
    pub(in crate::sync) lease: Duration,
    pub(in crate::sync) identifiers: Vec<(Identifier, Option<Product>)>,
    pub(in crate::sync) batch: Batch,
    pub(in crate::sync) activity: Vec<Activity>,
}

impl Prepared {
    pub(super) fn of(commit: &PageCommit<'_>) -> Self {
        let batch = commit.batch;
        let mut identifiers = BTreeMap::new();
        for identifier in KINDS.into_iter().flat_map(|kind| (kind.mentions)(batch).identifiers) {
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
            snapshot_of: commit.snapshot_of.iter().copied().collect(),
            api_calls: commit.api_calls,
            allowance: commit.allowance,
            lease: commit.lease,
            identifiers: identifiers.into_values().map(recognized).collect(),
            activity: batch.activity.iter().map(clean_activity).collect(),
            batch: batch.clone(),
        }
    }
}

fn clean_identifier(identifier: &Identifier) -> Identifier {
    Identifier { id: clean_key(&identifier.id).into_owned(), name: clean(&identifier.name).into_owned() }
}

fn clean_rejection(rejection: &Rejection) -> Rejection {
    Rejection {
        external_id: rejection.external_id.as_deref().map(|id| clean(id).into_owned()),
        code: clean(&rejection.code).into_owned(),
        message: clean(&rejection.message).into_owned(),
    }
}

fn clean_activity(activity: &Activity) -> Activity {
    Activity {
        account: clean(&activity.account).into_owned(),
        source: clean(&activity.source).into_owned(),
        ..*activity
    }
}
