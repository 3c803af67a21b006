//! Pages to commit, and their owned form for a transaction that may be retried.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seatgraph_core::{Activity, Allowance, Batch, Finding, Identifier, Next, Product, RecordKind, Rejection};

use crate::profiles::signed;
use crate::records::{KINDS, clean, clean_key};
use crate::{ProfileId, RunId};

/// A page to commit.
pub struct PageCommit<'a> {
    /// The run.
    pub run: RunId,
    /// Its profile.
    pub profile: ProfileId,
    /// Key of the connector.
    pub connector: &'a str,
    /// The fence of the claim.
    pub fence: i64,
    /// Ordinal of the stage.
    pub ordinal: i32,
    /// Its records.
    pub batch: &'a Batch,
    /// The next page, or the end.
    pub next: Next,
    /// Vendor rows in it.
    pub rows: u64,
    /// Vendor rows of the whole process; used if the stage has no total yet.
    pub total: Option<u64>,
    /// Findings.
    pub findings: &'a [Finding],
    /// Rejected rows.
    pub rejected: &'a [Rejection],
    /// The kinds of which the process delivers a complete snapshot; their records are recorded as seen.
    pub snapshot_of: &'a [RecordKind],
    /// Calls to the vendor since the last commit.
    pub api_calls: i64,
    /// API usage reported by the vendor.
    pub allowance: Option<Allowance>,
    /// Duration of the renewed lease.
    pub lease: Duration,
    /// Returns the product of an identifier, if the catalogue knows it.
    pub recognize: &'a (dyn Fn(&Identifier) -> Option<Product> + Sync),
}

/// An owned page with its texts cleaned for both databases.
pub(super) struct Prepared {
    pub(super) run: RunId,
    pub(super) profile: ProfileId,
    pub(super) connector: String,
    pub(super) fence: i64,
    pub(super) ordinal: i32,
    pub(super) next: Next,
    pub(super) rows: i64,
    pub(super) total: Option<i64>,
    pub(super) findings: Vec<Finding>,
    pub(super) rejected: Vec<Rejection>,
    pub(super) snapshot_of: BTreeSet<RecordKind>,
    pub(super) api_calls: i64,
    pub(super) allowance: Option<Allowance>,
    pub(super) lease: Duration,
    pub(super) identifiers: Vec<(Identifier, Option<Product>)>,
    pub(super) batch: Batch,
    pub(super) activity: Vec<Activity>,
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
