//! Finds the object that a command names, or refuses it as not found at the field that names it.

use seatgraph_store::{
    Alias, AliasId, DelegatedLink, LinkId, Profile, ProfileId, Reader, RunId, SyncRun, aliases, delegations, profiles,
    runs,
};

use crate::refusal::Denied;

/// Finds a profile that is not deleted.
pub(crate) async fn profile(db: &Reader, id: ProfileId) -> Result<Profile, Denied> {
    let found = profiles::find(db, id).await?.filter(|profile| profile.deleted_at.is_none());
    found.ok_or_else(|| Denied::not_found(&format!("profile {id}"), "id"))
}

pub(crate) async fn sync_run(db: &Reader, id: RunId) -> Result<SyncRun, Denied> {
    runs::find(db, id).await?.ok_or_else(|| Denied::not_found(&format!("sync run {id}"), "id"))
}

pub(crate) async fn alias(db: &Reader, id: AliasId, field: &str) -> Result<Alias, Denied> {
    aliases::find(db, id).await?.ok_or_else(|| Denied::not_found(&format!("connection alias {id}"), field))
}

pub(crate) async fn delegated_link(db: &Reader, id: LinkId) -> Result<DelegatedLink, Denied> {
    delegations::find(db, id).await?.ok_or_else(|| Denied::not_found(&format!("delegated link {id}"), "id"))
}
