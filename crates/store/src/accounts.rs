//! Accounts: how they are stored, and how people read them.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use diesel::dsl::{EqAny, Filter, Select};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{AccountKind, Batch};

use crate::db::with_conn;
use crate::listing::{
    Key, by_key, by_optional_time, by_text, by_time, folded, grouped, idle_before, search, text, time,
};
use crate::records::{Record, record};
use crate::schema::activities;
use crate::types::Bind;
use crate::visibility::{InProfiles, Limited};
use crate::{
    AccountId, ActivityRow, Direction, PageOf, PageRequest, ProfileId, Reader, Result, StringFilter, TimeFilter,
};

record! {
    /// A login in an organisation.
    pub struct Account(AccountId) in accounts(profile_id, external_id);
    Account from |account: seatgraph_core::Account, references|
    columns {
        /// The vendor's immutable id.
        external_id: String as Text = &account.external_id,
        /// The name it logs in with.
        username: String as Text = &account.username,
        /// Its mail address.
        email: Option<String> as Nullable<Text> = &account.email,
        /// The name that the vendor shows.
        display_name: Option<String> as Nullable<Text> = &account.display_name,
        /// Who or what logs in with it.
        kind: AccountKind as TextEnum = account.kind,
        /// Whether it may log in at all.
        active: bool as Bool = account.active,
        /// Whether it is frozen: it cannot log in but keeps its licences. `None` if the vendor hides it.
        frozen: Option<bool> as Nullable<Bool> = account.frozen,
        /// Company, as the vendor has it.
        company: Option<String> as Nullable<Text> = &account.company,
        /// Department, as the vendor has it.
        department: Option<String> as Nullable<Text> = &account.department,
        /// Job title.
        title: Option<String> as Nullable<Text> = &account.title,
        /// Country, as written at the vendor.
        country: Option<String> as Nullable<Text> = &account.country,
        /// Cost centre.
        cost_center: Option<String> as Nullable<Text> = &account.cost_center,
        /// Employee number at the vendor.
        employee_number: Option<String> as Nullable<Text> = &account.employee_number,
        /// Id at the single sign-on provider.
        federation_id: Option<String> as Nullable<Text> = &account.federation_id,
        /// External id of the manager's account.
        manager_external_id: Option<String> as Nullable<Text> = &account.manager,
        /// When the vendor created it.
        vendor_created_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp> = account.created_at,
        /// Further small facts without a column.
        attributes: BTreeMap<String, String> as SqlJson = &account.attributes,
    }
    unread {
        search_text as Text = search_text(account),
    }
    derived {
        /// Last activity, else creation at the vendor, else the time a sync first reported it.
        idle_since: DateTime<Utc> as SqlTimestamp = account.created_at.unwrap_or(references.now),
            then "coalesce(accounts.last_activity_at, excluded.vendor_created_at, accounts.first_seen_at)",
    }
    kept {
        /// Newest evidence of use of any kind.
        last_activity_at: Option<DateTime<Utc>> as Nullable<SqlTimestamp>,
    }
}

impl Record for seatgraph_core::Account {
    fn all(batch: &Batch) -> &[Self] {
        &batch.accounts
    }
}

/// Joins what searches look at.
fn search_text(account: &seatgraph_core::Account) -> String {
    let searched = [&account.display_name, &Some(account.username.clone()), &account.email, &account.employee_number];
    searched.into_iter().flatten().map(|text| folded(text)).collect::<Vec<_>>().join("\n")
}

/// Leaves out accounts; all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountFilter {
    /// Of this profile.
    pub profile_id: Option<ProfileId>,
    /// Whether it may log in.
    pub active: Option<bool>,
    /// Of one of these kinds.
    pub kind: Option<Vec<AccountKind>>,
    /// By mail address.
    pub email: Option<StringFilter>,
    /// By company.
    pub company: Option<StringFilter>,
    /// By department.
    pub department: Option<StringFilter>,
    /// By the newest evidence of use.
    pub last_activity_at: Option<TimeFilter>,
    /// Idle for more than so many days; one never active counts from its creation.
    pub inactive_days: Option<i64>,
    /// Whether there is no evidence of use.
    pub never_active: Option<bool>,
    /// Whether it is gone; those that are gone are left out unless this is given.
    pub retired: Option<bool>,
    /// Name, username, mail address or employee number holds this, whatever the case.
    pub search: Option<String>,
}

/// What a list of accounts goes by, and which way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AccountOrder {
    /// What it goes by.
    pub field: AccountOrderField,
    /// Which way.
    pub direction: Direction,
}

/// What a list of accounts can go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AccountOrderField {
    /// The username.
    Username,
    /// The newest evidence of use; none counts as the earliest.
    LastActivityAt,
    /// When a sync first named it.
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

macro_rules! narrow {
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
/// `CursorMismatch` for a place of another list or order.
pub async fn page(
    db: &Reader,
    filter: &AccountFilter,
    request: &PageRequest,
    order: AccountOrder,
) -> Result<PageOf<Account>> {
    let plan = request.plan(order.field.name(), order.direction)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(Account::as_select()).into_boxed::<Be>();
        narrow!(query, filter, db);
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

/// Counts the accounts that fit.
///
/// # Errors
/// As every read.
pub async fn count(db: &Reader, filter: &AccountFilter) -> Result<i64> {
    with_conn!(db, read, |c| {
        let mut query = visible(db).count().into_boxed::<Be>();
        narrow!(query, filter, db);
        Ok(query.get_result(c).await?)
    })
}

/// Finds accounts, those that are gone too.
///
/// # Errors
/// As every read.
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
/// As every read.
pub async fn activities(db: &Reader, ids: &[AccountId]) -> Result<HashMap<AccountId, Vec<ActivityRow>>> {
    let rows: Vec<ActivityRow> = with_conn!(db, read, |c| {
        let query = visible_activities(db).filter(activities::account_id.eq_any(ids.to_vec()));
        Ok(query.order((activities::account_id, activities::kind)).select(ActivityRow::as_select()).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().map(|row| (row.account_id, row))))
}
