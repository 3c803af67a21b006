//! Payloads of mutations: the changed object, or the reasons for a refusal.

use async_graphql::{ID, SimpleObject};
use seatgraph_engine::{CreatedLink, Validated};
use seatgraph_store::profiles::DeletionCounts;
use seatgraph_store::{self as store, AliasId, ProfileId};

use super::alias::ConnectionAlias;
use super::delegated_link::DelegatedLink;
use super::error::UserError;
use super::finding::Finding;
use super::model::SoftwareModel;
use super::profile::IntegrationProfile;
use super::run::SyncRun;
use super::scalars::{DateTime, Url, int};

/// Payload of `beginAuthorization`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct AuthorizationPayload {
    /// The started authorisation. Null if the mutation was refused.
    authorization: Option<Authorization>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// A started OAuth authorisation.
#[derive(Debug, SimpleObject)]
pub(crate) struct Authorization {
    /// Expiry time of `url`.
    expires_at: DateTime,
    /// URL to open in the user's browser. It can be used once.
    url: Url,
}

impl From<seatgraph_engine::Authorization> for Authorization {
    fn from(begun: seatgraph_engine::Authorization) -> Self {
        Self { expires_at: begun.expires_at.into(), url: Url(begun.url.into()) }
    }
}

/// Payload of mutations that change a connection alias.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ConnectionAliasPayload {
    /// The alias after the change. Null if the mutation was refused.
    alias: Option<ConnectionAlias>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of mutations that create or revoke a delegated link.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DelegatedLinkPayload {
    /// The link after the change. Null if the mutation was refused.
    link: Option<DelegatedLink>,
    /// URL of the new link. Anyone who has the URL can use it. It is returned only here. Null unless the link was just
    /// created.
    url: Option<Url>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of mutations that change an integration profile.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ProfilePayload {
    /// The profile after the change. Null if the mutation was refused.
    profile: Option<IntegrationProfile>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of `validateProfile`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct ValidatePayload {
    /// Problems that were found, with remedies. Empty if there are none.
    findings: Vec<Finding>,
    /// The profile after the validation. Null if the mutation was refused.
    profile: Option<IntegrationProfile>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of `publishProfile`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct PublishPayload {
    /// The published profile. Null if the mutation was refused.
    profile: Option<IntegrationProfile>,
    /// The first sync run. It starts immediately. Null if the mutation was refused.
    run: Option<SyncRun>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of mutations that start, cancel or confirm a sync run.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct SyncPayload {
    /// The run after the change. Null if the mutation was refused.
    run: Option<SyncRun>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of `resolveIdentifier`.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct SoftwareModelPayload {
    /// The model that the identifiers map to. Null if the mutation was refused.
    model: Option<SoftwareModel>,
    /// Number of subscriptions whose model changed.
    remapped: i32,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Payload of mutations that delete an object.
#[derive(Debug, Default, SimpleObject)]
pub(crate) struct DeletePayload {
    /// Number of dependent objects that were closed, one entry per type.
    closed: Vec<ClosedCount>,
    /// Global ID of the deleted object. Null if the mutation was refused.
    deleted_id: Option<ID>,
    /// Reasons for a refusal. Empty if the mutation succeeded.
    user_errors: Vec<UserError>,
}

/// Number of objects of one type that a deletion closed.
#[derive(Debug, SimpleObject)]
pub(crate) struct ClosedCount {
    /// Number of objects.
    count: i32,
    /// Name of the GraphQL type.
    #[graphql(name = "type")]
    of: &'static str,
}

/// A deleted object, and the number of dependent objects that were closed.
#[derive(Debug)]
pub(crate) struct Deleted {
    id: String,
    closed: Vec<ClosedCount>,
}

impl seatgraph_engine::Audited for Deleted {}

impl Deleted {
    pub(crate) fn alone(id: AliasId) -> Self {
        Self { id: id.to_string(), closed: Vec::new() }
    }

    pub(crate) fn with(id: ProfileId, closed: &DeletionCounts) -> Self {
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

/// For each payload, the results of the engine that it shows, and its fields.
macro_rules! payloads {
    ($($payload:ident { $($done:pat => $of:ty { $($field:ident: $value:expr),+ };)+ })+) => {$(
        impl $crate::schema::command::Payload for $payload {
            fn refused(user_errors: Vec<UserError>) -> Self {
                Self { user_errors, ..Self::default() }
            }
        }

        $(
            impl From<$of> for $payload {
                fn from($done: $of) -> Self {
                    Self { $($field: $value,)+ user_errors: Vec::new() }
                }
            }
        )+
    )+};
}

payloads! {
    AuthorizationPayload {
        begun => seatgraph_engine::Authorization { authorization: Some(begun.into()) };
    }
    ConnectionAliasPayload {
        alias => store::Alias { alias: Some(alias.into()) };
    }
    DelegatedLinkPayload {
        created => CreatedLink {
            link: Some(created.link.into()), url: Some(Url(created.url.expose().to_owned()))
        };
        link => store::DelegatedLink { link: Some(link.into()), url: None };
    }
    DeletePayload {
        deleted => Deleted { deleted_id: Some(deleted.id.into()), closed: deleted.closed };
    }
    ProfilePayload {
        profile => store::Profile { profile: Some(profile.into()) };
    }
    PublishPayload {
        (profile, run) => (store::Profile, store::SyncRun) {
            profile: Some(profile.into()), run: Some(run.into())
        };
    }
    SoftwareModelPayload {
        (model, remapped) => (store::Model, i64) {
            model: Some(model.into()), remapped: int(remapped)
        };
    }
    SyncPayload {
        run => store::SyncRun { run: Some(run.into()) };
    }
    ValidatePayload {
        validated => Validated {
            profile: Some(validated.profile.into()),
            findings: validated.findings.into_iter().map(Finding::from).collect()
        };
    }
}

pub(super) use payloads;
