//! API tokens, stored as hashes.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::Filter;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Clock as _, SystemClock};
use subtle::ConstantTimeEq as _;

use crate::db::{with_conn, with_tx};
use crate::digest::hash;
use crate::listing::{Key, by_key, by_time};
use crate::roles::{AssignmentRow, RoleGrant};
use crate::schema::{api_tokens, role_assignments};
use crate::types::Bind;
use crate::visibility::{Limited, Never};
use crate::{Assignment, Db, Direction, Error, HolderKind, PageOf, PageRequest, Reader, Result, TokenId};

/// Precision of the time of last use, so that frequent use does not cause frequent writes.
const USE_NOTED_EVERY: TimeDelta = TimeDelta::minutes(1);

/// An API token, without the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = api_tokens, check_for_backend(Pg, Sqlite))]
pub struct ApiToken {
    /// ID.
    pub id: TokenId,
    /// Display name.
    pub name: String,
    /// Last four characters of the token.
    pub hint: String,
    /// The creator.
    pub created_by: String,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Expiry time; `None` if the token does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// Time of last use, accurate to the minute; `None` if never.
    pub last_used_at: Option<DateTime<Utc>>,
    /// Revocation time; `None` if not revoked.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl ApiToken {
    /// Returns whether it opens anything at `now`.
    #[must_use]
    pub fn is_good(&self, now: DateTime<Utc>) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}

/// Inserts a token with its roles. Only a hash of `text` is stored.
///
/// # Errors
/// `Conflict` with a foreign key if a role is limited to an unknown profile.
pub async fn insert(db: &Db, token: &ApiToken, text: &str, roles: &[Assignment]) -> Result<()> {
    let (token, hash) = (token.clone(), hash(text));
    let roles: Vec<AssignmentRow> = roles.iter().cloned().map(AssignmentRow::from).collect();
    with_tx!(db, Full, |c, _now| {
        diesel::insert_into(api_tokens::table)
            .values((
                api_tokens::id.eq(token.id),
                api_tokens::name.eq(&token.name),
                api_tokens::hash.eq(&hash),
                api_tokens::hint.eq(&token.hint),
                api_tokens::created_by.eq(&token.created_by),
                api_tokens::created_at.eq(Bind(token.created_at)),
                api_tokens::expires_at.eq(Bind(token.expires_at)),
            ))
            .execute(c)
            .await?;
        for role in &roles {
            diesel::insert_into(role_assignments::table).values(role.clone()).execute(c).await?;
        }
        Ok(())
    })
}

/// Authenticates a token by its text, returns it with its roles, and stores the time of use. `None` if the token is
/// unknown, revoked or expired.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn recognize(db: &Db, id: TokenId, text: &str) -> Result<Option<(ApiToken, Vec<RoleGrant>)>> {
    let rows: Vec<(ApiToken, Vec<u8>, Option<AssignmentRow>)> = with_conn!(db, read, |c| {
        let held = role_assignments::holder_kind.eq(HolderKind::Token).and(role_assignments::holder.eq(id.to_string()));
        let query = api_tokens::table.left_join(role_assignments::table.on(held)).filter(api_tokens::id.eq(id));
        let columns = (ApiToken::as_select(), api_tokens::hash, Option::<AssignmentRow>::as_select());
        Ok(query.select(columns).load(c).await?)
    })?;
    let [(token, kept, _), ..] = &rows[..] else { return Ok(None) };
    // Days are compared, so the clock of this machine is as good as the database's and saves a statement.
    let now = SystemClock.now() + db.shift();
    if !bool::from(kept.ct_eq(&hash(text))) || !token.is_good(now) {
        return Ok(None);
    }
    let token = token.clone();
    if token.last_used_at.is_none_or(|used| used + USE_NOTED_EVERY <= now) {
        note_use(db, id).await?;
    }
    let held = rows.into_iter().filter_map(|(_, _, row)| row.map(RoleGrant::from)).collect();
    Ok(Some((token, held)))
}

async fn note_use(db: &Db, id: TokenId) -> Result<()> {
    with_tx!(db, Page, |c, now| {
        let token = api_tokens::table.filter(api_tokens::id.eq(id));
        diesel::update(token).set(api_tokens::last_used_at.eq(Bind(Some(now)))).execute(c).await?;
        Ok(())
    })
}

/// Revokes a token permanently. No effect if it is already revoked.
///
/// # Errors
/// `NotFound` if the token does not exist.
pub async fn revoke(db: &Db, id: TokenId) -> Result<ApiToken> {
    with_tx!(db, Full, |c, now| {
        let good = api_tokens::table.filter(api_tokens::id.eq(id)).filter(api_tokens::revoked_at.is_null());
        diesel::update(good).set(api_tokens::revoked_at.eq(Bind(Some(now)))).execute(c).await?;
        let query = api_tokens::table.select(ApiToken::as_select()).filter(api_tokens::id.eq(id));
        query.first(c).await.optional()?.ok_or(Error::NotFound { what: "token" })
    })
}

/// The tokens that the reader sees; every read of the table starts here.
fn visible(db: &Reader) -> Filter<api_tokens::table, Limited<Never>> {
    api_tokens::table.filter(db.administers_access())
}

/// Returns a page of tokens, newest first, including expired and revoked ones.
///
/// # Errors
/// `CursorMismatch` if a cursor belongs to another list.
pub async fn page(db: &Reader, request: &PageRequest) -> Result<PageOf<ApiToken>> {
    let plan = request.plan("tokens by CREATED_AT", Direction::Desc)?;
    let rows = with_conn!(db, read, |c| {
        let mut query = visible(db).select(ApiToken::as_select()).into_boxed::<Be>();
        query = by_time!(query, plan, api_tokens::created_at, api_tokens::id);
        Ok(query.limit(plan.limit()).load(c).await?)
    })?;
    Ok(plan.page(rows, |token: &ApiToken| (Key::At(Some(token.created_at)), token.id.as_uuid())))
}

/// Counts the tokens.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn count(db: &Reader) -> Result<i64> {
    with_conn!(db, read, |c| Ok(visible(db).count().get_result(c).await?))
}

/// Finds tokens; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[TokenId]) -> Result<HashMap<TokenId, ApiToken>> {
    let rows = with_conn!(db, read, |c| {
        let query = visible(db).select(ApiToken::as_select()).filter(api_tokens::id.eq_any(ids.to_vec()));
        Ok(query.load(c).await?)
    })?;
    Ok(by_key(rows, |token: &ApiToken| token.id))
}
