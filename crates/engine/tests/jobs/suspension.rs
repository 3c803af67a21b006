//! A process that is suspended past its lease does nothing outside the store when it wakes.
//!
//! The process under test is this test binary again, running the ignored test `child`.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use seatgraph_engine::jobs::{JobContext, JobKind, JobOutcome, Kinds, LeaseClass};
use seatgraph_engine::{EngineSettings, Worker};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{ClaimableKind, DatabaseSettings, JobState, Pools, Status, each_backend, jobs};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::harness::{engine, enqueue, settings};

const DATABASE: &str = "SEATGRAPH_TEST_JOBS_DATABASE";
const EFFECTS: &str = "SEATGRAPH_TEST_JOBS_EFFECTS";
const PERMIT: &str = "SEATGRAPH_TEST_JOBS_PERMIT";

/// Whether the kind asks for a permit before its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    Permit,
    None,
}

/// Whether the process is suspended before its effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Course {
    Suspended,
    Undisturbed,
}

fn short_leases() -> EngineSettings {
    EngineSettings {
        write_lease: Duration::from_secs(3),
        write_trust: Duration::from_secs(2),
        request_timeout: Duration::from_millis(500),
        heartbeat: Duration::from_millis(200),
        ..settings()
    }
}

/// Writes a line to a file, which stands for a request to a vendor: nothing takes it back.
struct Paying {
    effects: PathBuf,
    guard: Guard,
    done: CancellationToken,
}

impl JobKind for Paying {
    const NAME: &'static str = "pay";
    const LEASE: LeaseClass = LeaseClass::Write;
    type Payload = ();

    async fn run(&self, job: &mut JobContext, (): ()) -> JobOutcome {
        println!("ready");
        // The process stands still here, as it does when it is suspended between two instructions.
        std::io::stdin().read_line(&mut String::new()).unwrap();
        self.done.cancel();
        if self.guard == Guard::Permit && job.ensure_trusted().is_err() {
            return JobOutcome::Lost;
        }
        append(&self.effects, "child");
        JobOutcome::Succeeded
    }
}

fn append(effects: &Path, line: &str) {
    let mut file = OpenOptions::new().create(true).append(true).open(effects).unwrap();
    writeln!(file, "{line}").unwrap();
}

/// Carries jobs out if this process is the child of a test below.
pub(crate) fn ran_as_child() -> bool {
    let Ok(database) = std::env::var(DATABASE) else { return false };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(child(&database));
    true
}

async fn child(database: &str) {
    let variable = |name: &str| std::env::var(name).unwrap_or_else(|_| panic!("{name} is set by the parent"));
    let db = Pools::connect(&DatabaseSettings::new(database)).await.unwrap().unscoped();
    let done = CancellationToken::new();
    let guard = if variable(PERMIT) == "yes" { Guard::Permit } else { Guard::None };
    let paying = Paying { effects: variable(EFFECTS).into(), guard, done: done.clone() };
    let worker = Worker::with_kinds(engine(&db, short_leases()).await, Kinds::default().with(paying));
    worker.run(done).await;
}

fn spawn(db: &TestDatabase, effects: &Path, guard: Guard) -> Child {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env(DATABASE, db.url()).env(EFFECTS, effects);
    command.env(PERMIT, if guard == Guard::Permit { "yes" } else { "no" });
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap()
}

/// Takes the job over once its lease expired, and carries it out.
async fn take_over(db: &TestDatabase, effects: &Path) {
    let mut changes = db.notifier().subscribe();
    while jobs::reclaim_expired_leases(db, settings().max_attempts).await.unwrap().is_empty() {
        tokio::time::timeout(Duration::from_millis(50), changes.recv()).await.ok();
    }
    let kind = ClaimableKind { name: Paying::NAME, versions: 1..=1, lease: settings().lease };
    let job = jobs::claim(db, Uuid::new_v4(), &[kind]).await.unwrap().unwrap();
    append(effects, "other");
    jobs::finish(db, job.id, job.fence, Status::new(JobState::Succeeded, None)).await.unwrap();
}

/// Lets a process carry a job out, and returns who had an effect.
async fn effects(db: &TestDatabase, guard: Guard, course: Course) -> Vec<String> {
    let folder = TempDir::new().unwrap();
    let effects = folder.path().join("effects");
    enqueue(db, &Paying::job(&())).await;
    let mut child = spawn(db, &effects, guard);
    let mut output = BufReader::new(child.stdout.take().unwrap()).lines();
    while !output.next_line().await.unwrap().expect("the child says that it is ready").ends_with("ready") {}
    let pid = Pid::from_raw(i32::try_from(child.id().unwrap()).unwrap()).unwrap();
    if course == Course::Suspended {
        kill_process(pid, Signal::STOP).unwrap();
        take_over(db, &effects).await;
    }
    child.stdin.take().unwrap().write_all(b"go\n").await.unwrap();
    kill_process(pid, Signal::CONT).unwrap();
    while output.next_line().await.unwrap().is_some() {}
    assert!(child.wait().await.unwrap().success());
    let written = std::fs::read_to_string(&effects).unwrap_or_default();
    written.lines().map(str::to_owned).collect()
}

each_backend! {
    async fn a_write_job_suspended_past_its_lease_does_nothing_when_it_wakes(db: TestDatabase) {
        assert_eq!(effects(&db, Guard::Permit, Course::Suspended).await, ["other"]);
    }

    async fn without_the_permit_it_would_do_it_a_second_time(db: TestDatabase) {
        assert_eq!(effects(&db, Guard::None, Course::Suspended).await, ["other", "child"]);
    }

    async fn a_write_job_whose_lease_is_trusted_does_its_work(db: TestDatabase) {
        assert_eq!(effects(&db, Guard::Permit, Course::Undisturbed).await, ["child"]);
    }
}
