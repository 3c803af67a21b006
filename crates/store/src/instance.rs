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

/// The mark that a database bears.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = instance, check_for_backend(Pg, Sqlite))]
pub struct Instance {
    /// The installation's mark.
    pub epoch: Uuid,
    /// Grows as long as the installation lives.
    pub generation: i64,
    /// When the database was last taken over from elsewhere.
    pub adopted_at: Option<DateTime<Utc>>,
    /// Why it was taken over.
    pub adopted_because: Option<String>,
}

/// Reads the mark; `None` for a database that no installation has marked.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn find(db: &Db) -> Result<Option<Instance>> {
    with_conn!(db, read, |c| Ok(instance::table.select(Instance::as_select()).first(c).await.optional()?))
}

/// Marks a database that bears no mark, and returns the mark that it bears then.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn found(db: &Db, epoch: Uuid) -> Result<Instance> {
    with_tx!(db, Full, |c, _now| {
        let first = (instance::id.eq(1), instance::epoch.eq(Bind(epoch)), instance::generation.eq(1_i64));
        diesel::insert_into(instance::table).values(first).on_conflict_do_nothing().execute(c).await?;
        Ok(instance::table.select(Instance::as_select()).first(c).await?)
    })
}

/// Takes the database one generation further, and returns which that is. `None` when it does not bear the mark `epoch`.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn advance(db: &Db, epoch: Uuid) -> Result<Option<i64>> {
    with_tx!(db, Full, |c, _now| {
        let ours = instance::table.filter(instance::epoch.eq(Bind(epoch)));
        diesel::update(ours).set(instance::generation.eq(instance::generation + 1)).execute(c).await?;
        Ok(ours.select(instance::generation).first(c).await.optional()?)
    })
}

/// Marks the database anew, for the installation that takes it over, and returns the mark.
///
/// # Errors
/// `Unavailable` when the database is away.
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
