//! Delegated links: each lets somebody without an account here consent for one alias, once.
//!
//! The token that is in the link is not kept, only its hash: whoever reads the database cannot follow a link.

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
use crate::db::{on_both, with_conn, with_tx};
use crate::digest::hash;
use crate::jobs::until;
use crate::listing::{by_key, grouped};
use crate::schema::{connection_aliases, delegated_links};
use crate::types::Bind;
use crate::visibility::Limited;
use crate::{Alias, AliasId, Db, Error, LinkId, Purpose, Reader, Result, Sealer};

/// A link, without what is secret about it.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = delegated_links, check_for_backend(Pg, Sqlite))]
pub struct DelegatedLink {
    /// Ours.
    pub id: LinkId,
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// Who made it.
    pub created_by: String,
    /// The application's public id at the vendor; `None` for the one that the alias has.
    pub client_id: Option<String>,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// After this nothing is begun with it.
    pub expires_at: DateTime<Utc>,
    /// When a consent came of it.
    pub used_at: Option<DateTime<Utc>>,
    /// When it was taken back.
    pub revoked_at: Option<DateTime<Utc>>,
}

impl DelegatedLink {
    /// Says whether a consent may still come of it at `now`.
    #[must_use]
    pub fn is_open(&self, now: DateTime<Utc>) -> bool {
        self.used_at.is_none() && self.revoked_at.is_none() && now < self.expires_at
    }
}

/// A link to be made.
#[derive(Debug, Clone)]
pub struct NewLink {
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// Who makes it.
    pub created_by: String,
    /// The application's public id at the vendor; `None` for the one that the alias has.
    pub client_id: Option<String>,
    /// The application's secret, where it goes with the link.
    pub client_secret: Option<Secret>,
    /// How long it is good for.
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

/// Keeps a link under its token, unless the alias has `most` open ones already: then it is a `Conflict` with
/// `delegated_links_most`.
///
/// # Errors
/// `Conflict` with a foreign key when the alias is gone.
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

/// Finds the link of that token; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_by_token(db: &Db, token: &Secret) -> Result<Option<DelegatedLink>> {
    let hash = hash(token.expose());
    with_conn!(db, read, |c| {
        let query = delegated_links::table.filter(delegated_links::token_hash.eq(&hash));
        Ok(query.select(DelegatedLink::as_select()).first(c).await.optional()?)
    })
}

/// Finds a link; `None` when there is none.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Reader, id: LinkId) -> Result<Option<DelegatedLink>> {
    Ok(find_many(db, &[id]).await?.remove(&id))
}

/// Finds several links at once; unknown ones are missing from the answer.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find_many(db: &Reader, ids: &[LinkId]) -> Result<HashMap<LinkId, DelegatedLink>> {
    let found: Vec<DelegatedLink> = with_conn!(db, read, |c| {
        let query = visible(db).filter(delegated_links::id.eq_any(ids));
        Ok(query.select(DelegatedLink::as_select()).load(c).await?)
    })?;
    Ok(by_key(found, |link| link.id))
}

/// Lists the links of aliases, the newest first. No alias has many: few may be open, and the others are forgotten.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn of_aliases(db: &Reader, aliases: &[AliasId]) -> Result<HashMap<AliasId, Vec<DelegatedLink>>> {
    let rows: Vec<DelegatedLink> = with_conn!(db, read, |c| {
        let query = visible(db).filter(delegated_links::alias_id.eq_any(aliases));
        Ok(query.select(DelegatedLink::as_select()).order(delegated_links::id.desc()).load(c).await?)
    })?;
    Ok(grouped(rows.into_iter().map(|link| (link.alias_id, link))))
}

/// Opens the application's secret that goes with a link; `None` when none does.
///
/// # Errors
/// `DecryptFailed` when it was sealed with another key.
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

/// Takes a link back, with its secret; what was begun with it comes to nothing. Says what it is now; `None` when there
/// is no open link of that id.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn revoke(db: &Db, id: LinkId) -> Result<Option<DelegatedLink>> {
    with_tx!(db, Full, |c, now| {
        let open = delegated_links::table
            .filter(delegated_links::id.eq(id))
            .filter(delegated_links::used_at.is_null())
            .filter(delegated_links::revoked_at.is_null());
        let revoked = (delegated_links::revoked_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
        if diesel::update(open).set(revoked).execute(c).await? == 0 {
            return Ok(None);
        }
        let query = delegated_links::table.filter(delegated_links::id.eq(id));
        Ok(Some(query.select(DelegatedLink::as_select()).first(c).await?))
    })
}

pub(crate) trait LinkStatements {
    /// Takes back every link to an alias that nobody used yet.
    async fn close_links(&mut self, alias: AliasId, now: DateTime<Utc>) -> Result<()>;
}

on_both! {
    impl LinkStatements {
        async fn close_links(&mut self, alias: AliasId, now: DateTime<Utc>) -> Result<()> {
            let open = delegated_links::table
                .filter(delegated_links::alias_id.eq(alias))
                .filter(delegated_links::used_at.is_null())
                .filter(delegated_links::revoked_at.is_null());
            let revoked = (delegated_links::revoked_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
            diesel::update(open).set(revoked).execute(self).await?;
            Ok(())
        }
    }
}

/// Spends a link for the credential that came of it, in one transaction. Says whether the link was still there to be
/// spent; the credential is kept only then. A consent that was begun in time counts, whenever it comes back.
///
/// # Errors
/// `NotFound` when the alias is gone; nothing is kept then.
pub async fn redeem(
    db: &Db,
    sealer: &Sealer,
    link: LinkId,
    alias: &Alias,
    given: &[(Purpose, &Secret)],
) -> Result<bool> {
    let (sealed, alias) = (aliases::sealed(sealer, alias.id, given)?, alias.clone());
    with_tx!(db, Full, |c, now| {
        let open = delegated_links::table
            .filter(delegated_links::id.eq(link))
            .filter(delegated_links::used_at.is_null())
            .filter(delegated_links::revoked_at.is_null());
        let spent = (delegated_links::used_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
        if diesel::update(open).set(spent).execute(c).await? == 0 {
            return Ok(false);
        }
        c.put_credential(&alias, &sealed, now).await?;
        Ok(true)
    })
}

/// The place that a link's secret is bound to.
pub(crate) fn place(link: LinkId) -> String {
    format!("delegated_links|{}|sealed", link.as_uuid())
}
