//! OAuth authorisations in progress, until the user's browser returns with a code.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;
use serde_json::{Value, json};

use crate::db::with_tx;
use crate::deadline::until;
use crate::digest::{hash, hex};
use crate::schema::authorizations;
use crate::types::Bind;
use crate::{AliasId, Db, Error, LinkId, Result, Sealer};

/// An authorisation in progress.
#[derive(Debug, Clone)]
pub struct Pending {
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// The caller who started it. Only this caller can complete it.
    pub begun_by: String,
    /// OAuth client ID.
    pub client_id: String,
    /// OAuth client secret, if there is one.
    pub client_secret: Option<Secret>,
    /// Redirect URI.
    pub redirect_uri: String,
    /// PKCE code verifier.
    pub verifier: Secret,
    /// The delegated link that was used; `None` if a logged-in user started it.
    pub link_id: Option<LinkId>,
}

/// Stores an authorisation under its `state`, for `life`. Returns its expiry time.
///
/// # Errors
/// `Conflict` with a foreign key if the alias does not exist.
pub async fn begin(
    db: &Db,
    sealer: &Sealer,
    state: &Secret,
    pending: &Pending,
    life: Duration,
) -> Result<DateTime<Utc>> {
    let hash = hash(state.expose());
    let inside = json!({
        "verifier": pending.verifier.expose(),
        "clientSecret": pending.client_secret.as_ref().map(Secret::expose),
    });
    let sealed = sealer.seal(&place(&hash), inside.to_string().as_bytes())?;
    let pending = pending.clone();
    with_tx!(db, Full, |c, now| {
        let expires_at = until(now, life);
        diesel::insert_into(authorizations::table)
            .values((
                authorizations::state_hash.eq(&hash),
                authorizations::alias_id.eq(pending.alias_id),
                authorizations::begun_by.eq(&pending.begun_by),
                authorizations::client_id.eq(&pending.client_id),
                authorizations::redirect_uri.eq(&pending.redirect_uri),
                authorizations::sealed.eq(&sealed),
                authorizations::expires_at.eq(Bind(expires_at)),
                authorizations::link_id.eq(pending.link_id),
            ))
            .execute(c)
            .await?;
        Ok(expires_at)
    })
}

/// Consumes the authorisation that one of the callers in `by` started with `state`. The first call gets it. `None` if
/// there is none, or if it has expired.
///
/// # Errors
/// `DecryptFailed` if it was encrypted with another key.
pub async fn take(db: &Db, sealer: &Sealer, state: &Secret, by: &[String]) -> Result<Option<Pending>> {
    let hash = hash(state.expose());
    let (key, by) = (hash.clone(), by.to_vec());
    let found: Option<Row> = with_tx!(db, Full, |c, now| {
        let open = authorizations::table
            .filter(authorizations::state_hash.eq(&key))
            .filter(authorizations::begun_by.eq_any(&by))
            .filter(authorizations::expires_at.gt(Bind(now)));
        let found = open.clone().select(Row::as_select()).first(c).await.optional()?;
        // Concurrent calls may read it too, but only one deletes it.
        let removed = diesel::delete(open).execute(c).await?;
        Ok(found.filter(|_| removed == 1))
    })?;
    let Some(row) = found else { return Ok(None) };
    let opened = sealer.open(&place(&hash), &row.sealed)?;
    let inside: Value = serde_json::from_slice(&opened).map_err(|_| Error::DecryptFailed)?;
    let secret = |name: &str| inside[name].as_str().map(Secret::new);
    Ok(Some(Pending {
        alias_id: row.alias_id,
        begun_by: row.begun_by,
        client_id: row.client_id,
        client_secret: secret("clientSecret"),
        redirect_uri: row.redirect_uri,
        verifier: secret("verifier").ok_or(Error::DecryptFailed)?,
        link_id: row.link_id,
    }))
}

#[derive(Queryable, Selectable)]
#[diesel(table_name = authorizations, check_for_backend(Pg, Sqlite))]
struct Row {
    alias_id: AliasId,
    begun_by: String,
    client_id: String,
    redirect_uri: String,
    sealed: Vec<u8>,
    link_id: Option<LinkId>,
}

pub(crate) fn place(hash: &[u8]) -> String {
    format!("authorizations|{}|sealed", hex(hash))
}
