//! Refresh tokens, which one process at a time may use: vendors that rotate them take a token that is used twice for a
//! stolen one, and end the grant.

use std::time::Duration;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;

use crate::db::with_tx;
use crate::jobs::until;
use crate::schema::connection_aliases;
use crate::secrets::{self, Sealer, SecretStatements};
use crate::types::Bind;
use crate::{AliasId, Db, Purpose, Result};

/// Takes the turn of using an alias's refresh token for as long as `turn`, which outlasts the vendor's answer. Says
/// until when it has it; `None` while another process has it, or when there is no such alias.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn begin_refresh(db: &Db, alias: AliasId, turn: Duration) -> Result<Option<DateTime<Utc>>> {
    with_tx!(db, Full, |c, now| {
        let until = until(now, turn);
        let free =
            connection_aliases::refreshing_until.is_null().or(connection_aliases::refreshing_until.le(Bind(Some(now))));
        let taken = diesel::update(connection_aliases::table.filter(connection_aliases::id.eq(alias)).filter(free))
            .set(connection_aliases::refreshing_until.eq(Bind(Some(until))))
            .execute(c)
            .await?;
        Ok((taken == 1).then_some(until))
    })
}

/// Gives the turn back, and keeps the new refresh token where the vendor rotated it, in one transaction. A credential
/// that a person set since then stays.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn end_refresh(
    db: &Db,
    sealer: &Sealer,
    alias: AliasId,
    turn: DateTime<Utc>,
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
            .filter(connection_aliases::refreshing_until.eq(Bind(Some(turn))));
        diesel::update(ours)
            .set(connection_aliases::refreshing_until.eq(Bind(None::<DateTime<Utc>>)))
            .execute(c)
            .await?;
        Ok(())
    })
}
