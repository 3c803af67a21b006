//! Seals the data key of every secret anew, with the newest key, while others read and write the secrets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Sealer, place};
use crate::db::{with_conn, with_tx};
use crate::schema::{
    audit_head, authorizations as consents, delegated_links, login_attempts, sealed_secrets, sessions,
};
use crate::sessions::attempts;
use crate::{AliasId, Db, Error, LinkId, Purpose, Result, audit, authorizations, delegations, sessions as logins};

/// What became of the secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that depend on the newest key now and did not before.
    pub resealed: usize,
    /// Secrets that none of the keys opens; they stay as they are.
    pub unreadable: usize,
}

/// Goes through one column: which rows it has a secret in, by their keys, and what place each is bound to.
macro_rules! reseal_column {
    (
        $done:ident, $db:ident, $sealer:ident,
        $table:ident.$sealed:ident of ($($key:ident: $type:ty),+) in $place:expr
    ) => {{
        let rows: Vec<(($($type,)+), Option<Vec<u8>>)> = with_conn!($db, read, |c| {
            let held = $table::table.filter($table::$sealed.is_not_null());
            Ok(held.select((($($table::$key,)+), $table::$sealed.nullable())).load(c).await?)
        })?;
        for (($($key,)+), old) in rows {
            let Some(old) = old else { continue };
            let Some(new) = $done.anew($sealer, $place, &old)? else { continue };
            $done.resealed += with_tx!($db, Full, |c, _now| {
                let same = $table::table.filter($table::$sealed.eq(&old))$(.filter($table::$key.eq(&$key)))+;
                Ok(diesel::update(same).set($table::$sealed.eq(&new)).execute(c).await?)
            })?;
        }
    }};
}

/// Seals with the newest key the data keys that an earlier one sealed. A secret that is replaced meanwhile stays
/// replaced.
///
/// # Errors
/// `Unavailable` when the database is away; what was sealed anew stays so.
pub async fn reseal(db: &Db, sealer: &Sealer) -> Result<Resealed> {
    let mut done = Resealed::default();
    reseal_column!(
        done, db, sealer,
        sealed_secrets.sealed of (alias_id: AliasId, purpose: Purpose) in &place(alias_id, purpose)
    );
    reseal_column!(done, db, sealer, consents.sealed of (state_hash: Vec<u8>) in &authorizations::place(&state_hash));
    reseal_column!(done, db, sealer, delegated_links.sealed of (id: LinkId) in &delegations::place(id));
    reseal_column!(done, db, sealer, login_attempts.sealed of (state_hash: Vec<u8>) in &attempts::place(&state_hash));
    reseal_column!(done, db, sealer, sessions.id_token of (token_hash: Vec<u8>) in &logins::place(&token_hash));
    reseal_column!(done, db, sealer, audit_head.sealed_key of (id: i32) in audit::KEY_PLACE);
    Ok(done)
}

impl Resealed {
    /// Seals the data key of one secret with the newest key; `None` when it is, or when nobody can open it.
    fn anew(&mut self, sealer: &Sealer, place: &str, old: &[u8]) -> Result<Option<Vec<u8>>> {
        if sealer.is_newest(old) {
            return Ok(None);
        }
        match sealer.rewrap(place, old) {
            Ok(new) => Ok(Some(new)),
            Err(Error::Unsealable) => {
                self.unreadable += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
