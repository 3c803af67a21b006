//! Integration profiles: one SaaS organisation each.

mod parts;

use async_graphql::{ComplexObject, Context, Enum, ID, InputObject, OneofObject, SimpleObject};
use seatgraph_store::{self as store, ProfileId, accounts, pools, profiles, runs, subscriptions};

use super::account::{self, Account, AccountFilter};
use super::alias::{self, ConnectionAlias};
use super::connector::{Connector, GrantType};
use super::error::{self, Result};
use super::filters::{self, Direction, StringFilter};
use super::finding::Finding;
use super::loaders::{FindingsOf, LastRunOf, ProcessesOf};
use super::paging::{Connection, Listed, Paging};
use super::pool::{self, LicensePool};
use super::run::{self, SyncRun};
use super::scalars::DateTime;
use super::scope::{RequestScope, Scoped as _};
use super::setup::{self, SetupStep};
use super::subscription_row::{self, SoftwareSubscription, SubscriptionFilter};
pub(crate) use parts::{ApiAllowance, Organization, ProfileProcess, ProfileState, Schedule, ScheduleEvery};

/// One SaaS organisation, tracked through one connection alias.
#[derive(Debug, Clone, SimpleObject)]
#[graphql(complex)]
pub(crate) struct IntegrationProfile {
    /// When it was created.
    created_at: DateTime,
    /// When it was deleted; null while it is in use. A deleted profile stays for the history that names it.
    deleted_at: Option<DateTime>,
    /// The global id.
    pub(crate) id: ID,
    /// The name that people know it by, unlike any other profile's in use.
    name: String,
    /// The organisation; null until a validation reached it.
    organization: Option<Organization>,
    /// When it runs by itself.
    schedule: Schedule,
    /// Whether it is set up, at work, or waiting for somebody.
    state: ProfileState,
    /// When it was last changed.
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
    /// The accounts of the organisation, by username.
    async fn accounts(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(desc = "Leaves out the accounts that do not fit.")] filter: Option<AccountFilter>,
    ) -> Result<Connection<Account>> {
        let filter = filter.unwrap_or_default().read()?;
        let filter = accounts::AccountFilter { profile_id: Some(self.row.id), ..filter };
        account::page(ctx, filter, None, &Paging::forward(first, after)).await
    }

    /// The alias that it connects through; null once the profile is deleted.
    async fn alias(&self, ctx: &Context<'_>) -> Result<Option<ConnectionAlias>> {
        let Some(alias) = self.row.alias_id else { return Ok(None) };
        Ok(ctx.scope()?.load(alias).await?.map(ConnectionAlias::from))
    }

    /// The organisation's API calls as the vendor last counted them; null until the vendor said so.
    async fn api_allowance(&self, ctx: &Context<'_>) -> Result<Option<ApiAllowance>> {
        let share = ctx.scope()?.engine.settings().quota_run_percent;
        Ok(self.row.allowance.map(|allowance| ApiAllowance::of(allowance, share)))
    }

    /// The connector that it uses.
    async fn connector(&self, ctx: &Context<'_>) -> Result<Connector> {
        alias::connector(ctx.scope()?, &self.row.connector)
    }

    /// What the last validation and the last run found, worst first within a process.
    async fn findings(&self, ctx: &Context<'_>) -> Result<Vec<Finding>> {
        findings(ctx.scope()?, self.row.id).await
    }

    /// The newest run; null before the first.
    async fn last_run(&self, ctx: &Context<'_>) -> Result<Option<SyncRun>> {
        Ok(ctx.scope()?.load(LastRunOf(self.row.id)).await?.map(SyncRun::from))
    }

    /// What the organisation says it bought.
    async fn license_pools(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
    ) -> Result<Connection<LicensePool>> {
        let filter = pools::PoolFilter { profile_id: Some(self.row.id) };
        pool::page(ctx.scope()?, filter, &Paging::forward(first, after)).await
    }

    /// What it does, one entry for each process of the connector: four at most.
    async fn processes(&self, ctx: &Context<'_>) -> Result<Vec<ProfileProcess>> {
        let processes = ctx.scope()?.load(ProcessesOf(self.row.id)).await?.unwrap_or_default();
        Ok(processes.into_iter().map(|row| ProfileProcess::of(self.row.id, &row)).collect())
    }

    /// Its runs, newest first.
    async fn runs(&self, ctx: &Context<'_>, first: Option<i32>, after: Option<String>) -> Result<Connection<SyncRun>> {
        let filter = runs::SyncRunFilter { profile_id: Some(self.row.id), ..Default::default() };
        run::page(ctx.scope()?, filter, &Paging::forward(first, after)).await
    }

    /// The guided way from registering an application to the first finished sync: what is done, and what to do about the
    /// rest. As many steps as the vendor's set-up and ours have.
    async fn setup_steps(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The grant to be guided through; the one that the alias uses unless said otherwise, or the connector's \
                    first while it uses none."
        )]
        grant: Option<GrantType>,
    ) -> Result<Vec<SetupStep>> {
        setup::of_profile(ctx.scope()?, &self.row, grant).await
    }

    /// Who holds what in the organisation.
    async fn subscriptions(
        &self,
        ctx: &Context<'_>,
        first: Option<i32>,
        after: Option<String>,
        #[graphql(desc = "Leaves out the subscriptions that do not fit.")] filter: Option<SubscriptionFilter>,
    ) -> Result<Connection<SoftwareSubscription>> {
        let filter = filter.unwrap_or_default().read()?;
        let filter = subscriptions::SubscriptionFilter { profile_id: Some(self.row.id), ..filter };
        subscription_row::page(ctx, filter, None, &Paging::forward(first, after)).await
    }
}

/// Lists what is the matter with a profile.
async fn findings(scope: &RequestScope, profile: ProfileId) -> Result<Vec<Finding>> {
    let findings = scope.load(FindingsOf(profile)).await?.unwrap_or_default();
    Ok(findings.into_iter().map(Finding::from).collect())
}

/// Says which profile is meant, in one of two ways.
#[derive(Debug, Clone, OneofObject)]
pub(crate) enum ProfileBy {
    /// The profile of this global id.
    Id(ID),
    /// The profile in use that has this name.
    Name(String),
}

/// Leaves out the profiles that do not fit; all that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub(crate) struct ProfileFilter {
    /// The connector's key.
    connector: Option<StringFilter>,
    /// The profile's name.
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

/// How a list of profiles is ordered; equal ones are told apart by their id.
#[derive(Debug, Clone, Copy, InputObject)]
pub(crate) struct ProfileOrder {
    /// Which way it runs.
    direction: Direction,
    /// What it goes by.
    field: ProfileOrderField,
}

/// What a list of profiles can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "profiles::ProfileOrderField")]
pub(crate) enum ProfileOrderField {
    /// The name.
    Name,
    /// When the profile was created.
    CreatedAt,
}

impl Listed for IntegrationProfile {
    type Total = profiles::ProfileFilter;

    async fn count(scope: &RequestScope, filter: &Self::Total) -> Result<i64> {
        profiles::count(&scope.db, filter).await.map_err(|error| error::store(&error))
    }
}

/// Finds the profile that is meant, or `None` when there is none.
pub(crate) async fn find(scope: &RequestScope, by: ProfileBy) -> Result<Option<IntegrationProfile>> {
    let found = match by {
        ProfileBy::Id(id) => match id.parse::<ProfileId>() {
            Ok(id) => scope.load(id).await?,
            Err(_) => None,
        },
        ProfileBy::Name(name) => {
            profiles::find_by_name(&scope.db, &name).await.map_err(|error| error::store(&error))?
        }
    };
    Ok(found.map(IntegrationProfile::from))
}

/// Lists a page of profiles.
pub(crate) async fn page(
    scope: &RequestScope,
    filter: ProfileFilter,
    order: Option<ProfileOrder>,
    paging: &Paging,
) -> Result<Connection<IntegrationProfile>> {
    let order = order.unwrap_or(ProfileOrder { direction: Direction::Asc, field: ProfileOrderField::Name });
    let listing = format!("profiles by {:?} {:?}", order.field, order.direction);
    let request = paging.read(&listing)?;
    let filter = profiles::ProfileFilter::from(filter);
    let order = profiles::ProfileOrder { field: order.field.into(), direction: order.direction.into() };
    let page = profiles::page(&scope.db, &filter, &request, order).await.map_err(|error| error::store(&error))?;
    Ok(Connection::of(&listing, page, filter, IntegrationProfile::from))
}
