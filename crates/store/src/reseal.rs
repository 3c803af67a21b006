//! Re-encrypts the data key of every secret with the newest key, while others read and write the secrets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{with_conn, with_tx};
use crate::schema::{
    audit_head, authorizations as consents, delegated_links, login_attempts, sealed_secrets, sessions,
};
use crate::sessions::attempts;
use crate::{
    AliasId, Db, Error, LinkId, Purpose, Result, Sealer, audit, authorizations, delegations, secrets,
    sessions as logins,
};

/// Result of a re-encryption.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Number of secrets that were re-encrypted with the newest key.
    pub resealed: usize,
    /// Number of secrets that no key decrypts. They stay unchanged.
    pub unreadable: usize,
}

/// Re-encrypts one column: its rows by key, and the location that each secret is bound to.
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
            let Some(new) = $done.rewrap($sealer, $place, &old)? else { continue };
            $done.resealed += with_tx!($db, Full, |c, _now| {
                let same = $table::table.filter($table::$sealed.eq(&old))$(.filter($table::$key.eq(&$key)))+;
                Ok(diesel::update(same).set($table::$sealed.eq(&new)).execute(c).await?)
            })?;
        }
    }};
}

/// Re-encrypts the data keys that an earlier key encrypted. Concurrently replaced secrets are kept.
pub async fn reseal(db: &Db, sealer: &Sealer) -> Result<Resealed> {
    let mut done = Resealed::default();
    reseal_column!(
        done, db, sealer,
        sealed_secrets.sealed of (alias_id: AliasId, purpose: Purpose) in &secrets::place(alias_id, purpose)
    );
    reseal_column!(done, db, sealer, consents.sealed of (state_hash: Vec<u8>) in &authorizations::place(&state_hash));
    reseal_column!(done, db, sealer, delegated_links.sealed of (id: LinkId) in &delegations::place(id));
    reseal_column!(done, db, sealer, login_attempts.sealed of (state_hash: Vec<u8>) in &attempts::place(&state_hash));
    reseal_column!(done, db, sealer, sessions.id_token of (token_hash: Vec<u8>) in &logins::place(&token_hash));
    reseal_column!(done, db, sealer, audit_head.sealed_key of (id: i32) in audit::KEY_PLACE);
    Ok(done)
}

impl Resealed {
    /// Re-encrypts the data key of one secret. `None` if it already uses the newest key, or cannot be decrypted.
    fn rewrap(&mut self, sealer: &Sealer, place: &str, old: &[u8]) -> Result<Option<Vec<u8>>> {
        if sealer.is_newest(old) {
            return Ok(None);
        }
        match sealer.rewrap(place, old) {
            Ok(new) => Ok(Some(new)),
            Err(Error::DecryptFailed) => {
                self.unreadable += 1;
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}
