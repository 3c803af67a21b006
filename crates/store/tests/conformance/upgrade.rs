//! A database of the version before jobs: its runs, events and keys survive the migration and go on.

use chrono::{DateTime, Utc};
use seatgraph_core::{Next, Process};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    Backend, Enqueued, EventBody, JobState, NewRun, Profile, RunId, RunState, StageState, each_backend, events,
    findings, jobs, profiles, runs,
};
use uuid::Uuid;

use crate::harness::{claimed, commit, noon, profile, run_of, users, working};
use crate::sync::state;

/// The last migration before jobs.
const BEFORE: &str = "2026-11-26-000007_organization_checked";

/// How the two databases write what SQL has no common form for.
struct Sql(Backend);

impl Sql {
    fn id(&self, id: Uuid) -> String {
        match self.0 {
            Backend::Postgres => format!("'{id}'"),
            Backend::Sqlite => format!("x'{}'", id.simple()),
        }
    }

    fn time(&self, at: DateTime<Utc>) -> String {
        match self.0 {
            Backend::Postgres => format!("'{}'", at.to_rfc3339()),
            Backend::Sqlite => at.timestamp_micros().to_string(),
        }
    }
}

/// A run as the version before wrote it, with a stage, a finding, a record that it saw and its events.
async fn insert(db: &TestDatabase, profile: &Profile, state: RunState, number: i64) -> RunId {
    let sql = Sql(db.backend());
    let run = RunId::generate();
    let (id, owner) = (sql.id(run.as_uuid()), sql.id(profile.id.as_uuid()));
    let (at, later) = (sql.time(noon(number)), sql.time(noon(number + 1)));
    let held = matches!(state, RunState::Running | RunState::Cancelling);
    let (leased_by, leased_until) = if held { (sql.id(Uuid::nil()), at.as_str()) } else { ("NULL".into(), "NULL") };
    let finished = if state.is_open() { "NULL" } else { &later };
    let word = state.as_str();
    let processes = r#"["DOWNLOAD_SUBSCRIPTIONS","PULL_USER_ACTIVITY"]"#;
    let statements = [
        format!(
            "INSERT INTO sync_runs (id, profile_id, state, reason, trigger, processes, idempotency_key, \
             suspect_confirmed, available_at, attempt, fence, lease_owner, leased_until, last_sequence, api_calls, \
             accounts_seen, accounts_added, accounts_changed, accounts_retired, subscriptions_seen, \
             subscriptions_added, subscriptions_changed, subscriptions_retired, rejected, queued_at, started_at, \
             finished_at) VALUES ({id}, {owner}, '{word}', 'because', 'MANUAL', '{processes}', 'key', false, {at}, 2, \
             5, {leased_by}, {leased_until}, 3, 7, 1, 2, 3, 4, 5, 6, 7, 8, 9, {at}, {at}, {finished})"
        ),
        format!(
            "INSERT INTO sync_stages (run_id, ordinal, name, process, state, done, cursor) VALUES \
             ({id}, 0, 'Subscriptions', 'DOWNLOAD_SUBSCRIPTIONS', 'RUNNING', 10, '\"005B\"')"
        ),
        format!("INSERT INTO sync_seen (run_id, kind, record_id) VALUES ({id}, 'ACCOUNT', {id})"),
        format!(
            "INSERT INTO sync_rejections (id, run_id, process, code, message) VALUES \
             ({id}, {id}, 'DOWNLOAD_SUBSCRIPTIONS', 'MALFORMED', 'Id is missing')"
        ),
        format!(
            "INSERT INTO findings (id, profile_id, run_id, code, severity, message, remedy, at) VALUES \
             ({id}, {owner}, {id}, 'FIELD_HIDDEN', 'WARNING', 'A field is hidden.', 'Show it.', {at})"
        ),
        format!(
            "INSERT INTO events (stream_kind, stream_id, sequence, at, body) VALUES \
             ('SYNC_RUN', {id}, 1, {at}, '{{\"type\":\"runState\",\"state\":\"QUEUED\",\"reason\":null}}'), \
             ('SYNC_RUN', {id}, 2, {at}, '{{\"type\":\"finding\",\"finding\":{{\"code\":\"FIELD_HIDDEN\",\
             \"severity\":\"WARNING\",\"process\":null,\"message\":\"A field is hidden.\",\"seen\":null,\
             \"remedy\":\"Show it.\",\"docs_url\":null}}}}'), \
             ('SYNC_RUN', {id}, 3, {at}, '{{\"type\":\"runState\",\"state\":\"{word}\",\"reason\":\"because\"}}')"
        ),
    ];
    for statement in statements {
        db.execute(&statement).await.unwrap();
    }
    run
}

/// Makes the database one of the version before, with a run in every state, each of a profile of its own.
async fn database_of_before(db: &TestDatabase) -> Vec<(Profile, RunId, RunState)> {
    db.pools().revert_migrations().await.unwrap();
    db.pools().migrate_up_to(BEFORE).await.unwrap();
    let mut runs = Vec::new();
    for (number, &state) in (0..).zip(RunState::ALL) {
        let profile = profile(db, state.as_str()).await;
        let run = insert(db, &profile, state, number).await;
        runs.push((profile, run, state));
    }
    runs
}

each_backend! {
    async fn runs_keep_state_keys_counts_and_children(db: TestDatabase) {
        let before = database_of_before(&db).await;
        db.pools().migrate().await.unwrap();
        assert_eq!(before.len(), 9);
        for (profile, id, state) in before {
            let run = runs::find(&db, id).await.unwrap().unwrap();
            assert_eq!((run.state(), run.job.state), (state, state.job_state()));
            assert_eq!((run.profile_id, run.job.profile_id), (profile.id, Some(profile.id)));
            assert_eq!((run.job.reason.as_deref(), run.job.idempotency_key.as_deref()), (Some("because"), Some("key")));
            assert_eq!((run.job.attempt, run.job.fence, run.api_calls, run.counts.rejected), (2, 5, 7, 9));
            assert_eq!(run.job.available_at.is_none(), state == RunState::Suspect);
            assert_eq!(run.job.is_cancelling(), state == RunState::Cancelling);
            assert_eq!(run.job.finished_at.is_some(), !state.is_open());
            let open = runs::open_of(&db, profile.id).await.unwrap();
            assert_eq!(open.map(|run| run.id), state.is_open().then_some(id));
            assert_eq!(runs::last_of(&db, &[profile.id]).await.unwrap()[&profile.id].id, id);
            let stages = runs::stages(&db, &[id]).await.unwrap();
            assert_eq!((stages[&id][0].state, stages[&id][0].done), (StageState::Running, 10));
            let found = findings::of_runs(&db, &[id]).await.unwrap();
            assert_eq!(found[&id][0].finding.code, "FIELD_HIDDEN");
        }
        for table in ["sync_seen", "sync_rejections"] {
            assert_eq!(db.execute(&format!("DELETE FROM {table}")).await.unwrap(), 9, "{table}");
        }
    }

    async fn events_read_as_they_were_written(db: TestDatabase) {
        let before = database_of_before(&db).await;
        db.pools().migrate().await.unwrap();
        for (_, id, state) in before {
            let found = events::of_job(&db, id.into(), 0, 10).await.unwrap();
            assert_eq!(found.iter().map(|event| event.sequence).collect::<Vec<_>>(), [1, 2, 3]);
            assert_eq!(found[0].body, EventBody::State(RunState::Queued.status(None)));
            assert!(matches!(&found[1].body, EventBody::Finding { finding } if finding.code == "FIELD_HIDDEN"));
            assert_eq!(found[2].body, EventBody::State(state.status(Some("because"))));
        }
    }

    async fn a_key_of_before_still_means_its_run(db: TestDatabase) {
        let before = database_of_before(&db).await;
        db.pools().migrate().await.unwrap();
        for (profile, id, _) in before {
            let same = NewRun { idempotency_key: Some("key".to_owned()), ..run_of(profile.id) };
            let Enqueued::SameKey(run) = runs::enqueue(&db, same.clone()).await.unwrap() else { panic!("not the same") };
            assert_eq!(run.id, id);
            let other = NewRun { processes: vec![Process::PullUserActivity], ..same };
            assert!(runs::enqueue(&db, other).await.unwrap_err().is_conflict_with("jobs_idempotency"));
        }
    }

    async fn open_runs_go_on_from_their_last_page(db: TestDatabase) {
        let before = database_of_before(&db).await;
        db.pools().migrate().await.unwrap();
        let of = |wanted| before.iter().find(|(_, _, state)| *state == wanted).map(|(profile, id, _)| (profile, *id)).unwrap();
        // The leases of the version before have expired.
        let reclaimed: Vec<_> = jobs::reclaim_expired_leases(&db, 8).await.unwrap();
        let mut states: Vec<_> = reclaimed.iter().map(|job| (RunId::from(job.id), job.state)).collect();
        states.sort_by_key(|(id, _)| *id);
        let expected = [(of(RunState::Running).1, JobState::Queued), (of(RunState::Cancelling).1, JobState::Cancelled)];
        assert_eq!(states, expected);
        runs::confirm(&db, of(RunState::Suspect).1).await.unwrap();
        db.shift_clock(chrono::TimeDelta::minutes(5));
        let mut ids = Vec::new();
        for _ in 0..4 {
            let claim = claimed(&db).await;
            assert_eq!(claim.stages[0].cursor.as_ref().unwrap().read::<String>().unwrap(), "005B");
            let committed = commit(&db, &claim, &users(0..3), Next::Done(None)).await;
            assert_eq!((committed.stage.done, committed.run.job.last_sequence > 3), (13, true));
            ids.push(claim.run.id);
        }
        ids.sort();
        let mut open = [RunState::Queued, RunState::Running, RunState::PausedQuota, RunState::Suspect].map(|s| of(s).1);
        open.sort();
        assert_eq!(ids, open);
    }

    async fn the_company_of_an_account_moves_out_of_its_attributes_and_back(db: TestDatabase) {
        let (_, claim) = working(&db).await;
        let mut batch = users(0..2);
        batch.accounts[0].company = Some("Acme".to_owned());
        commit(&db, &claim, &batch, Next::Done(None)).await;
        db.pools().revert_migrations_down_to("2026-11-28-000002_seen_kinds").await.unwrap();
        let of_before = "UPDATE accounts SET title = 'before' WHERE attributes ->> 'company' = 'Acme'";
        assert_eq!(db.execute(of_before).await.unwrap(), 1);
        db.pools().migrate().await.unwrap();
        assert_eq!(db.execute(of_before).await.unwrap(), 0);
        let (accounts, ..) = state(&db, &claim).await;
        let companies: Vec<_> = accounts.iter().map(|account| account.company.as_deref()).collect();
        assert_eq!(companies, [Some("Acme"), None]);
    }

    async fn the_migration_can_be_taken_back_with_its_rows(db: TestDatabase) {
        let before = database_of_before(&db).await;
        db.pools().migrate().await.unwrap();
        db.pools().revert_migrations_down_to(BEFORE).await.unwrap();
        db.pools().migrate().await.unwrap();
        for (profile, id, state) in before {
            let run = runs::find(&db, id).await.unwrap().unwrap();
            assert_eq!((run.state(), run.job.idempotency_key.as_deref(), run.job.fence), (state, Some("key"), 5));
            assert_eq!(runs::stages(&db, &[id]).await.unwrap()[&id].len(), 1);
            let last = events::of_job(&db, id.into(), 2, 1).await.unwrap().remove(0);
            assert_eq!(last.body, EventBody::State(state.status(Some("because"))));
            assert!(profiles::find(&db, profile.id).await.unwrap().is_some());
        }
    }
}
