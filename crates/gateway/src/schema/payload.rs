//! What mutations answer with: the changed object, or why nothing was changed.

use async_graphql::{ID, SimpleObject};
use seatgraph_store::{self as store, profiles::Closed};

use super::alias::ConnectionAlias;
use super::error::UserError;
use super::finding::Finding;
use super::model::SoftwareModel;
use super::profile::IntegrationProfile;
use super::run::SyncRun;
use super::scalars::int;

/// The outcome of a change of a connection alias.
#[derive(Debug, SimpleObject)]
pub(crate) struct ConnectionAliasPayload {
    /// The alias as it is now; null when the change was refused.
    pub(crate) alias: Option<ConnectionAlias>,
    /// Why nothing was changed; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of a change of an integration profile.
#[derive(Debug, SimpleObject)]
pub(crate) struct ProfilePayload {
    /// The profile as it is now; null when the change was refused.
    pub(crate) profile: Option<IntegrationProfile>,
    /// Why nothing was changed; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of a validation.
#[derive(Debug, SimpleObject)]
pub(crate) struct ValidatePayload {
    /// What is the matter and what to do about it; empty when all is well.
    pub(crate) findings: Vec<Finding>,
    /// The profile, with its organisation where that could be reached; null when the validation was refused.
    pub(crate) profile: Option<IntegrationProfile>,
    /// Why nothing was validated; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of publishing a profile.
#[derive(Debug, SimpleObject)]
pub(crate) struct PublishPayload {
    /// The profile as it is now; null when publishing was refused.
    pub(crate) profile: Option<IntegrationProfile>,
    /// The first run, which begins at once; null when publishing was refused.
    pub(crate) run: Option<SyncRun>,
    /// Why the profile was not published; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of a command to a sync run.
#[derive(Debug, SimpleObject)]
pub(crate) struct SyncPayload {
    /// The run as it is now; null when the command was refused.
    pub(crate) run: Option<SyncRun>,
    /// Why nothing was done; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of resolving identifiers.
#[derive(Debug, SimpleObject)]
pub(crate) struct SoftwareModelPayload {
    /// The model that the identifiers stand for now; null when the resolution was refused.
    pub(crate) model: Option<SoftwareModel>,
    /// How many subscriptions came to another model by it.
    pub(crate) remapped: i32,
    /// Why nothing was resolved; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// The outcome of a deletion, and what went with it.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DeletePayload {
    /// What was closed along with it, one entry for each type that was concerned.
    pub(crate) closed: Vec<ClosedCount>,
    /// The id of what was deleted; null when the deletion was refused.
    pub(crate) deleted_id: Option<ID>,
    /// Why nothing was deleted; empty when it was.
    pub(crate) user_errors: Vec<UserError>,
}

/// How many objects of one type were closed along with a deletion.
#[derive(Debug, SimpleObject)]
pub(crate) struct ClosedCount {
    /// How many there were.
    count: i32,
    /// The name of the type.
    #[graphql(name = "type")]
    of: &'static str,
}

impl ClosedCount {
    pub(crate) fn list(closed: &Closed) -> Vec<Self> {
        let counts = [
            ("SyncRun", closed.runs_cancelled),
            ("Account", closed.accounts_retired),
            ("SoftwareSubscription", closed.subscriptions_retired),
            ("LicensePool", closed.pools_retired),
        ];
        let concerned = counts.into_iter().filter(|&(_, count)| count > 0);
        concerned.map(|(of, count)| Self { count: int(count), of }).collect()
    }
}

impl From<Result<store::Alias, Vec<UserError>>> for ConnectionAliasPayload {
    fn from(outcome: Result<store::Alias, Vec<UserError>>) -> Self {
        match outcome {
            Ok(row) => Self { alias: Some(row.into()), user_errors: Vec::new() },
            Err(user_errors) => Self { alias: None, user_errors },
        }
    }
}

impl From<Result<store::Profile, Vec<UserError>>> for ProfilePayload {
    fn from(outcome: Result<store::Profile, Vec<UserError>>) -> Self {
        match outcome {
            Ok(row) => Self { profile: Some(row.into()), user_errors: Vec::new() },
            Err(user_errors) => Self { profile: None, user_errors },
        }
    }
}

impl From<Result<store::SyncRun, Vec<UserError>>> for SyncPayload {
    fn from(outcome: Result<store::SyncRun, Vec<UserError>>) -> Self {
        match outcome {
            Ok(row) => Self { run: Some(row.into()), user_errors: Vec::new() },
            Err(user_errors) => Self { run: None, user_errors },
        }
    }
}
