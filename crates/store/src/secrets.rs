//! Secrets of aliases, stored encrypted.
//!
//! Envelope encryption with XChaCha20-Poly1305: each secret is encrypted with a data key of its own, which is stored with
//! it, encrypted with a key that is never in the database. The stored form is `version(1) ‖ key id(4) ‖ nonce(24) ‖ data key(48) ‖
//! nonce(24) ‖ ciphertext`. The location of a secret is authenticated with both, and the key's id with the data
//! key, so a secret copied to another alias or purpose cannot be decrypted. After a key rotation only the data keys are
//! encrypted again.

mod keyring;
mod sealer;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::Secret;

pub use sealer::Sealer;

use crate::db::{on_both, with_conn};
use crate::schema::sealed_secrets;
use crate::types::Bind;
use crate::{AliasId, Db, Error, Purpose, Result};

/// The location that a secret is bound to.
pub(crate) fn place(alias: AliasId, purpose: Purpose) -> String {
    format!("sealed_secrets|{}.{}|sealed", alias.as_uuid(), purpose.as_str())
}

pub(crate) fn seal(sealer: &Sealer, alias: AliasId, purpose: Purpose, secret: &Secret) -> Result<Vec<u8>> {
    sealer.seal(&place(alias, purpose), secret.expose().as_bytes())
}

pub(crate) trait SecretStatements {
    /// Stores an encrypted secret, replacing an earlier one.
    async fn put_secret(&mut self, alias: AliasId, purpose: Purpose, sealed: &[u8], now: DateTime<Utc>) -> Result<()>;
    /// Deletes all secrets of an alias.
    async fn remove_secrets(&mut self, alias: AliasId) -> Result<()>;
}

on_both! {
    impl SecretStatements {
        async fn put_secret(
            &mut self,
            alias: AliasId,
            purpose: Purpose,
            sealed: &[u8],
            now: DateTime<Utc>,
        ) -> Result<()> {
            diesel::insert_into(sealed_secrets::table)
                .values((
                    sealed_secrets::alias_id.eq(alias),
                    sealed_secrets::purpose.eq(purpose),
                    sealed_secrets::sealed.eq(sealed),
                    sealed_secrets::updated_at.eq(Bind(now)),
                ))
                .on_conflict((sealed_secrets::alias_id, sealed_secrets::purpose))
                .do_update()
                .set((sealed_secrets::sealed.eq(sealed), sealed_secrets::updated_at.eq(Bind(now))))
                .execute(self)
                .await?;
            Ok(())
        }

        async fn remove_secrets(&mut self, alias: AliasId) -> Result<()> {
            diesel::delete(sealed_secrets::table.filter(sealed_secrets::alias_id.eq(alias))).execute(self).await?;
            Ok(())
        }
    }
}

/// Decrypts a secret; `None` if it does not exist.
///
/// # Errors
/// `DecryptFailed` if it was encrypted with another key or for another location, or was tampered with.
pub async fn get(db: &Db, sealer: &Sealer, alias: AliasId, purpose: Purpose) -> Result<Option<Secret>> {
    let sealed: Option<Vec<u8>> = with_conn!(db, read, |c| {
        let query = sealed_secrets::table.select(sealed_secrets::sealed).filter(sealed_secrets::alias_id.eq(alias));
        Ok(query.filter(sealed_secrets::purpose.eq(purpose)).first(c).await.optional()?)
    })?;
    let Some(sealed) = sealed else { return Ok(None) };
    let opened = sealer.open(&place(alias, purpose), &sealed)?;
    let text = std::str::from_utf8(&opened).map_err(|_| Error::DecryptFailed)?;
    Ok(Some(Secret::new(text)))
}
