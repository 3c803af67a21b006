//! Connection aliases.

mod list;
mod refresh;

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::dsl::Filter;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_source;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use seatgraph_core::{GrantType, Secret};
use serde_json::{Map, Value};

pub use self::list::{AliasFilter, count, page};
pub use self::refresh::{begin_refresh, end_refresh};
use crate::db::{on_both, with_conn, with_tx};
use crate::listing::by_key;
use crate::profiles::DoubtStatements;
use crate::schema::{authorizations, connection_aliases, delegated_links, integration_profiles};
use crate::secrets::{self, Sealer, SecretStatements};
use crate::types::Bind;
use crate::visibility::Limited;
use crate::{AliasId, CredentialState, Db, Error, ProfileId, Purpose, Reader, Result};

/// A named connection.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable, Insertable)]
#[diesel(table_name = connection_aliases, treat_none_as_null = true, check_for_backend(Pg, Sqlite))]
pub struct Alias {
    /// ID.
    pub id: AliasId,
    /// Key of the connector, such as `salesforce`.
    pub connector: String,
    /// Unique name, case-sensitive.
    pub name: String,
    /// The parent alias; `None` for a parent. One level only.
    pub parent_id: Option<AliasId>,
    /// URL of the organisation; `None` if inherited or unknown.
    pub instance_url: Option<String>,
    /// Own properties, without secrets and inherited values.
    #[diesel(serialize_as = Bind<Map<String, Value>>)]
    pub properties: Map<String, Value>,
    /// OAuth grant type; `None` if there is no credential.
    #[diesel(serialize_as = Bind<Option<GrantType>>)]
    pub grant_type: Option<GrantType>,
    /// State of the credential.
    pub credential_state: CredentialState,
    /// OAuth client ID; `None` if there is no credential.
    pub client_id: Option<String>,
    /// OAuth scopes granted by the vendor, a JSON array of strings.
    #[diesel(serialize_as = Bind<Vec<String>>)]
    pub granted_scopes: Vec<String>,
    /// Vendor user that the connection acts as; `None` until known.
    pub principal: Option<String>,
    /// Vendor user in JWT bearer requests; `None` for other grants.
    pub username: Option<String>,
    /// Time when the credential was last stored or accepted; `None` if there is none.
    #[diesel(serialize_as = Bind<Option<DateTime<Utc>>>)]
    pub obtained_at: Option<DateTime<Utc>>,
    /// Creation time.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub created_at: DateTime<Utc>,
    /// Time of the last change.
    #[diesel(serialize_as = Bind<DateTime<Utc>>)]
    pub updated_at: DateTime<Utc>,
}

diesel::alias! {
    pub(crate) const CHILDREN: Alias<Children> = connection_aliases as children;
}

type ChildColumn<C> = query_source::AliasedField<Children, C>;

#[diesel::dsl::auto_type]
fn aliases_of(profiles: Vec<ProfileId>) -> _ {
    let profiles = integration_profiles::table.filter(integration_profiles::id.eq_any(profiles));
    profiles.select(integration_profiles::alias_id)
}

#[diesel::dsl::auto_type]
fn used(profiles: Vec<ProfileId>) -> _ {
    let own: aliases_of = aliases_of(profiles.clone());
    let of_children: aliases_of = aliases_of(profiles);
    let id: ChildColumn<connection_aliases::id> = CHILDREN.field(connection_aliases::id);
    let parent_id: ChildColumn<connection_aliases::parent_id> = CHILDREN.field(connection_aliases::parent_id);
    let children: query_source::Alias<Children> = CHILDREN;
    let parents = children.filter(id.nullable().eq_any(of_children)).select(parent_id);
    let alias = connection_aliases::id.nullable();
    alias.eq_any(own).or(alias.eq_any(parents))
}

pub(crate) type Visible = Filter<connection_aliases::table, Limited<used>>;

/// The aliases of the profiles that the caller sees, and their parents; every read of the table starts here.
pub(crate) fn visible(db: &Reader) -> Visible {
    connection_aliases::table.filter(db.limited(used))
}

/// Inserts an alias.
pub async fn insert(db: &Db, alias: &Alias) -> Result<()> {
    let alias = alias.clone();
    with_tx!(db, Full, |c, _now| {
        diesel::insert_into(connection_aliases::table).values(alias.clone()).execute(c).await?;
        Ok(())
    })
}

/// Updates the name, the instance URL and the properties of an alias.
///
/// # Errors
/// `NotFound` if the alias does not exist; `Conflict` with `connection_aliases_name` if the name is taken.
pub async fn update(db: &Db, alias: &Alias) -> Result<()> {
    let alias = alias.clone();
    with_tx!(db, Full, |c, _now| {
        let changed = diesel::update(connection_aliases::table.filter(connection_aliases::id.eq(alias.id)))
            .set((
                connection_aliases::name.eq(&alias.name),
                connection_aliases::instance_url.eq(&alias.instance_url),
                connection_aliases::properties.eq(Bind(alias.properties.clone())),
                connection_aliases::updated_at.eq(Bind(alias.updated_at)),
            ))
            .execute(c)
            .await?;
        if changed == 0 {
            return Err(Error::NotFound { what: "alias" });
        }
        c.doubt_organizations(alias.id).await
    })
}

/// The delegated links that are neither used nor revoked.
#[diesel::dsl::auto_type]
pub(crate) fn open_links() -> _ {
    delegated_links::table.filter(delegated_links::used_at.is_null().and(delegated_links::revoked_at.is_null()))
}

/// Deletes the credential of an alias, its open delegated links and its started authorisations.
///
/// # Errors
/// `NotFound` if the alias does not exist.
pub async fn disconnect(db: &Db, alias: &Alias) -> Result<()> {
    let alias = alias.clone();
    with_tx!(db, Full, |c, now| {
        c.put_credential(&alias, &[], now).await?;
        let open = open_links().filter(delegated_links::alias_id.eq(alias.id));
        let revoked = (delegated_links::revoked_at.eq(Bind(Some(now))), delegated_links::sealed.eq(None::<Vec<u8>>));
        diesel::update(open).set(revoked).execute(c).await?;
        diesel::delete(authorizations::table.filter(authorizations::alias_id.eq(alias.id))).execute(c).await?;
        Ok(())
    })
}

/// Replaces the credential of an alias and all its secrets.
///
/// # Errors
/// `NotFound` if the alias does not exist.
pub async fn set_credential(db: &Db, sealer: &Sealer, alias: &Alias, given: &[(Purpose, &Secret)]) -> Result<()> {
    let (sealed, alias) = (sealed(sealer, alias.id, given)?, alias.clone());
    with_tx!(db, Full, |c, now| c.put_credential(&alias, &sealed, now).await)
}

/// Encrypts the secrets of an alias.
pub(crate) fn sealed(sealer: &Sealer, alias: AliasId, given: &[(Purpose, &Secret)]) -> Result<Vec<(Purpose, Vec<u8>)>> {
    given.iter().map(|&(purpose, secret)| Ok((purpose, secrets::seal(sealer, alias, purpose, secret)?))).collect()
}

pub(crate) trait CredentialStatements {
    /// Writes a credential in the place of an earlier one; `NotFound` when the alias is gone.
    async fn put_credential(&mut self, alias: &Alias, sealed: &[(Purpose, Vec<u8>)], now: DateTime<Utc>) -> Result<()>;
}

on_both! {
    impl CredentialStatements {
        async fn put_credential(
            &mut self,
            alias: &Alias,
            sealed: &[(Purpose, Vec<u8>)],
            now: DateTime<Utc>,
        ) -> Result<()> {
            let changed = diesel::update(connection_aliases::table.filter(connection_aliases::id.eq(alias.id)))
                .set((
                    connection_aliases::grant_type.eq(Bind(alias.grant_type)),
                    connection_aliases::client_id.eq(&alias.client_id),
                    connection_aliases::credential_state.eq(alias.credential_state),
                    connection_aliases::granted_scopes.eq(Bind(alias.granted_scopes.clone())),
                    connection_aliases::principal.eq(&alias.principal),
                    connection_aliases::username.eq(&alias.username),
                    connection_aliases::obtained_at.eq(Bind(alias.obtained_at)),
                    connection_aliases::updated_at.eq(Bind(alias.updated_at)),
                ))
                .execute(self)
                .await?;
            if changed == 0 {
                return Err(Error::NotFound { what: "alias" });
            }
            self.doubt_organizations(alias.id).await?;
            self.remove_secrets(alias.id).await?;
            for (purpose, sealed) in sealed {
                self.put_secret(alias.id, *purpose, sealed, now).await?;
            }
            Ok(())
        }
    }
}

/// Stores the scopes and the principal of a grant, unless the credential was replaced meanwhile.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn note_grant(db: &Db, alias: &Alias) -> Result<()> {
    let alias = alias.clone();
    with_tx!(db, Full, |c, _now| {
        let same = connection_aliases::table
            .filter(connection_aliases::id.eq(alias.id))
            .filter(connection_aliases::obtained_at.eq(Bind(alias.obtained_at)));
        diesel::update(same)
            .set((
                connection_aliases::credential_state.eq(alias.credential_state),
                connection_aliases::granted_scopes.eq(Bind(alias.granted_scopes.clone())),
                connection_aliases::principal.eq(&alias.principal),
                connection_aliases::updated_at.eq(Bind(alias.updated_at)),
            ))
            .execute(c)
            .await?;
        Ok(())
    })
}

/// Finds an alias; `None` if it does not exist.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Reader, id: AliasId) -> Result<Option<Alias>> {
    Ok(find_many(db, &[id]).await?.remove(&id))
}

/// Finds the alias with a name, case-sensitive; `None` if it does not exist.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_by_name(db: &Reader, name: &str) -> Result<Option<Alias>> {
    with_conn!(db, read, |c| {
        let query = visible(db).select(Alias::as_select()).filter(connection_aliases::name.eq(name));
        Ok(query.first(c).await.optional()?)
    })
}

/// Finds several aliases; unknown ones are omitted.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find_many(db: &Reader, ids: &[AliasId]) -> Result<HashMap<AliasId, Alias>> {
    let found: Vec<Alias> = with_conn!(db, read, |c| {
        let query = visible(db).select(Alias::as_select());
        Ok(query.filter(connection_aliases::id.eq_any(ids)).load(c).await?)
    })?;
    Ok(by_key(found, |alias| alias.id))
}

/// Deletes an alias with its secrets.
///
/// # Errors
/// `NotFound` if the alias does not exist; `Conflict` with `integration_profiles_alias_id_fkey` or
/// `connection_aliases_parent_id_fkey` while a profile or a child uses it.
pub async fn delete(db: &Db, id: AliasId) -> Result<()> {
    with_tx!(db, Full, |c, _now| {
        // Asked beforehand because SQLite does not say which of the two stood in the way.
        let children = connection_aliases::table.filter(connection_aliases::parent_id.eq(id)).count();
        if children.get_result::<i64>(c).await? > 0 {
            return Err(Error::conflict("connection_aliases_parent_id_fkey"));
        }
        let profiles = integration_profiles::table.filter(integration_profiles::alias_id.eq(id)).count();
        if profiles.get_result::<i64>(c).await? > 0 {
            return Err(Error::conflict("integration_profiles_alias_id_fkey"));
        }
        let row = connection_aliases::table.filter(connection_aliases::id.eq(id));
        match diesel::delete(row).execute(c).await? {
            0 => Err(Error::NotFound { what: "alias" }),
            _ => Ok(()),
        }
    })
}
