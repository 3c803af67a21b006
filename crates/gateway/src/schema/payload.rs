//! What mutations answer with: the changed object, or why nothing was changed.

use async_graphql::{ID, SimpleObject};
use seatgraph_engine::{CreatedLink, Validated};
use seatgraph_store::profiles::Closed;
use seatgraph_store::{self as store, AliasId, ProfileId};

use super::alias::ConnectionAlias;
use super::error::UserError;
use super::finding::Finding;
use super::link::DelegatedLink;
use super::model::SoftwareModel;
use super::profile::IntegrationProfile;
use super::run::SyncRun;
use super::scalars::{DateTime, Url, int};

/// The outcome of beginning a person's consent.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct AuthorizationPayload {
    /// Where to send the person's browser; null when the consent was not begun.
    authorization: Option<Authorization>,
    /// Why nothing was begun; empty when it was.
    user_errors: Vec<UserError>,
}

/// A person's consent that was begun.
#[derive(Debug, SimpleObject)]
pub(crate) struct Authorization {
    /// Until when it works.
    expires_at: DateTime,
    /// Where the person's browser goes to consent. It works once.
    url: Url,
}

impl From<seatgraph_engine::Authorization> for Authorization {
    fn from(begun: seatgraph_engine::Authorization) -> Self {
        Self { expires_at: begun.expires_at.into(), url: Url(begun.url.into()) }
    }
}

/// The outcome of a change of a connection alias.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ConnectionAliasPayload {
    /// The alias as it is now; null when the change was refused.
    alias: Option<ConnectionAlias>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of making or revoking a delegated link.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DelegatedLinkPayload {
    /// The link as it is now; null when nothing was done.
    link: Option<DelegatedLink>,
    /// Where it leads, to be sent to whoever shall follow it. Whoever has it can use it; it is shown here, once, and null
    /// when the link was not made just now.
    url: Option<Url>,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of a change of an integration profile.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ProfilePayload {
    /// The profile as it is now; null when the change was refused.
    profile: Option<IntegrationProfile>,
    /// Why nothing was changed; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of a validation.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ValidatePayload {
    /// What is the matter and what to do about it; empty when all is well.
    findings: Vec<Finding>,
    /// The profile, with its organisation where that could be reached; null when the validation was refused.
    profile: Option<IntegrationProfile>,
    /// Why nothing was validated; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of publishing a profile.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct PublishPayload {
    /// The profile as it is now; null when publishing was refused.
    profile: Option<IntegrationProfile>,
    /// The first run, which begins at once; null when publishing was refused.
    run: Option<SyncRun>,
    /// Why the profile was not published; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of a command to a sync run.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct SyncPayload {
    /// The run as it is now; null when the command was refused.
    run: Option<SyncRun>,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of resolving identifiers.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct SoftwareModelPayload {
    /// The model that the identifiers stand for now; null when the resolution was refused.
    model: Option<SoftwareModel>,
    /// How many subscriptions came to another model by it.
    remapped: i32,
    /// Why nothing was resolved; empty when it was.
    user_errors: Vec<UserError>,
}

/// The outcome of a deletion, and what went with it.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DeletePayload {
    /// What was closed along with it, one entry for each type that was concerned.
    closed: Vec<ClosedCount>,
    /// The id of what was deleted; null when the deletion was refused.
    deleted_id: Option<ID>,
    /// Why nothing was deleted; empty when it was.
    user_errors: Vec<UserError>,
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

/// What was deleted, and what went with it.
#[derive(Debug)]
pub(crate) struct Deleted {
    id: String,
    closed: Vec<ClosedCount>,
}

impl seatgraph_engine::Leaves for Deleted {}

impl Deleted {
    pub(crate) fn alone(id: AliasId) -> Self {
        Self { id: id.to_string(), closed: Vec::new() }
    }

    pub(crate) fn with(id: ProfileId, closed: &Closed) -> Self {
        let counts = [
            ("SyncRun", closed.runs_cancelled),
            ("Account", closed.accounts_retired),
            ("SoftwareSubscription", closed.subscriptions_retired),
            ("LicensePool", closed.pools_retired),
        ];
        let concerned = counts.into_iter().filter(|&(_, count)| count > 0);
        let closed = concerned.map(|(of, count)| ClosedCount { count: int(count), of }).collect();
        Self { id: id.to_string(), closed }
    }
}

/// One payload for each line: what the engine returns, and the fields that show it.
macro_rules! payloads {
    ($($payload:ident: $done:pat => $of:ty { $($field:ident: $value:expr),+ };)+) => {$(
        impl From<Result<$of, Vec<UserError>>> for $payload {
            fn from(outcome: Result<$of, Vec<UserError>>) -> Self {
                match outcome {
                    Ok($done) => Self { $($field: $value,)+ user_errors: Vec::new() },
                    Err(user_errors) => Self { user_errors, ..Self::default() },
                }
            }
        }
    )+};
}

payloads! {
    AuthorizationPayload: begun => seatgraph_engine::Authorization { authorization: Some(begun.into()) };
    ConnectionAliasPayload: alias => store::Alias { alias: Some(alias.into()) };
    DelegatedLinkPayload: created => CreatedLink {
        link: Some(created.link.into()), url: Some(Url(created.url.expose().to_owned()))
    };
    DelegatedLinkPayload: link => store::DelegatedLink { link: Some(link.into()), url: None };
    DeletePayload: deleted => Deleted { deleted_id: Some(deleted.id.into()), closed: deleted.closed };
    ProfilePayload: profile => store::Profile { profile: Some(profile.into()) };
    PublishPayload: (profile, run) => (store::Profile, store::SyncRun) {
        profile: Some(profile.into()), run: Some(run.into())
    };
    SoftwareModelPayload: (model, remapped) => (store::Model, i64) {
        model: Some(model.into()), remapped: int(remapped)
    };
    SyncPayload: run => store::SyncRun { run: Some(run.into()) };
    ValidatePayload: validated => Validated {
        profile: Some(validated.profile.into()),
        findings: validated.findings.into_iter().map(Finding::from).collect()
    };
}

pub(super) use payloads;
