//! The engine of one caller: it reads what the caller sees, and runs the commands that the caller may run.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono::{DateTime, Utc};
use futures::Stream;
use seatgraph_core::{Process, Registration, Secret};
use seatgraph_store::profiles::DeletionCounts;
use seatgraph_store::{
    Alias, AliasId, ApiToken, Assignment, AssignmentId, DelegatedLink, IdentifierId, JobId, LinkId, Model, Pools,
    Profile, ProfileId, RunId, ScopedDb, Stage, SyncRun, TokenId,
};

use crate::access::{AssignRole, CommandTarget, CreateToken, Permission, Principal};
use crate::audit::{Actor, Audited, AuditedError};
use crate::progress::Follower;
use crate::refusal::Denied;
use crate::{
    Authorization, BeginAuthorization, By, CreateAlias, CreateLink, CreateProfile, CreatedLink, EffectiveProperty,
    Engine, EngineSettings, JobEvent, JwtBearer, ProgressEvent, Result, Target, UpdateAlias, UpdateProfile, Validated,
};

/// What the resolvers of one request work with. It is made for a caller and never becomes an [`Engine`].
#[derive(Debug, Clone)]
pub struct ScopedEngine {
    db: ScopedDb,
    caller: Arc<Principal>,
    unscoped: Engine,
}

/// Why a command does not run.
#[derive(Debug)]
pub enum NotPermitted {
    /// The target does not exist for the caller, or could not be looked up.
    Denied(Denied),
    /// The caller sees the target and does not hold this permission for all that the command affects.
    Missing(Permission),
}

/// The proof that a caller may run commands about a target.
#[derive(Debug)]
pub struct Permitted {
    engine: Engine,
    target: CommandTarget,
}

/// The commands, for a caller whose rights were checked.
#[derive(Debug, Clone)]
pub struct Commands(Engine);

impl ScopedEngine {
    /// Makes the engine of `caller`. Its SQL statements are counted in `statements`.
    #[must_use]
    pub fn new(engine: &Engine, pools: &Pools, caller: Arc<Principal>, statements: &Arc<AtomicU64>) -> Self {
        let db = pools.scoped(caller.visibility()).metered(Arc::clone(statements));
        Self { db, caller, unscoped: engine.metered(Arc::clone(statements)) }
    }

    /// The caller's handle of the database.
    #[must_use]
    pub const fn db(&self) -> &ScopedDb {
        &self.db
    }

    /// The caller.
    #[must_use]
    pub const fn caller(&self) -> &Arc<Principal> {
        &self.caller
    }

    /// The connectors compiled into this binary.
    #[must_use]
    pub fn connectors(&self) -> &'static [Registration] {
        self.unscoped.connectors()
    }

    /// Finds a connector by its key.
    #[must_use]
    pub fn connector(&self, key: &str) -> Option<&'static Registration> {
        self.unscoped.connector(key)
    }

    /// The settings in force.
    #[must_use]
    pub fn settings(&self) -> &EngineSettings {
        self.unscoped.settings()
    }

    /// The time, by the engine's clock.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.unscoped.now()
    }

    /// Estimates the rows per second and the end of a run; see [`Engine::rate_and_eta`].
    #[must_use]
    pub fn rate_and_eta(&self, run: &SyncRun, stages: &[Stage]) -> (Option<f64>, Option<DateTime<Utc>>) {
        self.unscoped.rate_and_eta(run, stages)
    }

    /// Lists the properties of an alias; see [`Engine::alias_properties`].
    #[must_use]
    pub fn alias_properties(&self, alias: &Alias, parent: Option<&Alias>) -> Vec<EffectiveProperty> {
        self.unscoped.alias_properties(alias, parent)
    }

    /// Streams the progress of a run that the caller sees; see [`Engine::progress`].
    pub fn progress(&self, by: By, after: Option<i64>) -> impl Stream<Item = Result<ProgressEvent>> + Send + use<> {
        Follower::new(&self.db, &self.unscoped).follow(by, after)
    }

    /// Streams the progress of a job that the caller sees; see [`Engine::job_progress`].
    pub fn job_progress(&self, job: JobId, after: Option<i64>) -> impl Stream<Item = Result<JobEvent>> + Send + use<> {
        Follower::new(&self.db, &self.unscoped).follow_job(job, after)
    }

    /// Checks that the caller may run a command about `target`.
    ///
    /// # Errors
    /// A target that the caller does not see is refused like one that does not exist.
    pub async fn permit(&self, permission: Permission, target: CommandTarget) -> Result<Permitted, NotPermitted> {
        let affected = self.unscoped.affected_profiles(&self.db, target).await.map_err(NotPermitted::Denied)?;
        if !self.caller.may_affect(permission, &affected) {
            return Err(NotPermitted::Missing(permission));
        }
        Ok(Permitted { engine: self.unscoped.clone(), target })
    }
}

impl Permitted {
    /// The commands that may run now.
    #[must_use]
    pub fn commands(&self) -> Commands {
        Commands(self.engine.clone())
    }

    /// Runs a command between its two audit records; see [`Engine::audited`].
    ///
    /// # Errors
    /// As there.
    pub async fn audited<T: Audited, E: AuditedError>(
        &self,
        actor: &Actor,
        action: &str,
        command: impl Future<Output = Result<T, E>>,
    ) -> Result<T, E> {
        self.engine.audited(actor, action, self.target, command).await
    }
}

/// Forwards each command to the engine, and nothing else.
macro_rules! commands {
    ($($name:ident($($argument:ident: $type:ty),*) -> $result:ty;)+) => {
        impl Commands {$(
            #[doc = concat!("See [`Engine::", stringify!($name), "`].")]
            ///
            /// # Errors
            /// As there.
            pub async fn $name(&self, $($argument: $type),*) -> Result<$result, Denied> {
                self.0.$name($($argument),*).await
            }
        )+}
    };
}

commands! {
    assign_role(by: &Principal, input: AssignRole) -> Assignment;
    begin_authorization(input: BeginAuthorization) -> Authorization;
    cancel_sync(run: RunId) -> SyncRun;
    confirm_suspect_sync(run: RunId) -> SyncRun;
    create_alias(input: CreateAlias) -> Alias;
    create_delegated_link(input: CreateLink) -> CreatedLink;
    create_profile(input: CreateProfile) -> Profile;
    create_token(by: &Principal, input: CreateToken) -> (ApiToken, Secret);
    delete_alias(id: AliasId) -> ();
    delete_profile(id: ProfileId) -> DeletionCounts;
    disconnect_alias(id: AliasId) -> Alias;
    pause_profile(id: ProfileId) -> Profile;
    publish_profile(id: ProfileId) -> (Profile, SyncRun);
    remove_role(id: AssignmentId) -> Assignment;
    resolve_identifiers(ids: Vec<IdentifierId>, target: Target) -> (Model, i64);
    resume_profile(id: ProfileId) -> Profile;
    revoke_delegated_link(id: LinkId) -> DelegatedLink;
    revoke_token(id: TokenId) -> ApiToken;
    set_client_credentials(id: AliasId, client_id: String, secret: Secret) -> Alias;
    set_jwt_bearer(given: JwtBearer) -> Alias;
    start_sync(profile: ProfileId, processes: Option<Vec<Process>>, key: Option<String>) -> SyncRun;
    update_alias(input: UpdateAlias) -> Alias;
    update_profile(input: UpdateProfile) -> Profile;
    validate_profile(id: ProfileId) -> Validated;
}
