//! Sessions of users, and logins in progress. Only hashes of session tokens are stored.
//!
//! Ending a session takes effect at once, because its row is read for every request. Times are the database's. Secrets
//! encrypted here survive one key rotation but not two: then a login must be started again, and a logout works without
//! the ID token.

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
use crate::deadline::until;
use crate::digest::{hash, hex};
use crate::schema::sessions;
use crate::types::Bind;
use crate::{Db, Error, Result, Sealer, SessionId};

/// Precision of the time of last use; a tenth of the idle timeout if that is shorter.
const LAG: TimeDelta = TimeDelta::minutes(1);

/// A completed login at the OpenID provider.
#[derive(Debug, Clone)]
pub struct Login {
    /// Issuer URL of the OpenID provider.
    pub issuer: String,
    /// `sub` claim of the user.
    pub subject: String,
    /// Display name.
    pub name: String,
    /// E-mail address, if the provider sent one.
    pub email: Option<String>,
    /// Values of the group claim.
    pub groups: Vec<String>,
    /// ID token, if the provider needs it at logout.
    pub id_token: Option<Secret>,
}

/// A session of a user.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = sessions, check_for_backend(Pg, Sqlite))]
pub struct Session {
    /// ID. It is not secret.
    pub id: SessionId,
    /// Issuer URL of the OpenID provider.
    pub issuer: String,
    /// `sub` claim of the user.
    pub subject: String,
    /// Display name.
    pub name: String,
    /// E-mail address, if the provider sent one.
    pub email: Option<String>,
    /// Values of the group claim at login.
    pub groups: Vec<String>,
    /// Time of the login.
    pub created_at: DateTime<Utc>,
    /// Time of last use, accurate to about a minute.
    pub last_seen_at: DateTime<Utc>,
    /// Expiry time, however much the session is used.
    pub expires_at: DateTime<Utc>,
}

/// Creates a session with a new token, for `life` at most, and ends the browser's earlier session.
///
/// # Errors
/// `Unavailable` if the database is unavailable, or the keys cannot be read.
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

/// Finds the session of a token, and updates its time of last use. `None` if there is none of this issuer, if it has ended
/// or expired, and if it was not used for `idle`.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
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

/// Ends the session of a token. Returns the ID token if it was stored and can be decrypted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
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
