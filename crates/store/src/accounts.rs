//! Reading accounts and their activities.

use std::collections::HashMap;

use diesel::dsl::{EqAny, Filter, Select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::AccountKind;

use crate::db::with_conn;
use crate::listing::{Key, by_key, by_optional_time, by_text, by_time, grouped, idle_before, search, text, time};
use crate::schema::{accounts, activities};
use crate::types::Bind;
use crate::visibility::{InProfiles, Limited};
use crate::{
    Account, AccountId, ActivityRow, Direction, PageOf, PageRequest, ProfileId, Reader, Result, StringFilter,
    TimeFilter,
};

/// Filters accounts. All given conditions must match.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Belongs to this profile.
    pub profile_id: Option<ProfileId>,
    /// Whether it can log in.
    pub active: Option<bool>,
    /// One of these kinds.
    pub kind: Option<Vec<AccountKind>>,
    /// E-mail address.
    pub email: Option<StringFilter>,
    /// Company.
    pub company: Option<StringFilter>,
    /// Department.
    pub department: Option<StringFilter>,
    /// Time of the newest evidence of use.
    pub last_activity_at: Option<TimeFilter>,
    /// Idle for more than this number of days; accounts that were never active count from their creation.
    pub inactive_days: Option<i64>,
    /// Whether there is no evidence of use.
    pub never_active: Option<bool>,
    /// Whether it is retired; retired accounts are omitted by default.
    pub retired: Option<bool>,
    /// Case-insensitive text contained in the name, username, e-mail address or employee number.
    pub search: Option<String>,
}

/// Order of a list of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountOrder {
    /// Sort key.
    pub field: AccountOrderField,
    /// Direction.
    pub direction: Direction,
}

/// Sort keys of a list of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOrderField {
    /// The username.
    Username,
    /// The newest evidence of use; none counts as the earliest.
    LastActivityAt,
    /// Time when a sync first reported it.
    FirstSeenAt,
}

impl AccountOrderField {
    const fn name(self) -> &'static str {
        match self {
            Self::Username => "accounts by USERNAME",
            Self::LastActivityAt => "accounts by LAST_ACTIVITY_AT",
            Self::FirstSeenAt => "accounts by FIRST_SEEN_AT",
        }
    }

    fn key(self, account: &Account) -> Key {
        match self {
            Self::Username => Key::Text(account.username.clone()),
            Self::LastActivityAt => Key::At(account.last_activity_at),
            Self::FirstSeenAt => Key::At(Some(account.first_seen_at)),
        }
    }
}

type Visible = Filter<accounts::table, Limited<InProfiles<accounts::profile_id>>>;

/// The accounts that the reader sees; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Visible {
    accounts::table.filter(db.limited(|profiles| accounts::profile_id.eq_any(profiles)))
}

type OfVisible = EqAny<activities::account_id, Select<Visible, accounts::id>>;

/// The activities of the accounts that the reader sees.
fn visible_activities(db: &Reader) -> Filter<activities::table, Limited<OfVisible>> {
    activities::table.filter(db.limited(|_| activities::account_id.eq_any(visible(db).select(accounts::id))))
}

macro_rules! apply_filter {
    ($query:ident, $filter:expr, $db:expr) => {
        if let Some(profile) = $filter.profile_id {
            $query = $query.filter(accounts::profile_id.eq(profile));
        }
        if let Some(active) = $filter.active {
            $query = $query.filter(accounts::active.eq(active));
        }
        if let Some(kinds) = &$filter.kind {
            let kinds: Vec<_> = kinds.iter().copied().map(Bind).collect();
            $query = $query.filter(accounts::kind.eq_any(kinds));
        }
        text!($query, accounts::email, $filter.email);
        text!($query, accounts::company, $filter.company);
        text!($query, accounts::department, $filter.department);
        time!($query, accounts::last_activity_at, $filter.last_activity_at);
        if let Some(days) = $filter.inactive_days {
            $query = $query.filter(accounts::idle_since.lt(Bind(idle_before($db, days))));
        }
        match $filter.never_active {
            Some(true) => $query = $query.filter(accounts::last_activity_at.is_null()),
            Some(false) => $query = $query.filter(accounts::last_activity_at.is_not_null()),
            None => {}
        }
        match $filter.retired {
            Some(true) => $query = $query.filter(accounts::retired_at.is_not_null()),
            Some(false) | None => $query = $query.filter(accounts::retired_at.is_null()),
        }
        search!($query, accounts::search_text, $filter.search);
    };
}

/// Lists a page of accounts.
///
/// # Errors
/// `CursorMismatch` for a key of another list or order.
pub async fn page(
    db: &Reader,
    filter: &AccountFilter,
    request: &PageRequest,
    order: AccountOrder,
) -> Result<PageOf<Account>> {
    let plan = request.plan(order.field.name(), order.direction)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(Account::as_select()).into_boxed::<Be>();
        apply_filter!(query, filter, db);
        query = match order.field {
            AccountOrderField::Username => by_text!(query, plan, accounts::username, accounts::id),
            AccountOrderField::LastActivityAt => {
                by_optional_time!(query, plan, accounts::last_activity_at, accounts::id)
            }
            AccountOrderField::FirstSeenAt => by_time!(query, plan, accounts::first_seen_at, accounts::id),
        };
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |account| (order.field.key(account), account.id.as_uuid())))
}

/// Counts the matching accounts.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader, filter: &AccountFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        apply_filter!(query, filter, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds accounts, including retired ones.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[AccountId]) -> Result<HashMap<AccountId, Account>> {
    let rows = with_conn!(db, read, |c| {
        let query = visible(db).filter(accounts::id.eq_any(ids.to_vec())).select(Account::as_select());
        Ok(query.load(c).await?)
    })?;
    Ok(by_key(rows, |account: &Account| account.id))
}

/// Finds the newest activity of each kind, by account.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn activities(db: &Reader, ids: &[AccountId]) -> Result<HashMap<AccountId, Vec<ActivityRow>>> {
    let rows: Vec<ActivityRow> = with_conn!(db, read, |c| {
        let query = visible_activities(db).filter(activities::account_id.eq_any(ids.to_vec()));
        Ok(query.order((activities::account_id, activities::kind)).select(ActivityRow::as_select()).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().map(|row| (row.account_id, row))))
}
