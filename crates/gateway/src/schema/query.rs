//! The query root.

use async_graphql::{Context, ID, Object};
use futures::future::try_join_all;

use super::account::{self, Account, AccountFilter, AccountOrder};
use super::alias::{self, AliasBy, AliasFilter, ConnectionAlias};
use super::api_token::{self, ApiToken};
use super::audit::{self, AuditEvent, AuditFilter};
use super::connector::Connector;
use super::context::HasRequest as _;
use super::error::Result;
use super::identifier::{self, UnrecognizedIdentifier};
use super::job::{self, Job, JobFilter};
use super::model::{self, SoftwareModel, SoftwareModelFilter};
use super::node::{self, Node};
use super::paging::{Connection, Paging};
use super::pool::{self, LicensePool, LicensePoolFilter};
use super::profile::{self, IntegrationProfile, ProfileBy, ProfileFilter, ProfileOrder};
use super::role::{self, RoleAssignment};
use super::run::{self, SyncRun, SyncRunFilter};
use super::subscription_row::{self, SoftwareSubscription, SubscriptionFilter, SubscriptionOrder};
use super::viewer::{self, Viewer};

/// The query root.
#[derive(Debug, Default)]
pub struct Query;

/// Queries. Lists are Relay connections: request `first` items `after` a cursor, or `last` items `before` a cursor.
#[Object]
impl Query {
    /// Accounts in all organisations. Retired accounts are excluded by default.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<AccountFilter>,
        #[graphql(desc = "Sort order. Default: by username, ascending.")] order_by: Option<AccountOrder>,
    ) -> Result<Connection<Account>> {
        let paging = Paging { first, after, last, before };
        account::page(ctx, filter.unwrap_or_default().read()?, order_by, &paging).await
    }

    /// API tokens, newest first. Includes expired and revoked tokens.
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<ApiToken>> {
        api_token::page(ctx.request()?, &Paging { first, after, last, before }).await
    }

    /// Audit log, newest first. Callers whose permission is limited to some profiles see only the entries of these
    /// profiles.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<AuditFilter>,
    ) -> Result<Connection<AuditEvent>> {
        let paging = Paging { first, after, last, before };
        audit::page(ctx.request()?, filter.unwrap_or_default(), &paging).await
    }

    /// A connection alias. Null if it does not exist.
    async fn connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifies the alias.")] by: AliasBy,
    ) -> Result<Option<ConnectionAlias>> {
        alias::find(ctx.request()?, by).await
    }

    /// Connection aliases, ordered by name.
    async fn connection_aliases(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<AliasFilter>,
    ) -> Result<Connection<ConnectionAlias>> {
        let paging = Paging { first, after, last, before };
        alias::page(ctx.request()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// A connector. Null if this gateway has no connector with the key.
    async fn connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Key of the connector, such as `salesforce`.")] key: String,
    ) -> Result<Option<Connector>> {
        Ok(ctx.request()?.engine.connector(&key).map(Connector::from))
    }

    /// Connectors of this gateway. The list is bounded by the connectors that the gateway contains.
    async fn connectors(&self, ctx: &Context<'_>) -> Result<Vec<Connector>> {
        Ok(ctx.request()?.engine.connectors().iter().map(Connector::from).collect())
    }

    /// Jobs of all kinds, newest first. Includes jobs of kinds that this version does not know.
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<JobFilter>,
    ) -> Result<Connection<Job>> {
        let paging = Paging { first, after, last, before };
        job::page(ctx.request()?, filter.unwrap_or_default(), &paging).await
    }

    /// Licence pools of all organisations. Retired pools are excluded.
    async fn license_pools(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<LicensePoolFilter>,
    ) -> Result<Connection<LicensePool>> {
        let paging = Paging { first, after, last, before };
        pool::page(ctx.request()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// The object with a global ID. Null if it does not exist.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ID of an object of any type.")] id: ID,
    ) -> Result<Option<Node>> {
        node::find(ctx.request()?, &id).await
    }

    /// The objects with the given global IDs, in the same order. Null for each ID that does not exist.
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Node>>> {
        let request = ctx.request()?;
        try_join_all(ids.iter().map(|id| node::find(request, id))).await
    }

    /// An integration profile. Null if it does not exist.
    async fn profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifies the profile.")] by: ProfileBy,
    ) -> Result<Option<IntegrationProfile>> {
        profile::find(ctx.request()?, by).await
    }

    /// Integration profiles that are not deleted.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn profiles(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<ProfileFilter>,
        #[graphql(desc = "Sort order. Default: by name, ascending.")] order_by: Option<ProfileOrder>,
    ) -> Result<Connection<IntegrationProfile>> {
        let paging = Paging { first, after, last, before };
        profile::page(ctx.request()?, filter.unwrap_or_default(), order_by, &paging).await
    }

    /// Role assignments, oldest first.
    async fn role_assignments(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<RoleAssignment>> {
        role::page(ctx.request()?, &Paging { first, after, last, before }).await
    }

    /// Software models, ordered by publisher, product and edition.
    async fn software_models(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<SoftwareModelFilter>,
    ) -> Result<Connection<SoftwareModel>> {
        let paging = Paging { first, after, last, before };
        model::page(ctx.request()?, filter.unwrap_or_default().into(), &paging).await
    }

    /// Subscriptions in all organisations. Retired subscriptions are excluded by default.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<SubscriptionFilter>,
        #[graphql(desc = "Sort order. Default: by `firstSeenAt`, ascending.")] order_by: Option<SubscriptionOrder>,
    ) -> Result<Connection<SoftwareSubscription>> {
        let paging = Paging { first, after, last, before };
        subscription_row::page(ctx, filter.unwrap_or_default().read()?, order_by, &paging).await
    }

    /// A sync run. Null if it does not exist.
    async fn sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ID of the sync run.")] id: ID,
    ) -> Result<Option<SyncRun>> {
        run::find(ctx.request()?, &id).await
    }

    /// Sync runs of all profiles, newest first.
    async fn sync_runs(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<SyncRunFilter>,
    ) -> Result<Connection<SyncRun>> {
        let paging = Paging { first, after, last, before };
        run::page(ctx.request()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// Subscription identifiers that no catalogue contains, oldest first.
    async fn unrecognized_identifiers(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<UnrecognizedIdentifier>> {
        let paging = Paging { first, after, last, before };
        identifier::page(ctx.request()?, &paging).await
    }

    /// The authenticated caller.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(viewer::viewer(ctx.request()?))
    }
}
