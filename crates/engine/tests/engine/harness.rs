//! An engine on a real database, with workers, and waiting without sleeps.

use std::sync::Arc;
use std::time::Duration;

use connector_testkit::memory::{self, MemoryOrg, Shape};
use futures::StreamExt;
use seatgraph_core::{ManualClock, Registration, Secret};
use seatgraph_engine::{
    By, CreateAlias, CreateProfile, Denied, Engine, EngineSettings, Refusal, RefusalCode, ScheduleInput, Worker,
};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    Alias, Claim, ClaimableKind, Db, Event, Profile, ProfileId, RunId, RunState, ScheduleEvery, Sealer, StoredFinding,
    SyncRun, findings, jobs, runs,
};
use serde_json::{Map, Value};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::vendor::{Tiny, Vendor};

static CONNECTORS: [Registration; 2] = [memory::REGISTRATION, Registration::of::<Tiny>()];

pub(crate) struct Harness {
    pub(crate) db: TestDatabase,
    pub(crate) engine: Engine,
    workers: Vec<(CancellationToken, AbortOnDropHandle<()>)>,
}

pub(crate) fn settings() -> EngineSettings {
    EngineSettings {
        lease: Duration::from_secs(10),
        heartbeat: Duration::from_millis(50),
        sweep_every: Duration::from_millis(100),
        poll_every: Duration::from_millis(50),
        backoff: Duration::from_millis(5),
        backoff_limit: Duration::from_millis(20),
        request_retries: 1,
        retry_delay: Duration::from_millis(1),
        pages_per_second: 10_000,
        schedule_jitter: Duration::ZERO,
        loopback_vendors: true,
        ..EngineSettings::default()
    }
}

pub(crate) fn sealer() -> Sealer {
    Sealer::from_key(&[7; 32])
}

impl Harness {
    pub(crate) async fn build(db: TestDatabase) -> Self {
        Self::with(db, settings()).await
    }

    pub(crate) async fn with(db: TestDatabase, settings: EngineSettings) -> Self {
        let clock = Arc::new(ManualClock::at(db.now().await.unwrap()));
        let engine = Engine::new((*db).clone(), &CONNECTORS, sealer(), clock, settings);
        Self { db, engine, workers: Vec::new() }
    }

    /// Starts a worker.
    pub(crate) fn start_worker(&mut self) {
        let cancel = CancellationToken::new();
        let work = Worker::new(self.engine.clone()).run(cancel.clone());
        self.workers.push((cancel, AbortOnDropHandle::new(tokio::spawn(work))));
    }

    /// Stops every worker after its current work.
    pub(crate) async fn stop_workers(&mut self) {
        for (cancel, worker) in self.workers.drain(..) {
            cancel.cancel();
            worker.await.unwrap();
        }
    }

    /// Aborts every worker, as a crash does.
    pub(crate) fn kill(&mut self) {
        self.workers.clear();
    }

    pub(crate) async fn alias(&self, connector: &str, name: &str, url: Option<&str>) -> Alias {
        self.engine.create_alias(new_alias(connector, name, url)).await.unwrap()
    }

    pub(crate) async fn profile(&self, name: &str, alias: &Alias) -> Profile {
        self.engine.create_profile(new_profile(name, alias)).await.unwrap()
    }

    /// Publishes a profile of Memory.
    pub(crate) async fn memory(&self, organisation: &Arc<MemoryOrg>) -> (Profile, SyncRun) {
        let config = organisation.config();
        let alias = self.alias("memory", "memory", config["instanceUrl"].as_str()).await;
        let profile = self.profile("memory", &alias).await;
        self.engine.publish_profile(profile.id).await.unwrap()
    }

    /// Makes an alias of Tiny with the right secret, and a draft on it.
    pub(crate) async fn tiny_draft(&self, vendor: &Vendor) -> Profile {
        let alias = self.alias("tiny", "tiny", Some(&vendor.url)).await;
        let secret = Secret::new("right");
        let alias = self.engine.set_client_credentials(alias.id, "client".to_owned(), secret).await.unwrap();
        self.profile("tiny", &alias).await
    }

    /// Publishes a profile of Tiny.
    pub(crate) async fn tiny(&self, vendor: &Vendor) -> (Profile, SyncRun) {
        let profile = self.tiny_draft(vendor).await;
        self.engine.publish_profile(profile.id).await.unwrap()
    }

    /// A harness with a vendor of 50 rows, and a published profile of it.
    pub(crate) async fn with_tiny(db: TestDatabase, settings: EngineSettings) -> (Self, Arc<Vendor>, Profile, SyncRun) {
        let (harness, vendor) = (Self::with(db, settings).await, Vendor::open(50).await);
        let (profile, run) = harness.tiny(&vendor).await;
        (harness, vendor, profile, run)
    }

    /// A harness with a worker, an in-memory organisation, and a profile of it after its first sync.
    pub(crate) async fn synced_memory(db: TestDatabase, users: u32, page_size: u32) -> (Self, Arc<MemoryOrg>, Profile) {
        let mut harness = Self::build(db).await;
        let organisation = MemoryOrg::create(Shape { users, page_size });
        let (profile, run) = harness.memory(&organisation).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        (harness, organisation, profile)
    }

    /// Starts a worker, and waits until the run has read that many pages of ten accounts. Further pages need permits.
    pub(crate) async fn run_pages(&mut self, vendor: &Vendor, run: RunId, pages: usize) -> Arc<Semaphore> {
        let gate = vendor.gate();
        self.start_worker();
        gate.add_permits(pages);
        let accounts = i64::try_from(pages * 10).unwrap();
        self.until_matches(run, "paused between pages", |run| run.counts.accounts_seen == accounts).await;
        gate
    }

    /// Starts a worker, waits until the run has failed, and returns the codes of its findings.
    pub(crate) async fn run_until_failed(&mut self, run: RunId) -> Vec<String> {
        self.start_worker();
        self.until(run, RunState::Failed).await;
        self.findings(run).await
    }

    /// Waits until the run is in the state, or fails when it ends in another one.
    pub(crate) async fn until(&self, run: RunId, state: RunState) -> SyncRun {
        self.until_matches(run, state.as_str(), |run| run.state() == state).await
    }

    /// Waits until the run matches, or fails when it ends without.
    pub(crate) async fn until_matches(&self, run: RunId, wanted: &str, is: impl Fn(&SyncRun) -> bool) -> SyncRun {
        let waiting = async {
            let mut progress = std::pin::pin!(self.engine.progress(By::Run(run), Some(0)));
            while let Some(event) = progress.next().await {
                event.unwrap();
                let found = runs::find(&self.db, run).await.unwrap().unwrap();
                if is(&found) {
                    return found;
                }
            }
            let found = runs::find(&self.db, run).await.unwrap().unwrap();
            assert!(is(&found), "run ended as {:?} ({:?}), not as {wanted}", found.state(), found.job.reason);
            found
        };
        tokio::time::timeout(Duration::from_secs(60), waiting).await.unwrap_or_else(|_| panic!("never {wanted}"))
    }

    /// Waits until the profile has another run than that one.
    pub(crate) async fn run_after(&self, profile: ProfileId, before: RunId) -> SyncRun {
        for _ in 0..600 {
            let last = runs::last_of(&self.db, &[profile]).await.unwrap().remove(&profile);
            match last {
                Some(run) if run.id != before => return run,
                _ => self.wait_for_change().await,
            }
        }
        panic!("no other run was made");
    }

    /// Waits briefly for a change of any job.
    async fn wait_for_change(&self) {
        let mut changes = self.db.notifier().subscribe();
        tokio::time::timeout(Duration::from_millis(50), changes.recv()).await.ok();
    }

    /// Reads a stream to its end, or its first `most` events.
    pub(crate) async fn events(&self, by: By, after: Option<i64>, most: usize) -> Vec<Event> {
        let progress = self.engine.progress(by, after).take(most);
        progress.map(|event| event.unwrap().event).collect().await
    }

    pub(crate) async fn findings(&self, run: RunId) -> Vec<String> {
        let found = findings::of_runs(&self.db, &[run]).await.unwrap();
        let mut codes: Vec<_> =
            found.into_values().flatten().map(|stored: StoredFinding| stored.finding.code).collect();
        codes.sort();
        codes.dedup();
        codes
    }

    pub(crate) async fn sync(&self, profile: ProfileId) -> SyncRun {
        self.engine.start_sync(profile, None, None).await.unwrap()
    }
}

/// Claims the sync that is due first, for a worker that does nothing with it.
pub(crate) async fn claim(db: &Db) -> Claim {
    let syncs = ClaimableKind { name: runs::KIND, versions: 1..=1, lease: settings().lease };
    let job = jobs::claim(db, uuid::Uuid::new_v4(), &[syncs]).await.unwrap().unwrap();
    runs::claimed(db, &job).await.unwrap()
}

pub(crate) fn new_alias(connector: &str, name: &str, url: Option<&str>) -> CreateAlias {
    CreateAlias {
        connector: connector.to_owned(),
        name: name.to_owned(),
        parent_id: None,
        instance_url: url.map(str::to_owned),
        properties: Map::new(),
    }
}

pub(crate) fn new_profile(name: &str, alias: &Alias) -> CreateProfile {
    let schedule = Some(ScheduleInput { every: ScheduleEvery::Manual, at: None, time_zone: None });
    CreateProfile { name: name.to_owned(), alias_id: alias.id, processes: Vec::new(), schedule }
}

pub(crate) fn properties(json: Value) -> Map<String, Value> {
    json.as_object().unwrap().clone()
}

/// The one refusal of a command that was refused.
#[track_caller]
pub(crate) fn refusal<T: std::fmt::Debug>(result: Result<T, Denied>) -> Refusal {
    match result {
        Err(Denied::Refused(mut refusals)) if refusals.len() == 1 => refusals.remove(0),
        other => panic!("not one refusal: {other:?}"),
    }
}

#[track_caller]
pub(crate) fn code<T: std::fmt::Debug>(result: Result<T, Denied>) -> RefusalCode {
    refusal(result).code
}
