//! Seals the data key of every secret anew, with the newest key, while others read and write the secrets.

use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::{Sealer, place};
use crate::db::{with_conn, with_tx};
use crate::schema::{audit_head, authorizations as consents, delegated_links as links, sealed_secrets};
use crate::{AliasId, Db, Error, LinkId, Purpose, Result, audit, authorizations, delegations};

/// What became of the secrets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Secrets that depend on the newest key now and did not before.
    pub resealed: usize,
    /// Secrets that none of the keys opens; they stay as they are.
    pub unreadable: usize,
}

/// Seals with the newest key the data keys that an earlier one sealed. A secret that is replaced meanwhile stays replaced.
///
/// # Errors
/// `Unavailable` when the database is away; what was sealed anew stays so.
pub async fn reseal(db: &Db, sealer: &Sealer) -> Result<Resealed> {
    let mut done = Resealed::default();
    done.credentials(db, sealer).await?;
    done.consents(db, sealer).await?;
    done.links(db, sealer).await?;
    done.chain(db, sealer).await?;
    Ok(done)
}

impl Resealed {
    async fn credentials(&mut self, db: &Db, sealer: &Sealer) -> Result<()> {
        let secrets: Vec<(AliasId, Purpose, Vec<u8>)> = with_conn!(db, read, |c| {
            let columns = (sealed_secrets::alias_id, sealed_secrets::purpose, sealed_secrets::sealed);
            Ok(sealed_secrets::table.select(columns).load(c).await?)
        })?;
        for (alias, purpose, old) in secrets {
            let Some(new) = self.anew(sealer, &place(alias, purpose), &old)? else { continue };
            self.resealed += with_tx!(db, Full, |c, _now| {
                let same = sealed_secrets::table
                    .filter(sealed_secrets::alias_id.eq(alias))
                    .filter(sealed_secrets::purpose.eq(purpose))
                    .filter(sealed_secrets::sealed.eq(&old));
                Ok(diesel::update(same).set(sealed_secrets::sealed.eq(&new)).execute(c).await?)
            })?;
        }
        Ok(())
    }

    async fn consents(&mut self, db: &Db, sealer: &Sealer) -> Result<()> {
        let consents: Vec<(Vec<u8>, Vec<u8>)> = with_conn!(db, read, |c| {
            Ok(consents::table.select((consents::state_hash, consents::sealed)).load(c).await?)
        })?;
        for (state, old) in consents {
            let Some(new) = self.anew(sealer, &authorizations::place(&state), &old)? else { continue };
            self.resealed += with_tx!(db, Full, |c, _now| {
                let same = consents::table.filter(consents::state_hash.eq(&state));
                Ok(diesel::update(same).set(consents::sealed.eq(&new)).execute(c).await?)
            })?;
        }
        Ok(())
    }

    async fn links(&mut self, db: &Db, sealer: &Sealer) -> Result<()> {
        let links: Vec<(LinkId, Option<Vec<u8>>)> = with_conn!(db, read, |c| {
            let sealed = links::table.filter(links::sealed.is_not_null());
            Ok(sealed.select((links::id, links::sealed)).load(c).await?)
        })?;
        for (link, old) in links {
            let Some(old) = old else { continue };
            let Some(new) = self.anew(sealer, &delegations::place(link), &old)? else { continue };
            self.resealed += with_tx!(db, Full, |c, _now| {
                let same = links::table.filter(links::id.eq(link)).filter(links::sealed.is_not_null());
                Ok(diesel::update(same).set(links::sealed.eq(Some(&new))).execute(c).await?)
            })?;
        }
        Ok(())
    }

    /// The key of the audit log's chain.
    async fn chain(&mut self, db: &Db, sealer: &Sealer) -> Result<()> {
        let sealed: Option<Vec<u8>> = with_conn!(db, read, |c| Ok(audit_head::table
            .select(audit_head::sealed_key)
            .first(c)
            .await
            .optional()?))?;
        let Some(old) = sealed else { return Ok(()) };
        let Some(new) = self.anew(sealer, audit::KEY_PLACE, &old)? else { return Ok(()) };
        self.resealed += with_tx!(db, Full, |c, _now| {
            let same = audit_head::table.filter(audit_head::sealed_key.eq(&old));
            Ok(diesel::update(same).set(audit_head::sealed_key.eq(&new)).execute(c).await?)
        })?;
        Ok(())
    }

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
