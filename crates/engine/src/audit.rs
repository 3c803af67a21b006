//! Writes down who does what: no deed without a row that was written before it.

mod portrait;

use seatgraph_core::Secret;
use seatgraph_store::audit::{self, Deed};
use seatgraph_store::profiles::Closed;
use seatgraph_store::{Alias, ApiToken, Assignment, AuditOutcome, DelegatedLink, Model, Profile, ProfileId, SyncRun};
use uuid::Uuid;

use crate::access::{AffectedProfiles, Principal, Subject};
use crate::refusal::Denied;
use crate::{Authorization, Connected, ConsentError, CreatedLink, Engine, Validated};

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

    /// What is written of something that it does, as long as nothing is known of the subject.
    #[must_use]
    pub fn deed(&self, action: &str, outcome: AuditOutcome) -> Deed {
        Deed {
            attempt: Uuid::now_v7(),
            actor: self.key.clone(),
            actor_name: self.name.clone(),
            came_from: self.came_from.clone(),
            action: action.to_owned(),
            outcome,
            subject: None,
            before: None,
            after: None,
            note: None,
            trace_id: self.trace_id.clone(),
            profile_id: None,
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

impl Told for ConsentError {
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
        let before = self.portrait(subject).await?;
        let mut deed = Deed {
            subject: subject.id(),
            before: before.map(|before| before.to_string()),
            profile_id: self.only_profile(subject).await,
            ..actor.deed(action, AuditOutcome::Begun)
        };
        audit::append(self.db(), self.sealer(), &deed).await?;
        let done = act.await;
        match &done {
            Ok(left) => {
                let subject = left.subject().unwrap_or(subject);
                deed.outcome = AuditOutcome::Done;
                deed.note = left.note();
                deed.subject = subject.id();
                deed.profile_id = self.only_profile(subject).await.or(deed.profile_id);
                deed.after = self.portrait(subject).await.ok().flatten().map(|after| after.to_string());
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
}

impl Engine {
    /// The profile that a subject belongs to, if it is one alone: whoever may read of that profile reads of it.
    async fn only_profile(&self, subject: Subject) -> Option<ProfileId> {
        match self.affected_profiles(self.db(), subject).await {
            Ok(AffectedProfiles::Only(profiles)) => <[ProfileId; 1]>::try_from(profiles).ok().map(|[only]| only),
            Ok(AffectedProfiles::All) | Err(_) => None,
        }
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
