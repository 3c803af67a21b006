//! What can be asked.

use async_graphql::{Context, ID, Object};
use futures::future::try_join_all;

use super::access::{self, ApiToken, RoleAssignment, Viewer};
use super::account::{self, Account, AccountFilter, AccountOrder};
use super::alias::{self, AliasBy, AliasFilter, ConnectionAlias};
use super::audit::{self, AuditEvent, AuditFilter};
use super::connector::Connector;
use super::error::Result;
use super::identifier::{self, UnrecognizedIdentifier};
use super::model::{self, SoftwareModel, SoftwareModelFilter};
use super::node::{self, Node};
use super::paging::{Connection, Paging};
use super::pool::{self, LicensePool, LicensePoolFilter};
use super::profile::{self, IntegrationProfile, ProfileBy, ProfileFilter, ProfileOrder};
use super::run::{self, SyncRun, SyncRunFilter};
use super::scope::Scoped as _;
use super::subscription_row::{self, SoftwareSubscription, SubscriptionFilter, SubscriptionOrder};

/// The root of every query.
#[derive(Debug, Default)]
pub struct Query;

/// Everything that can be asked. Lists come in pages: ask for `first` rows `after` a cursor, or for the `last` rows
/// `before` one.
#[Object]
impl Query {
    /// The accounts of all organisations. Those that are gone are left out unless the filter asks for them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the accounts that do not fit.")] filter: Option<AccountFilter>,
        #[graphql(desc = "How to order them: by username unless said otherwise.")] order_by: Option<AccountOrder>,
    ) -> Result<Connection<Account>> {
        let paging = Paging { first, after, last, before };
        account::page(ctx, filter.unwrap_or_default().read()?, order_by, &paging).await
    }

    /// The API tokens, the newest first; those that open nothing any more too.
    async fn api_tokens(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<ApiToken>> {
        access::token_page(ctx.scope()?, &Paging { first, after, last, before }).await
    }

    /// The audit log: who did what, the newest first. Whoever may read it on some profiles only reads what concerns one
    /// of these and nothing else.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the entries that do not fit.")] filter: Option<AuditFilter>,
    ) -> Result<Connection<AuditEvent>> {
        let paging = Paging { first, after, last, before };
        audit::page(ctx.scope()?, filter.unwrap_or_default(), &paging).await
    }

    /// One connection alias; null when there is none.
    async fn connection_alias(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which alias is meant.")] by: AliasBy,
    ) -> Result<Option<ConnectionAlias>> {
        alias::find(ctx.scope()?, by).await
    }

    /// The connection aliases, by name.
    async fn connection_aliases(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the aliases that do not fit.")] filter: Option<AliasFilter>,
    ) -> Result<Connection<ConnectionAlias>> {
        let paging = Paging { first, after, last, before };
        alias::page(ctx.scope()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// One connector; null when this gateway has none of that key.
    async fn connector(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The connector's key, `salesforce` for example.")] key: String,
    ) -> Result<Option<Connector>> {
        Ok(ctx.scope()?.engine.connector(&key).map(Connector::from))
    }

    /// The connectors of this gateway: one for each kind of system it can talk to.
    async fn connectors(&self, ctx: &Context<'_>) -> Result<Vec<Connector>> {
        Ok(ctx.scope()?.engine.connectors().iter().map(Connector::from).collect())
    }

    /// What the organisations say they bought. Pools that are gone are left out.
    async fn license_pools(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the pools that do not fit.")] filter: Option<LicensePoolFilter>,
    ) -> Result<Connection<LicensePool>> {
        let paging = Paging { first, after, last, before };
        pool::page(ctx.scope()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// The object of a global id; null when there is none.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The global id of any object.")] id: ID,
    ) -> Result<Option<Node>> {
        node::find(ctx.scope()?, &id).await
    }

    /// The objects of several global ids, in their order, each null where there is none.
    async fn nodes(&self, ctx: &Context<'_>, ids: Vec<ID>) -> Result<Vec<Option<Node>>> {
        let scope = ctx.scope()?;
        try_join_all(ids.iter().map(|id| node::find(scope, id))).await
    }

    /// One integration profile; null when there is none.
    async fn profile(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which profile is meant.")] by: ProfileBy,
    ) -> Result<Option<IntegrationProfile>> {
        profile::find(ctx.scope()?, by).await
    }

    /// The integration profiles in use.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn profiles(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the profiles that do not fit.")] filter: Option<ProfileFilter>,
        #[graphql(desc = "How to order them: by name unless said otherwise.")] order_by: Option<ProfileOrder>,
    ) -> Result<Connection<IntegrationProfile>> {
        let paging = Paging { first, after, last, before };
        profile::page(ctx.scope()?, filter.unwrap_or_default(), order_by, &paging).await
    }

    /// Who holds which role, the oldest first.
    async fn role_assignments(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<RoleAssignment>> {
        access::role_page(ctx.scope()?, &Paging { first, after, last, before }).await
    }

    /// The software models, by publisher, product and edition.
    async fn software_models(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the models that do not fit.")] filter: Option<SoftwareModelFilter>,
    ) -> Result<Connection<SoftwareModel>> {
        let paging = Paging { first, after, last, before };
        model::page(ctx.scope()?, filter.unwrap_or_default().into(), &paging).await
    }

    /// Who holds what in all organisations. What is not held any more is left out unless the filter asks for it.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the subscriptions that do not fit.")] filter: Option<SubscriptionFilter>,
        #[graphql(desc = "How to order them: by when a sync first named them unless said otherwise.")] order_by: Option<
            SubscriptionOrder,
        >,
    ) -> Result<Connection<SoftwareSubscription>> {
        let paging = Paging { first, after, last, before };
        subscription_row::page(ctx, filter.unwrap_or_default().read()?, order_by, &paging).await
    }

    /// One sync run; null when there is none.
    async fn sync_run(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The run's global id.")] id: ID,
    ) -> Result<Option<SyncRun>> {
        run::find(ctx.scope()?, &id).await
    }

    /// The sync runs of all profiles, newest first.
    async fn sync_runs(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
        #[graphql(desc = "Leaves out the runs that do not fit.")] filter: Option<SyncRunFilter>,
    ) -> Result<Connection<SyncRun>> {
        let paging = Paging { first, after, last, before };
        run::page(ctx.scope()?, filter.unwrap_or_default().read()?, &paging).await
    }

    /// What is held and no catalogue knows, oldest first: the queue for a person to resolve.
    async fn unrecognized_identifiers(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        last: Option<i32>,
        before: Option<String>,
    ) -> Result<Connection<UnrecognizedIdentifier>> {
        let paging = Paging { first, after, last, before };
        identifier::page(ctx.scope()?, &paging).await
    }

    /// Whoever asks, and what it may do.
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        Ok(access::viewer(ctx.scope()?))
    }
}
