//! Logins on their way: what was begun, until the same browser comes back with the provider's code.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;
use serde_json::{Value, json};

use crate::db::with_tx;
use crate::digest::{hash, hex};
use crate::schema::login_attempts;
use crate::types::Bind;
use crate::{Db, Error, Result, Sealer};

/// What is kept of a login until the browser comes back.
#[derive(Debug, Clone)]
pub struct PendingLogin {
    /// Stands in the provider's token about this login and in no other.
    pub nonce: Secret,
    /// Redeems the code (PKCE).
    pub verifier: Secret,
    /// Where the person goes afterwards.
    pub return_path: String,
}

/// What became of asking for an attempt.
#[derive(Debug, Clone)]
pub enum ConsumeResult {
    /// It is the caller's, and nobody else's any more.
    Login(PendingLogin),
    /// This browser began it and has come back with it before.
    Used,
    /// There is none of this browser's under that state, or its time is over.
    Unknown,
}

/// Keeps an attempt under the state that comes back with the code, for the browser that has the cookie.
///
/// # Errors
/// `Unavailable` when the database is away, or the keys cannot be read.
pub async fn begin(db: &Db, sealer: &Sealer, state: &Secret, browser: &Secret, attempt: &PendingLogin) -> Result<()> {
    let (state, browser, return_path) = (hash(state.expose()), hash(browser.expose()), attempt.return_path.clone());
    let inside = json!({ "nonce": attempt.nonce.expose(), "verifier": attempt.verifier.expose() });
    let sealed = sealer.seal(&place(&state), inside.to_string().as_bytes())?;
    // One that is lost is begun anew; nothing came of it yet.
    with_tx!(db, Page, |c, now| {
        diesel::insert_into(login_attempts::table)
            .values((
                login_attempts::state_hash.eq(&state),
                login_attempts::browser_hash.eq(&browser),
                login_attempts::sealed.eq(&sealed),
                login_attempts::return_path.eq(&return_path),
                login_attempts::created_at.eq(Bind(now)),
            ))
            .execute(c)
            .await?;
        Ok(())
    })
}

/// Takes the attempt that the same browser began under `state`, not longer than `life` ago: the first who asks gets it.
///
/// # Errors
/// `DecryptFailed` when it was sealed with a key that is gone.
pub async fn take(db: &Db, sealer: &Sealer, state: &Secret, browser: &Secret, life: Duration) -> Result<ConsumeResult> {
    let (state, browser) = (hash(state.expose()), hash(browser.expose()));
    let key = state.clone();
    let (mine, found): (bool, Option<(Vec<u8>, String)>) = with_tx!(db, Full, |c, now| {
        let begun = login_attempts::table
            .filter(login_attempts::state_hash.eq(&key))
            .filter(login_attempts::browser_hash.eq(&browser))
            .filter(login_attempts::created_at.gt(Bind(since(now, life))));
        let mine = diesel::update(begun.filter(login_attempts::used_at.is_null()))
            .set(login_attempts::used_at.eq(Bind(Some(now))))
            .execute(c)
            .await?;
        let columns = (login_attempts::sealed, login_attempts::return_path);
        Ok((mine == 1, begun.select(columns).first(c).await.optional()?))
    })?;
    let Some((sealed, return_path)) = found else { return Ok(ConsumeResult::Unknown) };
    if !mine {
        return Ok(ConsumeResult::Used);
    }
    let inside: Value =
        serde_json::from_slice(&sealer.open(&place(&state), &sealed)?).map_err(|_| Error::DecryptFailed)?;
    let secret = |name: &str| inside[name].as_str().map(Secret::new).ok_or(Error::DecryptFailed);
    Ok(ConsumeResult::Login(PendingLogin { nonce: secret("nonce")?, verifier: secret("verifier")?, return_path }))
}

fn since(now: DateTime<Utc>, life: Duration) -> DateTime<Utc> {
    TimeDelta::from_std(life).ok().and_then(|life| now.checked_sub_signed(life)).unwrap_or(DateTime::<Utc>::MIN_UTC)
}

pub(crate) fn place(hash: &[u8]) -> String {
    format!("login_attempts|{}|sealed", hex(hash))
}
