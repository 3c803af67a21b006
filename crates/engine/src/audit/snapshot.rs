//! Snapshots of subjects for the audit log: the fields that users change, nothing secret.

use seatgraph_core::Process;
use seatgraph_store::{
    self as store, Alias, ApiToken, Assignment, DelegatedLink, Profile, ProfileProcess, SyncRun, aliases, delegations,
    profiles, roles, runs, tokens,
};
use serde_json::{Value, json};

use crate::Engine;
use crate::access::CommandTarget;

impl Engine {
    /// Takes a snapshot of a target; `None` if it does not exist, and for the gateway.
    pub(super) async fn snapshot(&self, target: CommandTarget) -> Result<Option<Value>, store::Error> {
        let db = self.db();
        Ok(match target {
            CommandTarget::Gateway => None,
            CommandTarget::Alias { id, .. } => aliases::find(db, id).await?.as_ref().map(of_alias),
            CommandTarget::Profile { id, .. } => match profiles::find(db, id).await? {
                Some(profile) => Some(of_profile(&profile, &self.processes(id).await?)),
                None => None,
            },
            CommandTarget::Run(id) => runs::find(db, id).await?.as_ref().map(of_run),
            CommandTarget::Token(id) => match tokens::find_many(db, &[id]).await?.get(&id) {
                Some(token) => {
                    let held = roles::of_tokens(db, &[id]).await?.remove(&id).unwrap_or_default();
                    Some(of_token(token, &held))
                }
                None => None,
            },
            CommandTarget::Link(id) => delegations::find(db, id).await?.as_ref().map(of_link),
            CommandTarget::Role(id) => roles::find_many(db, &[id]).await?.get(&id).map(of_role),
        })
    }
}

fn of_alias(alias: &Alias) -> Value {
    json!({
        "name": alias.name,
        "connector": alias.connector,
        "parentId": alias.parent_id,
        "instanceUrl": alias.instance_url,
        "properties": alias.properties,
        "grant": alias.grant_type,
        "credentialState": alias.credential_state,
        "clientId": alias.client_id,
        "grantedScopes": alias.granted_scopes,
        "principal": alias.principal,
        "obtainedAt": alias.obtained_at,
    })
}

fn of_profile(profile: &Profile, processes: &[ProfileProcess]) -> Value {
    let enabled = processes.iter().filter(|row| row.enabled).map(|row| row.process);
    json!({
        "name": profile.name,
        "aliasId": profile.alias_id,
        "state": profile.state,
        "organization": profile.organization.as_ref().map(|organization| &organization.external_id),
        "processes": enabled.map(Process::as_str).collect::<Vec<_>>(),
        "schedule": {
            "every": profile.schedule.every,
            "at": profile.schedule.at,
            "timeZone": profile.schedule.time_zone,
        },
        "deleted": profile.deleted_at.is_some(),
    })
}

fn of_run(run: &SyncRun) -> Value {
    json!({ "profileId": run.profile_id, "state": run.state(), "trigger": run.trigger })
}

fn of_token(token: &ApiToken, held: &[Assignment]) -> Value {
    let roles = held.iter().map(|held| json!({ "role": held.role, "profileId": held.profile_id }));
    json!({
        "name": token.name,
        "roles": roles.collect::<Vec<_>>(),
        "expiresAt": token.expires_at,
        "revokedAt": token.revoked_at,
    })
}

fn of_link(link: &DelegatedLink) -> Value {
    json!({
        "aliasId": link.alias_id,
        "createdBy": link.created_by,
        "clientId": link.client_id,
        "expiresAt": link.expires_at,
        "usedAt": link.used_at,
        "revokedAt": link.revoked_at,
    })
}

fn of_role(held: &Assignment) -> Value {
    json!({
        "holderKind": held.holder_kind,
        "holder": held.holder,
        "role": held.role,
        "profileId": held.profile_id,
    })
}
