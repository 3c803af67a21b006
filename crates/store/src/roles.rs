//! Role assignments.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;

use crate::db::{with_conn, with_tx};
use crate::listing::{Key, by_key, by_time, grouped};
use crate::schema::role_assignments;
use crate::types::Bind;
use crate::visibility::{Limited, Never};
use crate::{
    AssignmentId, Db, Direction, Error, HolderKind, PageOf, PageRequest, ProfileId, Reader, Result, Role, TokenId,
};

/// A role granted to a token, user or group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// ID.
    pub id: AssignmentId,
    /// Kind of holder.
    pub holder_kind: HolderKind,
    /// ID of a token, `sub` claim of a user, or name of a group at the identity provider.
    pub holder: String,
    /// The granted role.
    pub role: Role,
    /// The profile that the role is limited to; `None` for all profiles.
    pub profile_id: Option<ProfileId>,
    /// The caller who granted the role.
    pub assigned_by: String,
    /// Time when the role was granted.
    pub assigned_at: DateTime<Utc>,
}

/// A granted role and its scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoleGrant {
    /// The role.
    pub role: Role,
    /// The profile that the role is limited to. `None` for all profiles.
    pub profile_id: Option<ProfileId>,
}

#[derive(Debug, Clone, Queryable, Selectable, Insertable)]
#[diesel(table_name = role_assignments, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub(crate) struct AssignmentRow {
    id: AssignmentId,
    holder_kind: HolderKind,
    holder: String,
    role: Role,
    profile_id: Option<ProfileId>,
    assigned_by: String,
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    assigned_at: DateTime<Utc>,
}

impl From<Assignment> for AssignmentRow {
    fn from(assignment: Assignment) -> Self {
        let Assignment { id, holder_kind, holder, role, profile_id, assigned_by, assigned_at } = assignment;
        Self { id, holder_kind, holder, role, profile_id, assigned_by, assigned_at }
    }
}

impl From<AssignmentRow> for Assignment {
    fn from(row: AssignmentRow) -> Self {
        let AssignmentRow { id, holder_kind, holder, role, profile_id, assigned_by, assigned_at } = row;
        Self { id, holder_kind, holder, role, profile_id, assigned_by, assigned_at }
    }
}

impl From<AssignmentRow> for RoleGrant {
    fn from(row: AssignmentRow) -> Self {
        Self { role: row.role, profile_id: row.profile_id }
    }
}

/// Grants a role.
///
/// # Errors
/// `Conflict` with `role_assignments_everywhere` or `role_assignments_once` if the holder has it, or with a foreign key
/// if the profile does not exist.
pub async fn insert(db: &Db, assignment: &Assignment) -> Result<()> {
    let row = AssignmentRow::from(assignment.clone());
    with_tx!(db, Full, |c, _now| {
        diesel::insert_into(role_assignments::table).values(row.clone()).execute(c).await?;
        Ok(())
    })
}

/// Removes a role assignment and returns it.
///
/// # Errors
/// `NotFound` if it does not exist.
pub async fn remove(db: &Db, id: AssignmentId) -> Result<Assignment> {
    let row: AssignmentRow = with_tx!(db, Full, |c, _now| {
        let query = role_assignments::table.select(AssignmentRow::as_select()).filter(role_assignments::id.eq(id));
        let row = query.first(c).await.optional()?.ok_or(Error::NotFound { what: "role" })?;
        diesel::delete(role_assignments::table.filter(role_assignments::id.eq(id))).execute(c).await?;
        Ok(row)
    })?;
    Ok(row.into())
}

/// The assignments that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<role_assignments::table, Limited<Never>> {
    role_assignments::table.filter(db.administers_access())
}

/// Finds role assignments; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[AssignmentId]) -> Result<HashMap<AssignmentId, Assignment>> {
    let rows: Vec<AssignmentRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(AssignmentRow::as_select());
        Ok(query.filter(role_assignments::id.eq_any(ids.to_vec())).load(c).await?)
    })?;
    Ok(by_key(rows.into_iter().map(Assignment::from), |held| held.id))
}

/// Returns the roles of a user and of the user's groups.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn of_person(db: &Db, subject: &str, groups: &[String]) -> Result<Vec<RoleGrant>> {
    use role_assignments::{holder, holder_kind};
    let rows: Vec<AssignmentRow> = with_conn!(db, read, |c| {
        let person = holder_kind.eq(HolderKind::Person).and(holder.eq(subject));
        let group = holder_kind.eq(HolderKind::Group).and(holder.eq_any(groups.to_vec()));
        let query = role_assignments::table.select(AssignmentRow::as_select()).filter(person.or(group));
        Ok(query.load(c).await?)
    })?;
    Ok(rows.into_iter().map(RoleGrant::from).collect())
}

/// Returns the roles of tokens.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn of_tokens(db: &Reader, tokens: &[TokenId]) -> Result<HashMap<TokenId, Vec<Assignment>>> {
    use role_assignments::{holder, holder_kind};
    let names: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    let rows: Vec<AssignmentRow> = with_conn!(db, read, |c| {
        let query = visible(db).select(AssignmentRow::as_select());
        let query = query.filter(holder_kind.eq(HolderKind::Token)).filter(holder.eq_any(names));
        Ok(query.order(role_assignments::id).load(c).await?)
    })?;
    let placed = rows.into_iter().filter_map(|row| Some((row.holder.parse().ok()?, Assignment::from(row))));
    Ok(grouped(placed))
}

/// Returns a page of role assignments, oldest first.
///
/// # Errors
/// `CursorMismatch` if a cursor belongs to another list.
pub async fn page(db: &Reader, request: &PageRequest) -> Result<PageOf<Assignment>> {
    let plan = request.plan("roles by ASSIGNED_AT", Direction::Asc)?;
    let rows: Vec<AssignmentRow> = with_conn!(db, read, |c| {
        let mut query = visible(db).select(AssignmentRow::as_select()).into_boxed::<Be>();
        query = by_time!(query, plan, role_assignments::assigned_at, role_assignments::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    let rows = rows.into_iter().map(Assignment::from).collect();
    Ok(plan.page(rows, |held: &Assignment| (Key::At(Some(held.assigned_at)), held.id.as_uuid())))
}

/// Counts the assignments.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader) -> Result<i64> {
    with_conn!(db, read, |c| Ok(visible(db).count().get_result(c).await?))
}
