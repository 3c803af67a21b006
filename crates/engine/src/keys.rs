//! Another key for the secrets, while gateways serve.

use seatgraph_store::secrets;

use crate::Engine;
use crate::audit::Leaves;
use crate::refusal::Denied;

/// Keys that were changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// How many secrets depend on the new key now.
    pub resealed: usize,
    /// Whether the keys lie in a file; those from the environment are their owner's to change.
    pub in_file: bool,
}

impl Leaves for Rotated {
    fn note(&self) -> Option<String> {
        Some(format!("{} secrets were sealed anew", self.resealed))
    }
}

impl Engine {
    /// Makes a new key, seals every secret with it, and forgets the keys before the last one. Whoever comes at the same
    /// time waits. With keys from the environment, the first of them is the new one.
    ///
    /// # Errors
    /// Says when secrets were sealed with a key that is not there; no key is forgotten then.
    pub async fn rotate_keys(&self) -> Result<Rotated, Denied> {
        let sealer = self.sealer();
        let _lock = sealer.lock()?;
        let in_file = sealer.add_key()?;
        let done = secrets::reseal(self.db(), sealer).await?;
        if done.unreadable > 0 {
            return Err(Denied::invalid_state(format!(
                "{} secrets were sealed with a key that is not there; bring it back and rotate again, or set the \
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
