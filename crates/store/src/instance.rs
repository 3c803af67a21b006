//! Which installation a database belongs to, and how far it has come with it.

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sqlite::Sqlite;
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use crate::db::{with_conn, with_tx};
use crate::schema::instance;
use crate::types::Bind;
use crate::{Db, Result};

/// The identity stored in a database.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = instance, check_for_backend(Pg, Sqlite))]
pub struct Instance {
    /// ID of the installation, the same as in the file beside the keys.
    pub epoch: Uuid,
    /// Grows over the life of the installation. A restored database is behind the file.
    pub generation: i64,
    /// Time when the database was last adopted; `None` if never.
    pub adopted_at: Option<DateTime<Utc>>,
    /// Reason for the adoption.
    pub adopted_because: Option<String>,
}

/// Returns the identity of the database; `None` if it has none yet.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn find(db: &Db) -> Result<Option<Instance>> {
    with_conn!(db, read, |c| Ok(instance::table.select(Instance::as_select()).first(c).await.optional()?))
}

/// Sets the identity of a database without one. Returns the identity that the database has afterwards.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn found(db: &Db, epoch: Uuid) -> Result<Instance> {
    with_tx!(db, Full, |c, _now| {
        let first = (instance::id.eq(1), instance::epoch.eq(Bind(epoch)), instance::generation.eq(1_i64));
        diesel::insert_into(instance::table).values(first).on_conflict_do_nothing().execute(c).await?;
        Ok(instance::table.select(Instance::as_select()).first(c).await?)
    })
}

/// Increments the generation and returns it. `None` if the database has another identity than `epoch`.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn advance(db: &Db, epoch: Uuid) -> Result<Option<i64>> {
    with_tx!(db, Full, |c, _now| {
        let ours = instance::table.filter(instance::epoch.eq(Bind(epoch)));
        diesel::update(ours).set(instance::generation.eq(instance::generation + 1)).execute(c).await?;
        Ok(ours.select(instance::generation).first(c).await.optional()?)
    })
}

/// Replaces the identity of an adopted database and returns it.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn adopt(db: &Db, epoch: Uuid, because: &str) -> Result<Instance> {
    let because = because.to_owned();
    found(db, epoch).await?;
    with_tx!(db, Full, |c, now| {
        diesel::update(instance::table)
            .set((
                instance::epoch.eq(Bind(epoch)),
                instance::generation.eq(instance::generation + 1),
                instance::adopted_at.eq(Bind(Some(now))),
                instance::adopted_because.eq(Some(&because)),
            ))
            .execute(c)
            .await?;
        Ok(instance::table.select(Instance::as_select()).first(c).await?)
    })
}
