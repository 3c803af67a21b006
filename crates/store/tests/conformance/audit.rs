//! The audit log: every row in its place, and no way to change one unseen.

use std::collections::BTreeSet;

use seatgraph_store::audit::{self, AuditFilter, AuditRecord, Broken};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    AccessVisibility, AuditOutcome, Backend, Error, PageRequest, ProfileId, ProfileSet, Sealer, StringFilter,
    Visibility, each_backend, reseal,
};
use uuid::Uuid;

fn sealer() -> Sealer {
    Sealer::from_key(&[1; 32])
}

fn record(action: &str) -> AuditRecord {
    AuditRecord {
        operation_id: Uuid::now_v7(),
        actor: "command-line".to_owned(),
        actor_name: "command line".to_owned(),
        client_address: "here".to_owned(),
        action: action.to_owned(),
        outcome: AuditOutcome::Succeeded,
        subject: Some("prof_1".to_owned()),
        before: Some(r#"{ "name":"before" }"#.to_owned()),
        after: None,
        note: None,
        trace_id: "trace".to_owned(),
        profile_id: None,
    }
}

/// Takes away what keeps the log as it is, as whoever owns the database can.
async fn laid_open(db: &TestDatabase) {
    let statements: &[&str] = match db.backend() {
        Backend::Postgres => &["ALTER TABLE audit_events DISABLE TRIGGER USER"],
        Backend::Sqlite => &["DROP TRIGGER audit_events_stay_as_written", "DROP TRIGGER audit_events_are_kept"],
    };
    for statement in statements {
        db.execute(statement).await.unwrap();
    }
}

async fn written(db: &TestDatabase, actions: &[&str]) {
    for action in actions {
        audit::append(db, &sealer(), &record(action)).await.unwrap();
    }
}

async fn broken(db: &TestDatabase) -> Broken {
    audit::verify(db, &sealer(), None).await.unwrap().expect_err("it was tampered with")
}

each_backend! {
    async fn an_untouched_log_is_whole(db: TestDatabase) {
        let empty = audit::verify(&db, &sealer(), None).await.unwrap().unwrap();
        assert_eq!(empty.events, 0);
        written(&db, &["one", "two", "three"]).await;
        let verified = audit::verify(&db, &sealer(), None).await.unwrap().unwrap();
        assert_eq!((verified.events, verified.head.len()), (3, 64));
    }

    async fn rows_written_at_once_are_numbered_without_gaps(db: TestDatabase) {
        let writing = (0..20).map(|n| {
            let db = (*db).clone();
            tokio::spawn(async move { audit::append(&db, &sealer(), &record(&format!("record {n}"))).await.unwrap().sequence })
        });
        let mut numbers = BTreeSet::new();
        for one in writing.collect::<Vec<_>>() {
            numbers.insert(one.await.unwrap());
        }
        assert_eq!(numbers, (1..=20).collect());
        assert_eq!(audit::verify(&db, &sealer(), None).await.unwrap().unwrap().events, 20);
    }

    async fn every_way_to_change_a_row_is_found(db: TestDatabase) {
        written(&db, &["one", "two", "three"]).await;
        laid_open(&db).await;
        let changes = [
            ("actor = 'somebody else'", "actor = 'command-line'"),
            ("action = 'nothing'", "action = 'two'"),
            ("outcome = 'REFUSED'", "outcome = 'DONE'"),
            ("subject = null", "subject = 'prof_1'"),
            ("before = '{\"name\":\"before\"}'", "before = '{ \"name\":\"before\" }'"),
            ("note = 'a note'", "note = null"),
            ("trace_id = ''", "trace_id = 'trace'"),
            ("actor_name = 'nobody'", "actor_name = 'command line'"),
            ("came_from = 'elsewhere'", "came_from = 'here'"),
            ("after = '{}'", "after = null"),
            ("profile_id = attempt", "profile_id = null"),
        ];
        for (change, back) in changes {
            db.execute(&format!("UPDATE audit_events SET {change} WHERE sequence = 2")).await.unwrap();
            assert_eq!(broken(&db).await, Broken::Changed(2), "{change}");
            db.execute(&format!("UPDATE audit_events SET {back} WHERE sequence = 2")).await.unwrap();
            audit::verify(&db, &sealer(), None).await.unwrap().expect("it is as it was");
        }
    }

    async fn nobody_changes_or_takes_out_a_row_by_mistake(db: TestDatabase) {
        written(&db, &["one"]).await;
        for statement in ["UPDATE audit_events SET note = ''", "DELETE FROM audit_events"] {
            let refused = db.execute(statement).await.unwrap_err();
            assert!(format!("{refused:?}").contains("only ever added to"), "{refused:?}");
        }
    }

    async fn a_row_that_was_put_in_anywhere_is_found(db: TestDatabase) {
        let columns = "at, attempt, actor, actor_name, came_from, action, outcome, trace_id, previous_hash, hash";
        written(&db, &["one", "two"]).await;
        laid_open(&db).await;
        for number in [-7, 0, 3, 1_000_000] {
            let forged = format!("SELECT {number}, {columns} FROM audit_events WHERE sequence = 2");
            db.execute(&format!("INSERT INTO audit_events (sequence, {columns}) {forged}")).await.unwrap();
            assert_eq!(broken(&db).await, Broken::PutIn(number));
            db.execute(&format!("DELETE FROM audit_events WHERE sequence = {number}")).await.unwrap();
        }
        audit::verify(&db, &sealer(), None).await.unwrap().expect("it is as it was");
        db.execute("DELETE FROM audit_head").await.unwrap();
        assert_eq!(broken(&db).await, Broken::PutIn(1));
    }

    async fn a_log_that_was_wiped_is_found_by_its_noted_head(db: TestDatabase) {
        assert_eq!(audit::head(&db).await.unwrap(), None);
        written(&db, &["one", "two"]).await;
        let noted = audit::head(&db).await.unwrap().unwrap();
        let verified = audit::verify(&db, &sealer(), None).await.unwrap().unwrap();
        assert_eq!((noted.sequence, &noted.mac), (verified.events, &verified.head));
        assert!(audit::holds(&db, &noted).await.unwrap());
        laid_open(&db).await;
        for table in ["audit_events", "audit_head"] {
            db.execute(&format!("DELETE FROM {table}")).await.unwrap();
        }
        for actions in [&[][..], &["started again", "and again"]] {
            written(&db, actions).await;
            let wiped = audit::verify(&db, &sealer(), Some(&noted.mac)).await.unwrap();
            assert_eq!(wiped, Err(Broken::HeadMissing));
            assert!(!audit::holds(&db, &noted).await.unwrap());
        }
    }

    async fn whoever_may_read_of_one_profile_alone_reads_of_that(db: TestDatabase) {
        let (hers, other) = (ProfileId::generate(), ProfileId::generate());
        for profile_id in [None, Some(hers), Some(other), Some(hers)] {
            audit::append(&db, &sealer(), &AuditRecord { profile_id, ..record("one") }).await.unwrap();
        }
        let (all, access) = (ProfileSet::All, AccessVisibility::All);
        let auditor = Visibility { audit: ProfileSet::from_iter([hers]), profiles: all, access };
        let (auditor, filter) = (db.pools().scoped(auditor), AuditFilter::default());
        let page = audit::page(&auditor, &filter, &PageRequest::default()).await.unwrap();
        assert_eq!(page.rows.iter().map(|(_, event)| event.sequence).collect::<Vec<_>>(), [4, 2]);
        assert_eq!(audit::count(&auditor, &filter).await.unwrap(), 2);
        assert_eq!(audit::verify(&db, &sealer(), None).await.unwrap().unwrap().events, 4);
    }

    async fn a_row_that_was_taken_out_is_found(db: TestDatabase) {
        written(&db, &["one", "two", "three"]).await;
        laid_open(&db).await;
        db.execute("DELETE FROM audit_events WHERE sequence = 2").await.unwrap();
        assert_eq!(broken(&db).await, Broken::Missing { expected: 2, found: 3 });
        db.execute("UPDATE audit_events SET sequence = 2 WHERE sequence = 3").await.unwrap();
        assert_eq!(broken(&db).await, Broken::Changed(2));
    }

    async fn rows_that_changed_places_are_found(db: TestDatabase) {
        written(&db, &["one", "two", "three"]).await;
        laid_open(&db).await;
        for (from, to) in [(1, -1), (2, 1), (-1, 2)] {
            db.execute(&format!("UPDATE audit_events SET sequence = {to} WHERE sequence = {from}")).await.unwrap();
        }
        assert_eq!(broken(&db).await, Broken::Changed(1));
    }

    async fn a_log_whose_end_was_cut_off_is_found_by_its_head(db: TestDatabase) {
        written(&db, &["one", "two", "three"]).await;
        laid_open(&db).await;
        let noted = audit::verify(&db, &sealer(), None).await.unwrap().unwrap().head;
        db.execute("DELETE FROM audit_events WHERE sequence = 3").await.unwrap();
        assert_eq!(broken(&db).await, Broken::CutOff { expected: 3, found: 2 });
        // Whoever moves the head as well is found out by a head that was noted elsewhere.
        db.execute("UPDATE audit_head SET sequence = 2, hash = (SELECT hash FROM audit_events WHERE sequence = 2)").await.unwrap();
        audit::verify(&db, &sealer(), None).await.unwrap().expect("it is whole by itself");
        let found = audit::verify(&db, &sealer(), Some(&noted)).await.unwrap();
        assert_eq!(found, Err(Broken::HeadMissing));
    }

    async fn whoever_lacks_the_sealing_key_can_neither_verify_nor_write(db: TestDatabase) {
        written(&db, &["one"]).await;
        let other_key = Sealer::from_key(&[2; 32]);
        assert!(matches!(audit::verify(&db, &other_key, None).await, Err(Error::DecryptFailed)));
        assert!(matches!(audit::append(&db, &other_key, &record("two")).await, Err(Error::DecryptFailed)));
        assert_eq!(audit::count(&db, &AuditFilter::default()).await.unwrap(), 1);
    }

    async fn the_key_of_the_chain_is_sealed_anew_like_every_secret(db: TestDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let sealer = Sealer::from_key_file(&folder.path().join("key")).unwrap();
        audit::append(&db, &sealer, &record("one")).await.unwrap();
        sealer.add_key().unwrap();
        assert_eq!(reseal::reseal(&db, &sealer).await.unwrap().resealed, 1);
        audit::append(&db, &sealer, &record("two")).await.unwrap();
        assert_eq!(audit::verify(&db, &sealer, None).await.unwrap().unwrap().events, 2);
    }

    async fn the_log_is_listed_newest_first_and_narrowed(db: TestDatabase) {
        written(&db, &["one", "two", "three", "two"]).await;
        let filter = AuditFilter {
            action: Some(StringFilter { eq: Some("two".to_owned()), ..StringFilter::default() }),
            ..AuditFilter::default()
        };
        let all = audit::page(&db, &filter, &PageRequest::default()).await.unwrap();
        let numbers: Vec<_> = all.rows.iter().map(|(_, event)| event.sequence).collect();
        assert_eq!(numbers, [4, 2]);
        let request = PageRequest { first: Some(1), after: Some(all.rows[0].0.clone()), ..PageRequest::default() };
        let rest = audit::page(&db, &filter, &request).await.unwrap();
        assert_eq!((rest.rows[0].1.sequence, rest.has_next), (2, false));
        assert_eq!(audit::count(&db, &filter).await.unwrap(), 2);
    }
}
