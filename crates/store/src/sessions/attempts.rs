//! Logins in progress, until the same browser returns with the provider's code.

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

/// A login in progress.
#[derive(Debug, Clone)]
pub struct PendingLogin {
    /// Nonce of the ID token.
    pub nonce: Secret,
    /// PKCE code verifier.
    pub verifier: Secret,
    /// Path to redirect to after the login.
    pub return_path: String,
}

/// Result of consuming a login attempt.
#[derive(Debug, Clone)]
pub enum ConsumeResult {
    /// The attempt. It cannot be consumed again.
    Login(PendingLogin),
    /// This browser has consumed it before.
    Used,
    /// There is none of this browser with that state, or it has expired.
    Unknown,
}

/// Stores an attempt under its `state`, for the browser with the cookie.
///
/// # Errors
/// `Unavailable` if the database is unavailable, or the keys cannot be read.
pub async fn begin(db: &Db, sealer: &Sealer, state: &Secret, browser: &Secret, attempt: &PendingLogin) -> Result<()> {
    let (state, browser, return_path) = (hash(state.expose()), hash(browser.expose()), attempt.return_path.clone());
    let inside = json!({ "nonce": attempt.nonce.expose(), "verifier": attempt.verifier.expose() });
    let sealed = sealer.seal(&place(&state), inside.to_string().as_bytes())?;
    // A lost attempt does no harm: the user starts again.
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

/// Consumes the attempt that the same browser started with `state` at most `life` ago. The first call gets it.
///
/// # Errors
/// `DecryptFailed` if it was encrypted with a key that no longer exists.
pub async fn take(db: &Db, sealer: &Sealer, state: &Secret, browser: &Secret, life: Duration) -> Result<ConsumeResult> {
    let (state, browser) = (hash(state.expose()), hash(browser.expose()));
    let key = state.clone();
    let (consumed, found): (bool, Option<(Vec<u8>, String)>) = with_tx!(db, Full, |c, now| {
        let open = login_attempts::table
            .filter(login_attempts::state_hash.eq(&key))
            .filter(login_attempts::browser_hash.eq(&browser))
            .filter(login_attempts::created_at.gt(Bind(since(now, life))));
        let consumed = diesel::update(open.filter(login_attempts::used_at.is_null()))
            .set(login_attempts::used_at.eq(Bind(Some(now))))
            .execute(c)
            .await?;
        let columns = (login_attempts::sealed, login_attempts::return_path);
        Ok((consumed == 1, open.select(columns).first(c).await.optional()?))
    })?;
    let Some((sealed, return_path)) = found else { return Ok(ConsumeResult::Unknown) };
    if !consumed {
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
