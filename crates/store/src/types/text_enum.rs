//! Closed lists of words: states, kinds and reasons, stored as text.

use std::io::Write;

use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::{Sqlite, SqliteValue};
use seatgraph_core::{AccountKind, ActivityKind, GrantType, Process, RecordKind, Severity};
use serde::{Deserialize, Serialize};

use super::{queryable, sql::TextEnum};
use crate::jobs::Status;

/// A value of a closed list, and its word in the database.
pub(crate) trait StoredEnum: Copy + Sized + 'static {
    /// The word.
    fn as_text(self) -> &'static str;
    /// The value of that word, or `None` when there is none.
    fn from_text(text: &str) -> Option<Self>;
}

fn read<T: StoredEnum>(text: &str) -> deserialize::Result<T> {
    T::from_text(text).ok_or_else(|| format!("unknown value {text}").into())
}

macro_rules! stored_enum {
    ($($rust:ty { $($variant:ident = $text:literal),+ $(,)? })+) => {$(
        impl StoredEnum for $rust {
            fn as_text(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }

            fn from_text(text: &str) -> Option<Self> {
                match text { $($text => Some(Self::$variant),)+ _ => None }
            }
        }

        impl ToSql<TextEnum, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                out.write_all(self.as_text().as_bytes())?;
                Ok(IsNull::No)
            }
        }

        impl FromSql<TextEnum, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                read(std::str::from_utf8(value.as_bytes())?)
            }
        }

        impl ToSql<TextEnum, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(self.as_text());
                Ok(IsNull::No)
            }
        }

        impl FromSql<TextEnum, Sqlite> for $rust {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                read(value.read_text())
            }
        }
    )+};
}

macro_rules! text_enums {
    ($($(#[$doc:meta])* $name:ident { $($(#[$about:meta])* $variant:ident = $text:literal,)+ })+) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, AsExpression, FromSqlRow)]
        #[diesel(sql_type = TextEnum)]
        pub enum $name { $($(#[$about])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// Returns the word used in the database and on the wire.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                self.as_text()
            }

            /// Finds the value of that word, or `None` when there is none.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                Self::from_text(text)
            }
        }

        stored_enum!($name { $($variant = $text),+ });
    )+};
}

text_enums! {
    /// What is known of an alias's credential.
    CredentialState {
        /// None was set.
        Missing = "MISSING",
        /// There is one, and nothing is known against it.
        Ready = "READY",
        /// The vendor refused it; a person must renew it.
        ReauthRequired = "REAUTH_REQUIRED",
        /// It was taken back on purpose.
        Revoked = "REVOKED",
    }
    /// What a sealed secret is used for.
    Purpose {
        /// The application's secret.
        ClientSecret = "CLIENT_SECRET",
        /// The long-lived token of a consent.
        RefreshToken = "REFRESH_TOKEN",
        /// The key that signs for a user.
        PrivateKey = "PRIVATE_KEY",
    }
    /// Where a profile is in its life.
    ProfileState {
        /// Being set up.
        Draft = "DRAFT",
        /// Synced by its schedule.
        Published = "PUBLISHED",
        /// Stopped by a person.
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
        /// Only when told.
        Manual = "MANUAL",
    }
    /// How well a process of a profile works.
    Health {
        /// Never looked at.
        Unknown = "UNKNOWN",
        /// Nothing is missing.
        Healthy = "HEALTHY",
        /// It works and knows less.
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
        /// Done.
        Succeeded = "SUCCEEDED",
        /// Given up.
        Failed = "FAILED",
        /// Cancelled on request.
        Cancelled = "CANCELLED",
    }
    /// Where a run is in its life.
    RunState {
        /// Waiting for a worker.
        Queued = "QUEUED",
        /// A worker holds it.
        Running = "RUNNING",
        /// Waiting for the vendor's allowance.
        PausedQuota = "PAUSED_QUOTA",
        /// Waiting for a person's word that so many really vanished.
        Suspect = "SUSPECT",
        /// A worker holds it and was told to stop.
        Cancelling = "CANCELLING",
        /// Stopped on purpose.
        Cancelled = "CANCELLED",
        /// Given up.
        Failed = "FAILED",
        /// Done.
        Succeeded = "SUCCEEDED",
        /// Done, and there is something to know.
        SucceededWithFindings = "SUCCEEDED_WITH_FINDINGS",
    }
    /// What started a run.
    Trigger {
        /// The profile was published.
        Publish = "PUBLISH",
        /// Its schedule.
        Schedule = "SCHEDULE",
        /// A person.
        Manual = "MANUAL",
        /// The profile was resumed.
        Resume = "RESUME",
    }
    /// Where a stage is.
    StageState {
        /// Not begun.
        Waiting = "WAITING",
        /// Under way.
        Running = "RUNNING",
        /// Complete.
        Done = "DONE",
        /// Left out.
        Skipped = "SKIPPED",
        /// Broken off.
        Failed = "FAILED",
    }
    /// What a stream of events is about.
    StreamKind {
        /// A job.
        Job = "JOB",
    }
    /// Who made a software model.
    ModelOrigin {
        /// A connector's catalogue.
        Catalogue = "CATALOGUE",
        /// A person.
        Manual = "MANUAL",
    }
    /// What somebody may do.
    Role {
        /// Looks at everything that was downloaded.
        Viewer = "VIEWER",
        /// Looks, and reads who did what.
        Auditor = "AUDITOR",
        /// Works with licences: syncs, resolves, asks for reclaims.
        User = "USER",
        /// Says yes or no to what users ask for.
        Approver = "APPROVER",
        /// Connects organisations: aliases, credentials, profiles.
        Integrator = "INTEGRATOR",
        /// Everything, and who may do what.
        Admin = "ADMIN",
    }
    /// What sort of holder a role has.
    HolderKind {
        /// An API token, by its id.
        Token = "TOKEN",
        /// A person, by the subject that the identity provider knows it by.
        Person = "PERSON",
        /// Everybody in a group, as the identity provider names it.
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
    /// Who said what an identifier stands for.
    ResolvedBy {
        /// A connector's catalogue.
        Catalogue = "CATALOGUE",
        /// A person; the catalogue never overrules it.
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

    /// Returns the status of the job of a run in this state.
    #[must_use]
    pub fn status(self, reason: Option<&str>) -> Status {
        let status = Status::new(self.job_state(), reason);
        if self.as_str() == status.state.as_str() { status } else { status.with_substate(self.as_str()) }
    }

    /// Says whether the run may still change by itself or by a person; a profile has at most one such run.
    #[must_use]
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running | Self::PausedQuota | Self::Suspect | Self::Cancelling)
    }
}

stored_enum! {
    Process {
        DownloadSubscriptions = "DOWNLOAD_SUBSCRIPTIONS",
        PullUserActivity = "PULL_USER_ACTIVITY",
        DownloadConsumption = "DOWNLOAD_CONSUMPTION",
        ReclaimSubscription = "RECLAIM_SUBSCRIPTION",
    }
    RecordKind {
        Pool = "POOL",
        Account = "ACCOUNT",
        Subscription = "SUBSCRIPTION",
        Activity = "ACTIVITY",
        Consumption = "CONSUMPTION",
    }
    GrantType {
        AuthorizationCode = "AUTHORIZATION_CODE",
        ClientCredentials = "CLIENT_CREDENTIALS",
        JwtBearer = "JWT_BEARER",
    }
    AccountKind {
        Human = "HUMAN",
        Integration = "INTEGRATION",
        Automated = "AUTOMATED",
        Unknown = "UNKNOWN",
    }
    ActivityKind {
        Interactive = "INTERACTIVE",
        Api = "API",
        Sso = "SSO",
        Other = "OTHER",
    }
    Severity {
        Info = "INFO",
        Warning = "WARNING",
        Error = "ERROR",
    }
}

queryable!(TextEnum => Process);
queryable!(TextEnum => GrantType);
queryable!(TextEnum => AccountKind);
queryable!(TextEnum => ActivityKind);
queryable!(TextEnum => Severity);
