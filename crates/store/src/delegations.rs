//! Delegated links: each lets a user without an account authorise one alias, once.
//!
//! Only the hash of the token in the link is stored: read access to the database is not enough to follow a link.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::dsl::{EqAny, Filter, Select};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;

use crate::aliases::{self, CredentialStatements};
use crate::db::{with_conn, with_tx};
use crate::deadline::until;
use crate::digest::hash;
use crate::listing::{by_key, grouped};
use crate::schema::{connection_aliases, delegated_links};
use crate::types::Bind;
use crate::visibility::Limited;
use crate::{Alias, AliasId, Db, Error, LinkId, Purpose, Reader, Result, Sealer};

/// A link, without its token and secret.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = delegated_links, check_for_backend(Pg, Sqlite))]
pub struct DelegatedLink {
    /// ID.
    pub id: LinkId,
    /// The alias to authorise.
    pub alias_id: AliasId,
    /// The creator.
    pub created_by: String,
    /// OAuth client ID; `None` for the one of the alias.
    pub client_id: Option<String>,
    /// Creation time.
    pub created_at: DateTime<Utc>,
    /// Expiry time.
    pub expires_at: DateTime<Utc>,
    /// Time when an authorisation was completed with it.
    pub used_at: Option<DateTime<Utc>>,
    /// Revocation time.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl DelegatedLink {
    /// Whether it can be used at `now`.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A link to create.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The alias to authorise.
    pub alias_id: AliasId,
    /// The creator.
    pub created_by: String,
    /// OAuth client ID; `None` for the one of the alias.
    pub client_id: Option<String>,
    /// OAuth client secret, if the link has its own.
    pub client_secret: Option<Secret>,
    /// Lifetime.
    pub life: Duration,
}

/// The links of the aliases that the reader sees; every read of the table starts here.
pub(crate) fn visible(
    db: &Reader,
) -> Filter<delegated_links::table, Limited<EqAny<delegated_links::alias_id, OfAliases>>> {
    let aliases = |_| delegated_links::alias_id.eq_any(aliases::visible(db).select(connection_aliases::id));
    delegated_links::table.filter(db.limited(aliases))
}

type OfAliases = Select<aliases::Visible, connection_aliases::id>;

/// Inserts a link.
///
/// # Errors
/// `Conflict` with `delegated_links_most` if the alias has `most` open links already, and with a foreign key if the alias
/// does not exist.
pub async fn insert(db: &Db, sealer: &Sealer, token: &Secret, new: &NewLink, most: usize) -> Result<DelegatedLink> {
    let (id, hash) = (LinkId::generate(), hash(token.expose()));
    let seal = |secret: &Secret| sealer.seal(&place(id), secret.expose().as_bytes());
    let sealed = new.client_secret.as_ref().map(seal).transpose()?;
    let new = new.clone();
    with_tx!(db, Full, |c, now| {
        let of_alias = delegated_links::table.filter(delegated_links::alias_id.eq(new.alias_id));
        let known: Vec<DelegatedLink> = of_alias.select(DelegatedLink::as_select()).load(c).await?;
        if known.iter().filter(|link| link.is_open(now)).count() >= most {
            return Err(Error::conflict("delegated_links_most"));
        }
        let link = DelegatedLink {
            id,
            alias_id: new.alias_id,
            created_by: new.created_by.clone(),
            client_id: new.client_id.clone(),
            created_at: now,
            expires_at: until(now, new.life),
            used_at: None,
            revoked_at: None,
        };
        diesel::insert_into(delegated_links::table)
            .values((
                delegated_links::id.eq(link.id),
                delegated_links::alias_id.eq(link.alias_id),
                delegated_links::token_hash.eq(&hash),
                delegated_links::created_by.eq(&link.created_by),
                delegated_links::client_id.eq(&link.client_id),
                delegated_links::sealed.eq(&sealed),
                delegated_links::created_at.eq(Bind(link.created_at)),
                delegated_links::expires_at.eq(Bind(link.expires_at)),
            ))
            .execute(c)
            .await?;
        Ok(link)
    })
}

/// Finds the link of that token; `None` if there is none.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_by_token(db: &Db, token: &Secret) -> Result<Option<DelegatedLink>> {
    let hash = hash(token.expose());
    with_conn!(db, read, |c| {
        let query = delegated_links::table.filter(delegated_links::token_hash.eq(&hash));
        Ok(query.select(DelegatedLink::as_select()).first(c).await.optional()?)
    })
}

/// Finds a link; `None` if there is none.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Reader, id: LinkId) -> Result<Option<DelegatedLink>> {
    Ok(find_many(db, &[id]).await?.remove(&id))
}

/// Finds several links at once; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[LinkId]) -> Result<HashMap<LinkId, DelegatedLink>> {
    let found: Vec<DelegatedLink> = with_conn!(db, read, |c| {
        let query = visible(db).filter(delegated_links::id.eq_any(ids));
        Ok(query.select(DelegatedLink::as_select()).load(c).await?)
    })?;
    Ok(by_key(found, |link| link.id))
}

/// Lists the links of aliases, newest first. The number of open links is limited, and expired ones are deleted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn of_aliases(db: &Reader, aliases: &[AliasId]) -> Result<HashMap<AliasId, Vec<DelegatedLink>>> {
    let rows: Vec<DelegatedLink> = with_conn!(db, read, |c| {
        let query = visible(db).filter(delegated_links::alias_id.eq_any(aliases));
        Ok(query.select(DelegatedLink::as_select()).order(delegated_links::id.desc()).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().map(|link| (link.alias_id, link))))
}

/// Decrypts the client secret of a link; `None` if it has none.
///
/// # Errors
/// `DecryptFailed` if it was encrypted with another key.
pub async fn client_secret(db: &Db, sealer: &Sealer, id: LinkId) -> Result<Option<Secret>> {
    let sealed: Option<Option<Vec<u8>>> = with_conn!(db, read, |c| {
        let query = delegated_links::table.filter(delegated_links::id.eq(id));
        Ok(query.select(delegated_links::sealed).first(c).await.optional()?)
    })?;
    let Some(sealed) = sealed.flatten() else { return Ok(None) };
    let opened = sealer.open(&place(id), &sealed)?;
    let text = std::str::from_utf8(&opened).map_err(|_| Error::DecryptFailed)?;
    Ok(Some(Secret::new(text)))
}

/// Revokes an open link and deletes its secret. Authorisations started with it cannot be completed. Returns the link;
/// `None` if there is no open link with that ID.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn revoke(db: &Db, id: LinkId) -> Result<Option<DelegatedLink>> {
    with_tx!(db, Full, |c, now| {
        let open = aliases::open_links().filter(delegated_links::id.eq(id));
        let revoked = (delegated_links::revoked_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
        if diesel::update(open).set(revoked).execute(c).await? == 0 {
            return Ok(None);
        }
        let query = delegated_links::table.filter(delegated_links::id.eq(id));
        Ok(Some(query.select(DelegatedLink::as_select()).first(c).await?))
    })
}

/// Marks a link as used and stores the credential, in one transaction. Returns whether the link was still open; if not,
/// nothing is stored. The link may have expired since the authorisation was started.
///
/// # Errors
/// `NotFound` if the alias does not exist; nothing is stored then.
pub async fn redeem(
    db: &Db,
    sealer: &Sealer,
    link: LinkId,
    alias: &Alias,
    given: &[(Purpose, &Secret)],
) -> Result<bool> {
    let (sealed, alias) = (aliases::sealed(sealer, alias.id, given)?, alias.clone());
    with_tx!(db, Full, |c, now| {
        let open = aliases::open_links().filter(delegated_links::id.eq(link));
        let spent = (delegated_links::used_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
        if diesel::update(open).set(spent).execute(c).await? == 0 {
            return Ok(false);
        }
        c.put_credential(&alias, &sealed, now).await?;
        Ok(true)
    })
}

/// The location that a link's secret is bound to.
pub(crate) fn place(link: LinkId) -> String {
    format!("delegated_links|{}|sealed", link.as_uuid())
}
