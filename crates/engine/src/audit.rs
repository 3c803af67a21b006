//! Writes down who does what: no deed without a row that was written before it.

use seatgraph_core::{Process, Secret};
use seatgraph_store::audit::{self, Deed};
use seatgraph_store::profiles::Closed;
use seatgraph_store::{
    self as store, Alias, ApiToken, Assignment, AuditOutcome, DelegatedLink, Model, Profile, Scope, SyncRun, aliases,
    delegations, profiles, roles, runs, tokens,
};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::{Principal, Subject};
use crate::refusal::Denied;
use crate::{Authorization, Connected, CreatedLink, Engine, NotAuthorized, Validated};

/// Who does something, and from where.
#[derive(Debug, Clone)]
pub struct Actor {
    /// A principal's key.
    key: String,
    name: String,
    came_from: String,
    trace_id: String,
}

impl Actor {
    /// Names an actor. `came_from` is the sender's address and what its client calls itself.
    #[must_use]
    pub fn new(principal: &Principal, came_from: &str, trace_id: &str) -> Self {
        Self {
            key: principal.key(),
            name: principal.name().to_owned(),
            came_from: came_from.to_owned(),
            trace_id: trace_id.to_owned(),
        }
    }
}

/// Why something was not done, as the audit log tells it.
pub trait Told: From<seatgraph_store::Error> {
    /// Whether it was refused or failed, and why.
    fn told(&self) -> (AuditOutcome, String);
}

impl Told for Denied {
    fn told(&self) -> (AuditOutcome, String) {
        match self {
            Self::Refused(refusals) => {
                let messages: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
                (AuditOutcome::Refused, messages.join("; "))
            }
            Self::Failed(error) => (AuditOutcome::Failed, error.to_string()),
        }
    }
}

impl Told for NotAuthorized {
    fn told(&self) -> (AuditOutcome, String) {
        match self {
            Self::Found(finding) => (AuditOutcome::Refused, format!("{}: {}", finding.code, finding.message)),
            Self::Failed(error) => (AuditOutcome::Failed, error.to_string()),
        }
    }
}

/// What is left behind by something that was done.
pub trait Leaves {
    /// What was made or changed; `None` leaves it at what the command was about.
    fn subject(&self) -> Option<Subject> {
        None
    }

    /// What whoever did it gave as the reason, if anything.
    fn note(&self) -> Option<String> {
        None
    }
}

impl Engine {
    /// Does something and writes it down: a row before, without which nothing happens, and one with what became of it.
    ///
    /// # Errors
    /// As `act`; and when the row before it cannot be written.
    pub async fn audited<T: Leaves, E: Told>(
        &self,
        actor: &Actor,
        action: &str,
        subject: Subject,
        act: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let before = self.snapshot(subject).await?;
        let mut deed = Deed {
            attempt: Uuid::now_v7(),
            actor: actor.key.clone(),
            actor_name: actor.name.clone(),
            came_from: actor.came_from.clone(),
            action: action.to_owned(),
            outcome: AuditOutcome::Begun,
            subject: subject.id(),
            before: before.map(|before| before.to_string()),
            after: None,
            note: None,
            trace_id: actor.trace_id.clone(),
        };
        audit::append(self.db(), self.sealer(), &deed).await?;
        let done = act.await;
        match &done {
            Ok(left) => {
                let subject = left.subject().unwrap_or(subject);
                deed.outcome = AuditOutcome::Done;
                deed.note = left.note();
                deed.subject = subject.id();
                deed.after = self.snapshot(subject).await.ok().flatten().map(|after| after.to_string());
            }
            Err(error) => {
                let (outcome, note) = error.told();
                deed.outcome = outcome;
                deed.note = Some(note);
            }
        }
        // What was done is done; the row that it was begun stays and says that nobody knows how it ended.
        if let Err(error) = audit::append(self.db(), self.sealer(), &deed).await {
            let error = &error as &dyn std::error::Error;
            tracing::error!(action, trace_id = actor.trace_id, error, "the end of a deed could not be written down");
        }
        done
    }

    /// Shows a subject as the audit log keeps it: what people may change of it, nothing secret. `None` for what is
    /// gone, and for the gateway at large.
    async fn snapshot(&self, subject: Subject) -> Result<Option<Value>, store::Error> {
        let whole = self.within(Scope::Everything);
        let db = whole.db();
        Ok(match subject {
            Subject::Gateway => None,
            Subject::Alias { id, .. } => aliases::find(db, id).await?.map(|alias| {
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
            }),
            Subject::Profile { id, .. } => match profiles::find(db, id).await? {
                None => None,
                Some(profile) => {
                    let processes = whole.processes(id).await?;
                    let enabled = processes.iter().filter(|row| row.enabled).map(|row| row.process);
                    Some(json!({
                        "name": profile.name,
                        "aliasId": profile.alias_id,
                        "state": profile.state,
                        "organization": profile.organization.map(|organization| organization.external_id),
                        "processes": enabled.map(Process::as_str).collect::<Vec<_>>(),
                        "schedule": {
                            "every": profile.schedule.every,
                            "at": profile.schedule.at,
                            "timeZone": profile.schedule.time_zone,
                        },
                        "deleted": profile.deleted_at.is_some(),
                    }))
                }
            },
            Subject::Run(id) => runs::find(db, id)
                .await?
                .map(|run| json!({ "profileId": run.profile_id, "state": run.state, "trigger": run.trigger })),
            Subject::Token(id) => {
                let held = roles::of_tokens(db, &[id]).await?.remove(&id).unwrap_or_default();
                let held: Vec<_> =
                    held.iter().map(|held| json!({ "role": held.role, "profileId": held.profile_id })).collect();
                tokens::find_many(db, &[id]).await?.remove(&id).map(|token| {
                    json!({
                        "name": token.name,
                        "roles": held,
                        "expiresAt": token.expires_at,
                        "revokedAt": token.revoked_at,
                    })
                })
            }
            Subject::Link(id) => delegations::find(db, id).await?.map(|link| {
                json!({
                    "aliasId": link.alias_id,
                    "createdBy": link.created_by,
                    "clientId": link.client_id,
                    "expiresAt": link.expires_at,
                    "usedAt": link.used_at,
                    "revokedAt": link.revoked_at,
                })
            }),
            Subject::Role(id) => roles::find_many(db, &[id]).await?.remove(&id).map(|held| {
                json!({
                    "holderKind": held.holder_kind,
                    "holder": held.holder,
                    "role": held.role,
                    "profileId": held.profile_id,
                })
            }),
        })
    }
}

/// One line for each thing that commands give back: what it says was made or changed.
macro_rules! leaves {
    ($($of:ty: $done:pat => $subject:expr;)+) => {$(
        impl Leaves for $of {
            fn subject(&self) -> Option<Subject> {
                let $done = self;
                $subject
            }
        }
    )+};
}

leaves! {
    Alias: alias => Some(Subject::alias(alias.id));
    ApiToken: token => Some(Subject::Token(token.id));
    (ApiToken, Secret): (token, _) => Some(Subject::Token(token.id));
    Assignment: held => Some(Subject::Role(held.id));
    Authorization: _ => None;
    Closed: _ => None;
    Connected: connected => Some(Subject::alias(connected.alias.id));
    CreatedLink: created => Some(Subject::Link(created.link.id));
    DelegatedLink: link => Some(Subject::Link(link.id));
    (Model, i64): _ => None;
    Profile: profile => Some(Subject::profile(profile.id));
    (Profile, SyncRun): (profile, _) => Some(Subject::profile(profile.id));
    SyncRun: run => Some(Subject::Run(run.id));
    Validated: validated => Some(Subject::profile(validated.profile.id));
    (): () => None;
}
