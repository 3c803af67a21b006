//! Key rotation while gateways are running.

use seatgraph_store::reseal;

use crate::Engine;
use crate::audit::Audited;
use crate::refusal::Denied;

/// Result of a key rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Number of secrets encrypted with the new key.
    pub resealed: usize,
    /// Whether the keys are stored in a file. Keys from the environment are changed by the operator.
    pub in_file: bool,
}

impl Audited for Rotated {
    fn note(&self) -> Option<String> {
        Some(format!("{} secrets were re-encrypted", self.resealed))
    }
}

impl Engine {
    /// Creates a key, re-encrypts all secrets with it, and deletes all keys but the last two. Concurrent calls wait. If
    /// the keys come from the environment, the first one is the new key.
    ///
    /// # Errors
    /// If secrets were encrypted with a missing key. No key is deleted then.
    pub async fn rotate_keys(&self) -> Result<Rotated, Denied> {
        let sealer = self.sealer();
        let _lock = sealer.lock()?;
        let in_file = sealer.add_key()?;
        let done = reseal::reseal(self.db(), sealer).await?;
        if done.unreadable > 0 {
            return Err(Denied::invalid_state(format!(
                "{} secrets were encrypted with a key that is missing; restore the key and rotate again, or set the \
                 credentials of their aliases anew. No key was forgotten.",
                done.unreadable
            )));
        }
        if in_file {
            sealer.forget_old_keys()?;
        }
        Ok(Rotated { resealed: done.resealed, in_file })
    }
}
