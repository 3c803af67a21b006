//! The lock on an alias's refresh token: vendors that rotate refresh tokens treat one that is used twice as stolen, and
//! revoke the grant.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;

use crate::db::with_tx;
use crate::deadline::until;
use crate::schema::connection_aliases;
use crate::secrets::{self, Sealer, SecretStatements};
use crate::types::Bind;
use crate::{AliasId, Db, Purpose, Result};

/// Locks an alias's refresh token for `life`, which must exceed the vendor's response time. Returns the expiry of the lock;
/// `None` if another process holds it, or if the alias does not exist.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn begin_refresh(db: &Db, alias: AliasId, life: Duration) -> Result<Option<DateTime<Utc>>> {
    with_tx!(db, Full, |c, now| {
        let until = until(now, life);
        let free =
            connection_aliases::refreshing_until.is_null().or(connection_aliases::refreshing_until.le(Bind(Some(now))));
        let taken = diesel::update(connection_aliases::table.filter(connection_aliases::id.eq(alias)).filter(free))
            .set(connection_aliases::refreshing_until.eq(Bind(Some(until))))
            .execute(c)
            .await?;
        Ok((taken == 1).then_some(until))
    })
}

/// Releases the lock and stores the new refresh token if the vendor rotated it, in one transaction. A credential that a
/// user has set meanwhile is kept.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn end_refresh(
    db: &Db,
    sealer: &Sealer,
    alias: AliasId,
    lock: DateTime<Utc>,
    obtained_at: Option<DateTime<Utc>>,
    rotated: Option<&Secret>,
) -> Result<()> {
    let sealed = rotated.map(|secret| secrets::seal(sealer, alias, Purpose::RefreshToken, secret)).transpose()?;
    with_tx!(db, Full, |c, now| {
        if let Some(sealed) = &sealed {
            let same = connection_aliases::table
                .filter(connection_aliases::id.eq(alias))
                .filter(connection_aliases::obtained_at.eq(Bind(obtained_at)));
            if diesel::update(same).set(connection_aliases::updated_at.eq(Bind(now))).execute(c).await? == 1 {
                c.put_secret(alias, Purpose::RefreshToken, sealed, now).await?;
            }
        }
        let ours = connection_aliases::table
            .filter(connection_aliases::id.eq(alias))
            .filter(connection_aliases::refreshing_until.eq(Bind(Some(lock))));
        diesel::update(ours)
            .set(connection_aliases::refreshing_until.eq(Bind(None::<DateTime<Utc>>)))
            .execute(c)
            .await?;
        Ok(())
    })
}
