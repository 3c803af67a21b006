//! Integration profiles: one SaaS organisation each.

mod parts;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, OneofObject, SimpleObject};
use seatgraph_store::{self as store, ProfileId, accounts, pools, profiles, runs, subscriptions};

use super::account::{self, Account, AccountFilter};
use super::alias::{self, ConnectionAlias};
use super::connector::Connector;
use super::context::{HasRequest as _, RequestContext};
use super::error::{self, Result};
use super::filters::{self, Direction, StringFilter};
use super::finding::Finding;
use super::loaders::{FindingsOf, LastRunOf, ProcessesOf};
use super::paging::{Connection, Paged, Paging};
use super::pool::{self, LicensePool};
use super::process::GrantType;
use super::run::{self, SyncRun};
use super::scalars::DateTime;
use super::setup::{self, SetupStep};
use super::subscription_row::{self, SoftwareSubscription, SubscriptionFilter};
pub(crate) use parts::{ApiAllowance, Organization, ProfileProcess, ProfileState, Schedule, ScheduleEvery};

/// A SaaS organisation, tracked through one connection alias.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct IntegrationProfile {
    /// Creation time.
    created_at: DateTime,
    /// Deletion time. Null unless the profile is deleted. Deleted profiles are kept because history refers to them.
    deleted_at: Option<DateTime>,
    /// Global ID.
    pub(crate) id: ID,
    /// Name of the profile. Unique among profiles that are not deleted.
    name: String,
    /// The organisation. Null until a validation has reached it.
    organization: Option<Organization>,
    /// Schedule of automatic runs.
    schedule: Schedule,
    /// State of the profile.
    state: ProfileState,
    /// Time of the last change.
    updated_at: DateTime,
    #[graphql(skip)]
    row: store::Profile,
}

impl From<store::Profile> for IntegrationProfile {
    fn from(row: store::Profile) -> Self {
        Self {
            created_at: row.created_at.into(),
            deleted_at: row.deleted_at.map(DateTime),
            id: row.id.to_string().into(),
            name: row.name.clone(),
            organization: row.organization.clone().map(Organization::from),
            schedule: Schedule::of(&row),
            state: row.state.into(),
            updated_at: row.updated_at.into(),
            row,
        }
    }
}

#[ComplexObject]
impl IntegrationProfile {
    /// Accounts of the organisation, ordered by username. Retired accounts are excluded by default.
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<AccountFilter>,
    ) -> Result<Connection<Account>> {
        let filter = filter.unwrap_or_default().read()?;
        let filter = accounts::AccountFilter { profile_id: Some(self.row.id), ..filter };
        account::page(ctx, filter, None, &Paging::forward(first, after)).await
    }

    /// Connection alias of the profile. Null if the profile is deleted.
    async fn alias(&self, ctx: &Context<'_>) -> Result<Option<ConnectionAlias>> {
        let Some(alias) = self.row.alias_id else { return Ok(None) };
        Ok(ctx.request()?.load(alias).await?.map(ConnectionAlias::from))
    }

    /// API usage of the organisation, as last reported by the vendor. Null until the vendor has reported it.
    async fn api_allowance(&self, ctx: &Context<'_>) -> Result<Option<ApiAllowance>> {
        let share = ctx.request()?.engine.settings().quota_run_percent;
        Ok(self.row.allowance.map(|allowance| ApiAllowance::of(allowance, share)))
    }

    /// Connector of the profile.
    async fn connector(&self, ctx: &Context<'_>) -> Result<Connector> {
        alias::connector(ctx.request()?, &self.row.connector)
    }

    /// Findings of the last validation and the last run, ordered by process and severity. Each problem is listed once.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        findings(ctx.request()?, self.row.id).await
    }

    /// Newest sync run. Null if there is none.
    async fn last_run(&self, ctx: &Context<'_>) -> Result<Option<SyncRun>> {
        Ok(ctx.request()?.load(LastRunOf(self.row.id)).await?.map(SyncRun::from))
    }

    /// Licence pools reported by the organisation.
    async fn license_pools(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<LicensePool>> {
        let filter = pools::PoolFilter { profile_id: Some(self.row.id) };
        pool::page(ctx.request()?, filter, &Paging::forward(first, after)).await
    }

    /// Processes of the profile. At most four entries.
    async fn processes(&self, ctx: &Context<'_>) -> Result<Vec<ProfileProcess>> {
        let processes = ctx.request()?.load(ProcessesOf(self.row.id)).await?.unwrap_or_default();
        Ok(processes.into_iter().map(|row| ProfileProcess::of(self.row.id, &row)).collect())
    }

    /// Sync runs of the profile, newest first.
    async fn runs(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Connection<SyncRun>> {
        let filter = runs::SyncRunFilter { profile_id: Some(self.row.id), ..Default::default() };
        run::page(ctx.request()?, filter, &Paging::forward(first, after)).await
    }

    /// Setup steps of the profile with their state, from registering the application to the first completed sync. The
    /// list is bounded by the connector.
    async fn setup_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "OAuth grant type. Default: the grant type of the alias, or the first one of the connector if the alias \
                    has no credential."
        )]
        grant: Option<GrantType>,
    ) -> Result<Vec<SetupStep>> {
        setup::of_profile(ctx.request()?, &self.row, grant).await
    }

    /// Subscriptions in the organisation. Retired subscriptions are excluded by default.
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(desc = "Filter. All given conditions must match.")] filter: Option<SubscriptionFilter>,
    ) -> Result<Connection<SoftwareSubscription>> {
        let filter = filter.unwrap_or_default().read()?;
        let filter = subscriptions::SubscriptionFilter { profile_id: Some(self.row.id), ..filter };
        subscription_row::page(ctx, filter, None, &Paging::forward(first, after)).await
    }
}

/// Returns the current findings of a profile.
async fn findings(request: &RequestContext, profile: ProfileId) -> Result<Vec<Finding>> {
    let findings = request.load(FindingsOf(profile)).await?.unwrap_or_default();
    Ok(findings.into_iter().map(Finding::from).collect())
}

/// Identifies an integration profile. Exactly one field must be set.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum ProfileBy {
    /// Global ID of the profile.
    Id(ID),
    /// Name of the profile. Deleted profiles are not found by name.
    Name(String),
}

/// Filters integration profiles. All given conditions must match.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct ProfileFilter {
    /// Key of the connector.
    connector: Option<StringFilter>,
    /// Name of the profile.
    name: Option<StringFilter>,
    /// Only profiles in one of these states.
    state: Option<Vec<ProfileState>>,
}

impl From<ProfileFilter> for profiles::ProfileFilter {
    fn from(filter: ProfileFilter) -> Self {
        Self {
            state: filters::each(filter.state),
            connector: filter.connector.map(Into::into),
            name: filter.name.map(Into::into),
        }
    }
}

/// Sort order of integration profiles. Profiles with equal values are ordered by ID.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct ProfileOrder {
    /// Sort direction.
    direction: Direction,
    /// Sort field.
    field: ProfileOrderField,
}

/// Fields by which integration profiles can be sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "profiles::ProfileOrderField")]
pub(crate) enum ProfileOrderField {
    /// Name of the profile.
    Name,
    /// Creation time.
    CreatedAt,
}

impl Paged for IntegrationProfile {
    type Total = profiles::ProfileFilter;

    async fn count(request: &RequestContext, filter: &Self::Total) -> Result<i64> {
        profiles::count(&request.db, filter).await.map_err(error::store)
    }
}

/// Finds a profile, or returns `None` if it does not exist.
pub(crate) async fn find(request: &RequestContext, by: ProfileBy) -> Result<Option<IntegrationProfile>> {
    let found = match by {
        ProfileBy::Id(id) => match id.parse::<ProfileId>() {
            Ok(id) => request.load(id).await?,
            Err(_) => None,
        },
        ProfileBy::Name(name) => profiles::find_by_name(&request.db, &name).await.map_err(error::store)?,
    };
    Ok(found.map(IntegrationProfile::from))
}

/// Returns a page of profiles.
pub(crate) async fn page(
    request: &RequestContext,
    filter: ProfileFilter,
    order: Option<ProfileOrder>,
    paging: &Paging,
) -> Result<Connection<IntegrationProfile>> {
    let order = order.unwrap_or(ProfileOrder { direction: Direction::Asc, field: ProfileOrderField::Name });
    let listing = format!("profiles by {:?} {:?}", order.field, order.direction);
    let rows = paging.read(&listing)?;
    let filter = profiles::ProfileFilter::from(filter);
    let order = profiles::ProfileOrder { field: order.field.into(), direction: order.direction.into() };
    let page = profiles::page(&request.db, &filter, &rows, order).await.map_err(error::store)?;
    Ok(Connection::of(&listing, page, filter, IntegrationProfile::from))
}
