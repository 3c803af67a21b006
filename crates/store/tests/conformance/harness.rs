//! A profile to test with, and the words that tests are written in.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, TimeZone, Utc};
use seatgraph_core::{
    Account, AccountKind, Activity, ActivityKind, Batch, Cursor, Identifier, IdentifierKey, Next, Pool, Process,
    Product, RecordKind, Subscription,
};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    Alias, AliasId, Claim, ClaimableKind, Committed, CredentialState, Db, Enqueued, Error, Health, NewRun, NewStage,
    PageCommit, Profile, ProfileId, ProfileProcess, ProfileState, RunId, Schedule, ScheduleEvery, SyncRun, Trigger,
    aliases, jobs, profiles, runs, sync,
};
use uuid::Uuid;

/// The kinds that the first stage delivers completely.
pub(crate) const SNAPSHOT: [RecordKind; 3] = [RecordKind::Pool, RecordKind::Account, RecordKind::Subscription];

pub(crate) const LEASE: Duration = Duration::from_secs(8);

/// A time that means nothing.
pub(crate) fn noon(day: i64) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap() + TimeDelta::days(day)
}

pub(crate) fn alias(name: &str) -> Alias {
    Alias {
        id: AliasId::generate(),
        connector: "salesforce".to_owned(),
        name: name.to_owned(),
        parent_id: None,
        instance_url: Some("https://example.test".to_owned()),
        properties: serde_json::Map::from_iter([("apiVersion".to_owned(), "v62".into())]),
        grant_type: None,
        credential_state: CredentialState::Missing,
        client_id: None,
        granted_scopes: vec!["api".to_owned()],
        principal: None,
        username: None,
        obtained_at: None,
        created_at: noon(0),
        updated_at: noon(0),
    }
}

pub(crate) fn profile_of(alias: &Alias) -> Profile {
    Profile {
        id: ProfileId::generate(),
        connector: alias.connector.clone(),
        name: format!("profile of {}", alias.name),
        alias_id: Some(alias.id),
        state: ProfileState::Published,
        organization: None,
        organization_checked_at: None,
        schedule: Schedule { every: ScheduleEvery::Day, at: Some("03:00".to_owned()), time_zone: "UTC".to_owned() },
        next_run_at: Some(noon(1)),
        allowance: None,
        created_at: noon(0),
        updated_at: noon(0),
        deleted_at: None,
    }
}

pub(crate) fn process(process: Process) -> ProfileProcess {
    ProfileProcess { process, enabled: true, health: Health::Unknown, bookmark: None, last_succeeded_at: None }
}

/// Makes an alias and its published profile.
pub(crate) async fn profile(db: &Db, name: &str) -> Profile {
    let alias = alias(name);
    aliases::insert(db, &alias).await.unwrap();
    let profile = profile_of(&alias);
    let processes = [process(Process::DownloadSubscriptions), process(Process::PullUserActivity)];
    profiles::insert(db, &profile, &processes).await.unwrap();
    profile
}

pub(crate) fn run_of(profile: ProfileId) -> NewRun {
    let stage = |name: &str, process| NewStage { name: name.to_owned(), process, cursor: None };
    NewRun {
        profile_id: profile,
        trigger: Trigger::Manual,
        processes: vec![Process::DownloadSubscriptions, Process::PullUserActivity],
        idempotency_key: None,
        stages: vec![
            stage("Subscriptions", Some(Process::DownloadSubscriptions)),
            stage("Activity", Some(Process::PullUserActivity)),
            stage("Finish", None),
        ],
    }
}

pub(crate) async fn queued(db: &Db, profile: ProfileId) -> SyncRun {
    match runs::enqueue(db, run_of(profile)).await.unwrap() {
        Enqueued::Created(run) => run,
        other => panic!("not created: {other:?}"),
    }
}

pub(crate) async fn claimed(db: &Db) -> Claim {
    try_claim(db, Uuid::now_v7()).await.expect("a run is due")
}

/// Claims the sync that is due first; `None` when there is none.
pub(crate) async fn try_claim(db: &Db, owner: Uuid) -> Option<Claim> {
    let syncs = ClaimableKind { name: runs::KIND, versions: 1..=1, lease: LEASE };
    let job = jobs::claim(db, owner, &[syncs]).await.unwrap()?;
    Some(runs::claimed(db, &job).await.unwrap())
}

/// A profile whose first run is in a worker's hands.
pub(crate) async fn working(db: &TestDatabase) -> (Profile, Claim) {
    let profile = profile(db, "acme").await;
    queued(db, profile.id).await;
    (profile, claimed(db).await)
}

pub(crate) fn is_lost<T: std::fmt::Debug>(outcome: Result<T, Error>) -> bool {
    matches!(outcome, Err(Error::LostLease))
}

pub(crate) fn account(number: usize) -> Account {
    Account {
        email: Some(format!("User{number}@example.test")),
        display_name: Some(format!("Üser {number}")),
        kind: AccountKind::Human,
        department: Some("Sales".to_owned()),
        created_at: Some(noon(-400)),
        attributes: BTreeMap::from([("profile".to_owned(), "Standard".to_owned())]),
        ..Account::new(format!("005{number:05}"), format!("user{number}@example.test"))
    }
}

pub(crate) fn sales() -> Identifier {
    Identifier::new("USER_LICENSE", "SFDC", "Salesforce")
}

pub(crate) fn holds(number: usize, identifier: Identifier) -> Subscription {
    Subscription {
        account: format!("005{number:05}"),
        pool: Some(IdentifierKey::new("USER_LICENSE", "SFDC")),
        identifier,
        assigned_at: None,
    }
}

pub(crate) fn pool(identifier: Identifier) -> Pool {
    Pool { identifier, total: Some(100), used: Some(40), status: Some("Active".to_owned()), expires: None }
}

pub(crate) fn used(number: usize, at: DateTime<Utc>) -> Activity {
    let source = "LoginHistory".to_owned();
    Activity { account: format!("005{number:05}"), kind: ActivityKind::Sso, at, source }
}

/// A page of users `numbers`, each with a Sales Cloud seat.
pub(crate) fn users(numbers: std::ops::Range<usize>) -> Batch {
    Batch {
        pools: vec![pool(sales())],
        accounts: numbers.clone().map(account).collect(),
        subscriptions: numbers.map(|number| holds(number, sales())).collect(),
        ..Batch::default()
    }
}

pub(crate) fn recognize(identifier: &Identifier) -> Option<Product> {
    (identifier.id.key == "SFDC").then(|| Product {
        publisher: "Salesforce".to_owned(),
        product: "Sales Cloud".to_owned(),
        edition: None,
        category: Some("CRM".to_owned()),
    })
}

pub(crate) fn more(after: &str) -> Next {
    Next::More(Cursor::new(&after).unwrap())
}

/// Counts the records of a kind that a run did not see, and those that are live.
pub(crate) async fn missing(db: &Db, run: RunId, profile: ProfileId, kind: RecordKind) -> (i64, i64) {
    let missing = sync::missing(db, run, profile, &[kind]).await.unwrap();
    assert_eq!(missing.len(), 1, "{kind:?} is stored");
    (missing[0].would_retire, missing[0].live)
}

/// A page of a claim, without findings, in its first stage.
pub(crate) fn page<'a>(claim: &Claim, batch: &'a Batch, next: Next) -> PageCommit<'a> {
    PageCommit {
        run: claim.run.id,
        profile: claim.run.profile_id,
        connector: "salesforce",
        fence: claim.fence,
        ordinal: 0,
        rows: batch.accounts.len() as u64,
        batch,
        next,
        total: Some(1_000),
        findings: &[],
        rejected: &[],
        snapshot_of: &SNAPSHOT,
        api_calls: 2,
        allowance: None,
        lease: LEASE,
        recognize: &recognize,
    }
}

pub(crate) async fn commit(db: &Db, claim: &Claim, batch: &Batch, next: Next) -> Committed {
    sync::commit_page(db, page(claim, batch, next)).await.unwrap()
}
