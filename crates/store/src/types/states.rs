//! States, kinds and reasons of the store.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use serde::{Deserialize, Serialize};

use super::sql::TextEnum;
use super::text_enum::{StoredEnum, stored_enum};

/// Declares enums that are stored as text.
macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = TextEnum)]
        pub enum $name { $($(#[$about])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the text used in the database and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                StoredEnum::as_text(self)
            }

            /// Finds the value with that text, or `None` if there is none.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_text(text)
            }
        }

        stored_enum!($name { $($variant = $text),+ });
    )+};
}

text_enums! {
    /// State of an alias's credential.
    CredentialState {
        /// None was set.
        Missing = "MISSING",
        /// It is set, and the vendor has not rejected it.
        Ready = "READY",
        /// The vendor rejected it; a user must renew it.
        ReauthRequired = "REAUTH_REQUIRED",
        /// It was revoked on purpose.
        Revoked = "REVOKED",
    }
    /// Purpose of an encrypted secret.
    Purpose {
        /// OAuth client secret.
        ClientSecret = "CLIENT_SECRET",
        /// OAuth refresh token.
        RefreshToken = "REFRESH_TOKEN",
        /// Private key for JWT bearer assertions.
        PrivateKey = "PRIVATE_KEY",
    }
    /// State of a profile.
    ProfileState {
        /// Being set up.
        Draft = "DRAFT",
        /// Synced by its schedule.
        Published = "PUBLISHED",
        /// Paused by a user.
        Paused = "PAUSED",
        /// Stopped until the credential is renewed.
        ReauthRequired = "REAUTH_REQUIRED",
    }
    /// How often a profile syncs.
    ScheduleEvery {
        /// Once a day.
        Day = "DAY",
        /// Once an hour.
        Hour = "HOUR",
        /// Only on request.
        Manual = "MANUAL",
    }
    /// Health of a process.
    Health {
        /// Not checked yet.
        Unknown = "UNKNOWN",
        /// It works.
        Healthy = "HEALTHY",
        /// It works with limitations.
        Degraded = "DEGRADED",
        /// It does not work.
        Broken = "BROKEN",
    }
    /// State of a job.
    JobState {
        /// Waiting for a worker.
        Queued = "QUEUED",
        /// A worker holds it.
        Running = "RUNNING",
        /// Waiting for something other than a worker.
        Waiting = "WAITING",
        /// Finished successfully.
        Succeeded = "SUCCEEDED",
        /// Failed.
        Failed = "FAILED",
        /// Cancelled on request.
        Cancelled = "CANCELLED",
    }
    /// State of a sync run.
    RunState {
        /// Waiting for a worker.
        Queued = "QUEUED",
        /// A worker holds it.
        Running = "RUNNING",
        /// Waiting for the vendor's API limit.
        PausedQuota = "PAUSED_QUOTA",
        /// Waiting for a user to confirm that many records are really gone.
        Suspect = "SUSPECT",
        /// A worker holds it and was asked to cancel it.
        Cancelling = "CANCELLING",
        /// Cancelled on request.
        Cancelled = "CANCELLED",
        /// Failed.
        Failed = "FAILED",
        /// Finished successfully.
        Succeeded = "SUCCEEDED",
        /// Succeeded, with findings.
        SucceededWithFindings = "SUCCEEDED_WITH_FINDINGS",
    }
    /// What started a run.
    Trigger {
        /// The profile was published.
        Publish = "PUBLISH",
        /// Its schedule.
        Schedule = "SCHEDULE",
        /// A user.
        Manual = "MANUAL",
        /// The profile was resumed.
        Resume = "RESUME",
    }
    /// State of a stage.
    StageState {
        /// Not started.
        Waiting = "WAITING",
        /// Running.
        Running = "RUNNING",
        /// Complete.
        Done = "DONE",
        /// Skipped.
        Skipped = "SKIPPED",
        /// Failed.
        Failed = "FAILED",
    }
    /// What a stream of events belongs to.
    StreamKind {
        /// A job.
        Job = "JOB",
    }
    /// Origin of a software model.
    ModelOrigin {
        /// A connector's catalogue.
        Catalogue = "CATALOGUE",
        /// A user.
        Manual = "MANUAL",
    }
    /// A role, which grants permissions.
    Role {
        /// Reads all downloaded data.
        Viewer = "VIEWER",
        /// Reads all downloaded data and the audit log.
        Auditor = "AUDITOR",
        /// Starts syncs, resolves identifiers and requests reclaims.
        User = "USER",
        /// Approves or rejects requests of users.
        Approver = "APPROVER",
        /// Connects organisations: aliases, credentials, profiles.
        Integrator = "INTEGRATOR",
        /// Does everything, including the management of tokens and roles.
        Admin = "ADMIN",
    }
    /// Kind of role holder.
    HolderKind {
        /// An API token, by its id.
        Token = "TOKEN",
        /// A user, by the `sub` claim of the identity provider.
        Person = "PERSON",
        /// A group, by its name at the identity provider.
        Group = "GROUP",
    }
    /// State of an audited operation.
    AuditOutcome {
        /// The operation started. Without a second entry its outcome is unknown: check the subject.
        Started = "BEGUN",
        /// The operation succeeded.
        Succeeded = "DONE",
        /// The operation was refused. Nothing was changed.
        Refused = "REFUSED",
        /// The operation failed with an error.
        Failed = "FAILED",
    }
    /// Who resolved an identifier to a model.
    ResolvedBy {
        /// A connector's catalogue.
        Catalogue = "CATALOGUE",
        /// A user; the catalogue never overrules it.
        Manual = "MANUAL",
    }
}

impl JobState {
    /// Says whether the job may still change.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::Waiting)
    }

    /// The states in which a job is open.
    pub const OPEN: [Self; 3] = [Self::Queued, Self::Running, Self::Waiting];
}

impl RunState {
    /// Reads the state of a run from the state and substate of its job.
    #[must_use]
    pub fn from_job(state: JobState, substate: Option<&str>) -> Self {
        if let Some(finer) = substate.and_then(Self::parse) {
            return finer;
        }
        match state {
            JobState::Queued => Self::Queued,
            JobState::Running => Self::Running,
            JobState::Waiting => Self::PausedQuota,
            JobState::Succeeded => Self::Succeeded,
            JobState::Failed => Self::Failed,
            JobState::Cancelled => Self::Cancelled,
        }
    }

    /// Returns the state of the job of a run in this state.
    #[must_use]
    pub const fn job_state(self) -> JobState {
        match self {
            Self::Queued => JobState::Queued,
            Self::Running | Self::Cancelling => JobState::Running,
            Self::PausedQuota | Self::Suspect => JobState::Waiting,
            Self::Cancelled => JobState::Cancelled,
            Self::Failed => JobState::Failed,
            Self::Succeeded | Self::SucceededWithFindings => JobState::Succeeded,
        }
    }

    /// Says whether the run may still change by itself or by a person; a profile has at most one such run.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::PausedQuota | Self::Suspect | Self::Cancelling)
    }
}
