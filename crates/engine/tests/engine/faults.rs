//! Runs with faults: each ends in its documented state, and the next run recovers.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chrono::TimeDelta;
use connector_testkit::Fault;
use connector_testkit::memory::{MemoryOrg, Shape};
use seatgraph_core::{Connector, Next, Page, Process, RecordKind};
use seatgraph_engine::EngineSettings;
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    Claim, CredentialState, Health, PageCommit, ProfileState, RunState, aliases, each_backend, jobs, profiles, runs,
    sync,
};

use crate::harness::{Harness, claim, settings};
use crate::vendor::{Vendor, VendorFault};

/// The kinds that the download of subscriptions delivers completely.
const SNAPSHOT: [RecordKind; 3] = [RecordKind::Pool, RecordKind::Account, RecordKind::Subscription];

async fn commit(harness: &Harness, claim: &Claim, ordinal: i32, page: Page, process: Process) {
    let commit = PageCommit {
        run: claim.run.id,
        profile: claim.run.profile_id,
        connector: "memory",
        fence: claim.fence,
        ordinal,
        batch: &page.batch,
        next: page.next,
        rows: page.rows,
        total: page.total,
        findings: &[],
        rejected: &[],
        snapshot_of: if process == Process::DownloadSubscriptions { &SNAPSHOT } else { &[] },
        api_calls: 1,
        allowance: None,
        lease: Duration::from_secs(10),
        recognize: &|_| None,
    };
    sync::commit_page(&harness.db, commit).await.unwrap();
}

async fn with_fault(db: TestDatabase, fault: Fault, expected: RunState) -> (Harness, Vec<String>) {
    let mut harness = Harness::build(db).await;
    let organisation = MemoryOrg::create(Shape { users: 25, page_size: 4 });
    let (profile, run) = harness.memory(&organisation).await;
    organisation.set_fault(fault);
    harness.start_worker();
    let run = harness.until(run.id, expected).await;
    let codes = harness.findings(run.id).await;
    organisation.set_fault(Fault::None);
    if expected == RunState::Failed {
        assert_eq!(run.counts.accounts_retired, 0);
    }
    if profiles::find(&harness.db, profile.id).await.unwrap().unwrap().state == ProfileState::ReauthRequired {
        harness.engine.resume_profile(profile.id).await.unwrap();
    } else {
        harness.sync(profile.id).await;
    }
    let next = runs::open_of(&harness.db, profile.id).await.unwrap();
    if let Some(next) = next {
        harness.until(next.id, RunState::Succeeded).await;
    }
    (harness, codes)
}

each_backend! {
    async fn a_vendor_that_is_away_for_a_while_costs_attempts_and_no_data(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::Unavailable { calls: 5 }, RunState::Succeeded).await;
        assert_eq!(codes, [""; 0]);
    }

    async fn a_vendor_that_stays_away_fails_the_run(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::Unavailable { calls: 10_000 }, RunState::Failed).await;
        assert_eq!(codes, ["UNAVAILABLE"]);
    }

    async fn a_broken_answer_is_asked_for_again(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::DroppedBody, RunState::Succeeded).await;
        assert_eq!(codes, [""; 0]);
    }

    async fn nonsense_fails_the_run_and_says_so(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::Nonsense, RunState::Failed).await;
        assert_eq!(codes, ["MALFORMED"]);
    }

    async fn a_withdrawn_permission_fails_the_run(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::Forbidden, RunState::Failed).await;
        assert_eq!(codes, ["FORBIDDEN"]);
    }

    async fn a_refused_credential_asks_for_a_new_one(db: TestDatabase) {
        let (_, codes) = with_fault(db, Fault::CredentialRefused, RunState::Failed).await;
        assert_eq!(codes, ["UNAUTHENTICATED"]);
    }

    async fn a_forgotten_position_starts_the_process_over(db: TestDatabase) {
        let (harness, codes) = with_fault(db, Fault::ForgottenPosition, RunState::Succeeded).await;
        assert_eq!(codes, [""; 0]);
        drop(harness);
    }

    async fn a_vendor_that_always_forgets_fails_the_run(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        vendor.set_fault(VendorFault::Forgetful);
        assert_eq!(harness.run_until_failed(run.id).await, ["CURSOR_EXPIRED"]);
    }

    async fn a_refused_grant_marks_alias_and_profile(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        vendor.set_fault(VendorFault::GrantRefused);
        vendor.end_sessions();
        harness.start_worker();
        harness.until(run.id, RunState::Failed).await;
        let alias = profile.alias_id.unwrap();
        let waiting = profiles::find(&harness.db, profile.id).await.unwrap().unwrap();
        assert_eq!(waiting.state, ProfileState::ReauthRequired);
        let marked = aliases::find(&harness.db, alias).await.unwrap().unwrap();
        assert_eq!(marked.credential_state, CredentialState::ReauthRequired);
        vendor.set_fault(VendorFault::None);
        let secret = seatgraph_core::Secret::new("right");
        harness.engine.set_client_credentials(alias, "client".into(), secret).await.unwrap();
        harness.engine.resume_profile(profile.id).await.unwrap();
        let run = runs::last_of(&harness.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        harness.until(run.id, RunState::Succeeded).await;
    }

    async fn a_token_that_sends_us_elsewhere_is_not_used(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        let before = vendor.calls.load(Ordering::SeqCst);
        vendor.set_fault(VendorFault::Misleading);
        vendor.end_sessions();
        assert_eq!(harness.run_until_failed(run.id).await, ["TOKEN_ADDRESS_FOREIGN"]);
        assert_eq!(vendor.calls.load(Ordering::SeqCst), before);
    }

    async fn one_grant_serves_everybody_who_comes_together(db: TestDatabase) {
        let (mut harness, vendor) = (Harness::build(db).await, Vendor::open(50).await);
        let profile = harness.tiny_draft(&vendor).await;
        let validate = || harness.engine.validate_profile(profile.id);
        let (a, b, c) = tokio::join!(validate(), validate(), validate());
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(vendor.grants.load(Ordering::SeqCst), 1);
        let (_, run) = harness.engine.publish_profile(profile.id).await.unwrap();
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(vendor.grants.load(Ordering::SeqCst), 1, "the run uses the same token");
    }

    async fn a_session_that_ends_is_renewed_once(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        let gate = harness.run_pages(&vendor, run.id, 2).await;
        let before = vendor.grants.load(Ordering::SeqCst);
        vendor.end_sessions();
        gate.add_permits(1_000);
        harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(vendor.grants.load(Ordering::SeqCst), before + 1_000 + 1);
    }

    async fn the_daily_limit_pauses_a_run_until_its_time(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        vendor.set_fault(VendorFault::QuotaSpent);
        harness.start_worker();
        let paused = harness.until(run.id, RunState::PausedQuota).await;
        assert_eq!(paused.job.attempt, 0);
        let wait = paused.job.available_at.unwrap() - harness.db.now().await.unwrap();
        assert!(wait > TimeDelta::minutes(55) && wait <= TimeDelta::hours(1), "{wait}");
        vendor.set_fault(VendorFault::None);
        harness.db.shift_clock(TimeDelta::hours(1));
        harness.until(run.id, RunState::Succeeded).await;
    }

    async fn four_fifths_of_the_allowance_are_left_alone(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        vendor.allow(Some((800, 1_000)));
        harness.start_worker();
        let paused = harness.until(run.id, RunState::PausedQuota).await;
        assert_eq!(paused.counts.accounts_seen, 10);
        assert!(paused.job.reason.unwrap().contains("800 of its 1000 calls"));
        vendor.allow(Some((10, 1_000)));
        harness.db.shift_clock(TimeDelta::hours(1));
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(run.counts.accounts_added, 50);
    }

    async fn a_stuck_connector_fails_instead_of_going_round(db: TestDatabase) {
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, settings()).await;
        vendor.set_fault(VendorFault::Stuck);
        assert_eq!(harness.run_until_failed(run.id).await, ["CURSOR_STUCK"]);
    }

    async fn a_panic_is_tried_again_and_then_given_up(db: TestDatabase) {
        let patient = EngineSettings { max_attempts: 3, backoff: Duration::from_millis(1), ..settings() };
        let (mut harness, vendor, _, run) = Harness::with_tiny(db, patient).await;
        vendor.set_fault(VendorFault::Panic);
        harness.start_worker();
        let failed = harness.until(run.id, RunState::Failed).await;
        assert_eq!(failed.job.attempt, 3);
        assert_eq!(harness.findings(run.id).await, ["UNEXPECTED"]);
    }

    async fn a_run_that_ended_every_process_that_tried_it_is_given_up(db: TestDatabase) {
        let patient = EngineSettings { max_attempts: 2, ..settings() };
        let (mut harness, _vendor, _, run) = Harness::with_tiny(db, patient).await;
        for _ in 0..2 {
            claim(&harness.db).await;
            jobs::requeue_all(&harness.db).await.unwrap();
        }
        assert_eq!(harness.run_until_failed(run.id).await, ["ATTEMPTS_SPENT"]);
    }

    async fn a_crash_between_retiring_and_ending_retires_nobody_twice(db: TestDatabase) {
        let mut harness = Harness::build(db).await;
        let organisation = MemoryOrg::create(Shape { users: 25, page_size: 4 });
        let (profile, run) = harness.memory(&organisation).await;
        let claim = claim(&harness.db).await;
        let link = organisation.connector();
        for stage in &claim.stages {
            let Some(process) = stage.process else { continue };
            let mut from = None;
            loop {
                let page = link.pull(process, from.as_ref()).await.unwrap();
                let more = match &page.next {
                    Next::More(position) => Some(position.clone()),
                    Next::Done(_) => None,
                };
                commit(&harness, &claim, stage.ordinal, page, process).await;
                if more.is_none() {
                    break;
                }
                from = more;
            }
        }
        let finish = claim.stages.last().unwrap().ordinal;
        sync::retire(&harness.db, run.id, profile.id, claim.fence, finish, &SNAPSHOT).await.unwrap();
        harness.db.shift_clock(TimeDelta::seconds(11));
        harness.start_worker();
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!((run.counts.accounts_retired, run.counts.subscriptions_retired), (0, 0));
    }

    async fn a_process_that_can_be_done_without_fails_alone(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        vendor.set_fault(VendorFault::ActivityForbidden);
        harness.start_worker();
        harness.until(run.id, RunState::SucceededWithFindings).await;
        let rows = profiles::processes(&harness.db, &[profile.id]).await.unwrap().remove(&profile.id).unwrap();
        let health: Vec<_> = rows.iter().filter(|row| row.enabled).map(|row| row.health).collect();
        assert_eq!(health, [Health::Healthy, Health::Broken]);
    }

    async fn a_snapshot_short_of_its_count_retires_nobody(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        vendor.rows.store(45, Ordering::SeqCst);
        vendor.set_fault(VendorFault::Overcounted);
        let run = harness.sync(profile.id).await;
        let run = harness.until(run.id, RunState::SucceededWithFindings).await;
        assert_eq!(harness.findings(run.id).await, ["INCOMPLETE_SNAPSHOT"]);
        assert_eq!(run.counts.accounts_retired, 0);
        vendor.set_fault(VendorFault::None);
        let run = harness.sync(profile.id).await;
        let run = harness.until(run.id, RunState::Succeeded).await;
        assert_eq!(run.counts.accounts_retired, 5);
    }

    async fn too_many_rows_that_are_not_understood_retire_nobody(db: TestDatabase) {
        let (mut harness, vendor, profile, run) = Harness::with_tiny(db, settings()).await;
        harness.start_worker();
        harness.until(run.id, RunState::Succeeded).await;
        vendor.rows.store(45, Ordering::SeqCst);
        vendor.set_fault(VendorFault::Garbled);
        let run = harness.sync(profile.id).await;
        let run = harness.until(run.id, RunState::SucceededWithFindings).await;
        assert_eq!(harness.findings(run.id).await, ["TOO_MANY_ROWS_REJECTED"]);
        assert_eq!(run.counts.accounts_retired, 0);
    }
}
