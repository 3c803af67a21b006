//! People who are logged in: opaque sessions, of whose tokens only hashes are kept, and logins on their way.
//!
//! A session ends at once when it is told to, because nothing about it is believed that is not in its row. Times are the
//! database's. What is sealed here outlives one change of the sealing keys and no second: a login is then begun anew,
//! and a logout does without the provider's token.

pub(crate) mod attempts;

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;

pub use self::attempts::{ConsumeResult, PendingLogin, begin, take};
use crate::db::{Connected, with_conn, with_tx};
use crate::digest::{hash, hex};
use crate::jobs::until;
use crate::schema::sessions;
use crate::types::Bind;
use crate::{Db, Error, Result, Sealer, SessionId};

/// How far the note of when a session was seen may lag behind; a tenth of the idle time where that is less.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// Whom the provider says it is.
#[derive(Debug, Clone)]
pub struct Login {
    /// The OpenID provider that says so.
    pub issuer: String,
    /// Its unchanging name for the person.
    pub subject: String,
    /// What people call the person.
    pub name: String,
    /// The person's address, where the provider gave one.
    pub email: Option<String>,
    /// The values of the group claim.
    pub groups: Vec<String>,
    /// The provider's token about this login, where it wants it back at logout.
    pub id_token: Option<Secret>,
}

/// A person who is logged in.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg, Sqlite))]
pub struct Session {
    /// Ours; it may be shown and logged.
    pub id: SessionId,
    /// The OpenID provider that said who it is.
    pub issuer: String,
    /// The provider's unchanging name for the person.
    pub subject: String,
    /// What people call the person.
    pub name: String,
    /// The person's address, where the provider gave one.
    pub email: Option<String>,
    /// The values of the group claim, as they were at login.
    pub groups: Vec<String>,
    /// When the person logged in.
    pub created_at: DateTime<Utc>,
    /// When the session was last used, to about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// When it ends, however much it is used.
    pub expires_at: DateTime<Utc>,
}

/// Opens a session under a fresh token, for `life` at most, in the place of the one that the browser had before.
///
/// # Errors
/// `Unavailable` when the database is away, or the keys cannot be read.
pub async fn open(
    db: &Db,
    sealer: &Sealer,
    token: &Secret,
    login: &Login,
    life: Duration,
    earlier: Option<&Secret>,
) -> Result<Session> {
    let (earlier, login) = (earlier.map(|token| hash(token.expose())), login.clone());
    let hash = hash(token.expose());
    let sealed = login.id_token.as_ref().map(|id| sealer.seal(&place(&hash), id.expose().as_bytes())).transpose()?;
    let id = SessionId::generate();
    with_tx!(db, Full, |c, now| {
        if let Some(earlier) = &earlier {
            let before = sessions::table.filter(sessions::token_hash.eq(earlier)).filter(sessions::ended_at.is_null());
            diesel::update(before).set(sessions::ended_at.eq(Bind(Some(now)))).execute(c).await?;
        }
        diesel::insert_into(sessions::table)
            .values((
                sessions::id.eq(id),
                sessions::token_hash.eq(&hash),
                sessions::issuer.eq(&login.issuer),
                sessions::subject.eq(&login.subject),
                sessions::name.eq(&login.name),
                sessions::email.eq(&login.email),
                sessions::groups.eq(Bind(login.groups.clone())),
                sessions::id_token.eq(&sealed),
                sessions::created_at.eq(Bind(now)),
                sessions::last_seen_at.eq(Bind(now)),
                sessions::expires_at.eq(Bind(until(now, life))),
            ))
            .execute(c)
            .await?;
        Ok(sessions::table.find(id).select(Session::as_select()).first(c).await?)
    })
}

/// Finds the session of a token, and notes that it was used. `None` when there is none that `issuer` vouched for, when
/// it has ended, and when it was not used for `idle`.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Db, issuer: &str, token: &Secret, idle: Duration) -> Result<Option<Session>> {
    let hash = hash(token.expose());
    let idle = TimeDelta::from_std(idle).unwrap_or(TimeDelta::MAX);
    let (found, now) = with_conn!(db, read, |c| {
        let now = c.now(db.shift()).await?;
        let seen_after = now.checked_sub_signed(idle).unwrap_or(DateTime::<Utc>::MIN_UTC);
        let open = sessions::table
            .filter(sessions::token_hash.eq(&hash))
            .filter(sessions::issuer.eq(issuer))
            .filter(sessions::ended_at.is_null())
            .filter(sessions::expires_at.gt(Bind(now)))
            .filter(sessions::last_seen_at.gt(Bind(seen_after)));
        Ok((open.select(Session::as_select()).first(c).await.optional()?, now))
    })?;
    let Some(session) = found else { return Ok(None) };
    if now - session.last_seen_at < LAG.min(idle / 10) {
        return Ok(Some(session));
    }
    let id = session.id;
    with_tx!(db, Page, |c, now| {
        let older = sessions::table.find(id).filter(sessions::last_seen_at.lt(Bind(now)));
        diesel::update(older).set(sessions::last_seen_at.eq(Bind(now))).execute(c).await?;
        Ok(())
    })?;
    Ok(Some(Session { last_seen_at: now, ..session }))
}

/// Ends the session of a token. Returns the provider's token about it, where one was kept and its key still is.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn end(db: &Db, sealer: &Sealer, token: &Secret) -> Result<Option<Secret>> {
    let hash = hash(token.expose());
    let key = hash.clone();
    let sealed: Option<Vec<u8>> = with_tx!(db, Full, |c, now| {
        let open = sessions::table.filter(sessions::token_hash.eq(&key)).filter(sessions::ended_at.is_null());
        let sealed = open.select(sessions::id_token).first(c).await.optional()?;
        diesel::update(open)
            .set((sessions::ended_at.eq(Bind(Some(now))), sessions::id_token.eq(None::<Vec<u8>>)))
            .execute(c)
            .await?;
        Ok(sealed.flatten())
    })?;
    let Some(sealed) = sealed else { return Ok(None) };
    match sealer.open(&place(&hash), &sealed) {
        Ok(token) => Ok(std::str::from_utf8(&token).ok().map(Secret::new)),
        Err(Error::DecryptFailed) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(crate) fn place(hash: &[u8]) -> String {
    format!("sessions|{}|id_token", hex(hash))
}
