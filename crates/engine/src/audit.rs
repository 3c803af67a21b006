//! Records who does what: nothing changes without an audit record that was written before.

mod snapshot;

use seatgraph_core::Secret;
use seatgraph_store::audit::{self, AuditRecord};
use seatgraph_store::profiles::DeletionCounts;
use seatgraph_store::{
    Alias, ApiToken, Assignment, AuditOutcome, DelegatedLink, Model, Profile, ProfileId, Session, SyncRun,
};
use uuid::Uuid;

use crate::access::{AffectedProfiles, CommandTarget, Principal};
use crate::refusal::Denied;
use crate::{Authorization, Connected, ConsentError, CreatedLink, Engine, Validated};

/// The actor of an operation, and the client that it uses.
#[derive(Debug, Clone)]
pub struct Actor {
    /// A principal's key.
    key: String,
    name: String,
    client_address: String,
    trace_id: String,
}

impl Actor {
    /// Names an actor. `client_address` is the network address of its client, followed by the user agent.
    #[must_use]
    pub fn new(principal: &Principal, client_address: &str, trace_id: &str) -> Self {
        Self {
            key: principal.key(),
            name: principal.name().to_owned(),
            client_address: client_address.to_owned(),
            trace_id: trace_id.to_owned(),
        }
    }

    /// The record of an action that starts, without its target.
    fn record(&self, action: &str) -> AuditRecord {
        AuditRecord {
            operation_id: Uuid::now_v7(),
            actor: self.key.clone(),
            actor_name: self.name.clone(),
            client_address: self.client_address.clone(),
            action: action.to_owned(),
            outcome: AuditOutcome::Started,
            subject: None,
            before: None,
            after: None,
            note: None,
            trace_id: self.trace_id.clone(),
            profile_id: None,
        }
    }
}

/// An error of a command, as the audit log records it.
pub trait AuditedError: From<seatgraph_store::Error> {
    /// Whether the command was refused or failed, and why.
    fn audited(&self) -> (AuditOutcome, String);
}

impl AuditedError for Denied {
    fn audited(&self) -> (AuditOutcome, String) {
        match self {
            Self::Refused(refusals) => {
                let messages: Vec<_> = refusals.iter().map(|refusal| refusal.message.as_str()).collect();
                (AuditOutcome::Refused, messages.join("; "))
            }
            Self::Failed(error) => (AuditOutcome::Failed, error.to_string()),
        }
    }
}

impl AuditedError for ConsentError {
    fn audited(&self) -> (AuditOutcome, String) {
        match self {
            Self::Found(finding) => (AuditOutcome::Refused, format!("{}: {}", finding.code, finding.message)),
            Self::Failed(error) => (AuditOutcome::Failed, error.to_string()),
        }
    }
}

impl AuditedError for seatgraph_store::Error {
    fn audited(&self) -> (AuditOutcome, String) {
        (AuditOutcome::Failed, self.to_string())
    }
}

/// The result of a command, as the audit log records it.
pub trait Audited {
    /// The object that was created or changed; `None` when it is the one that the command named.
    fn target(&self) -> Option<CommandTarget> {
        None
    }

    /// The reason that the actor gave, or what else is worth recording.
    fn note(&self) -> Option<String> {
        None
    }
}

impl Engine {
    /// Runs a command between two audit records: one before it, without which it does not run, and one with its
    /// outcome.
    ///
    /// # Errors
    /// The command's own error, and `Unavailable` when the first record cannot be written.
    pub async fn audited<T: Audited, E: AuditedError>(
        &self,
        actor: &Actor,
        action: &str,
        target: CommandTarget,
        command: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        let started = self.record_start(actor, action, target).await?;
        let done = command.await;
        let ended = match &done {
            Ok(result) => {
                let note = result.note();
                Ended { outcome: AuditOutcome::Succeeded, note, target: Some(result.target().unwrap_or(target)) }
            }
            Err(error) => {
                let (outcome, note) = error.audited();
                Ended { outcome, note: Some(note), target: None }
            }
        };
        self.record_end(started, target, ended).await;
        done
    }

    /// Records that a command starts.
    async fn record_start(
        &self,
        actor: &Actor,
        action: &str,
        target: CommandTarget,
    ) -> Result<AuditRecord, seatgraph_store::Error> {
        let record = AuditRecord {
            subject: target.id(),
            before: self.snapshot(target).await?.map(|before| before.to_string()),
            profile_id: self.only_profile(target).await,
            ..actor.record(action)
        };
        audit::append(self.db(), self.sealer(), &record).await?;
        Ok(record)
    }

    /// Records the outcome of a command. The command has run: when this cannot be written, the record of its start
    /// stays, which says that its outcome is unknown.
    async fn record_end(&self, mut record: AuditRecord, named: CommandTarget, ended: Ended) {
        record.outcome = ended.outcome;
        record.note = ended.note;
        if let Some(target) = ended.target {
            record.after = self.snapshot(target).await.ok().flatten().map(|after| after.to_string());
            if target != named {
                record.subject = target.id();
                record.profile_id = self.only_profile(target).await.or(record.profile_id);
            }
        }
        if let Err(error) = audit::append(self.db(), self.sealer(), &record).await {
            let (action, trace_id, error) = (record.action, record.trace_id, &error as &dyn std::error::Error);
            tracing::error!(action, trace_id, error, "audit record of an outcome not written");
        }
    }

    /// The one profile that a target belongs to, so that readers of that profile may read the record.
    async fn only_profile(&self, target: CommandTarget) -> Option<ProfileId> {
        match self.affected_profiles(self.db(), target).await {
            Ok(AffectedProfiles::Only(profiles)) => <[ProfileId; 1]>::try_from(profiles).ok().map(|[only]| only),
            Ok(AffectedProfiles::All) | Err(_) => None,
        }
    }
}

/// How a command ended.
struct Ended {
    outcome: AuditOutcome,
    note: Option<String>,
    /// The object to take a snapshot of; `None` when nothing changed.
    target: Option<CommandTarget>,
}

/// One line for each result of a command: the object that was created or changed.
macro_rules! audited {
    ($($of:ty: $done:pat => $target:expr;)+) => {$(
        impl Audited for $of {
            fn target(&self) -> Option<CommandTarget> {
                let $done = self;
                $target
            }
        }
    )+};
}

audited! {
    Alias: alias => Some(CommandTarget::alias(alias.id));
    ApiToken: token => Some(CommandTarget::Token(token.id));
    (ApiToken, Secret): (token, _) => Some(CommandTarget::Token(token.id));
    Assignment: held => Some(CommandTarget::Role(held.id));
    Authorization: _ => None;
    DeletionCounts: _ => None;
    Connected: connected => Some(CommandTarget::alias(connected.alias.id));
    CreatedLink: created => Some(CommandTarget::Link(created.link.id));
    DelegatedLink: link => Some(CommandTarget::Link(link.id));
    (Model, i64): _ => None;
    Profile: profile => Some(CommandTarget::profile(profile.id));
    Session: _ => None;
    (Profile, SyncRun): (profile, _) => Some(CommandTarget::profile(profile.id));
    SyncRun: run => Some(CommandTarget::Run(run.id));
    Validated: validated => Some(CommandTarget::profile(validated.profile.id));
    (): () => None;
}
