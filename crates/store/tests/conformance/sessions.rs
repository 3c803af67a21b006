//! Logins on their way, and the sessions that come of them.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD as BASE64;
use chrono::TimeDelta;
use seatgraph_core::Secret;
use seatgraph_store::each_backend;
use seatgraph_store::prune::{Expiring, delete_expired};
use seatgraph_store::reseal::{self, Resealed};
use seatgraph_store::sessions::{self, ConsumeResult, Login, PendingLogin};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{Error, Sealer, Session};

const TEN_MINUTES: Duration = Duration::from_secs(600);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const ISSUER: &str = "https://id.example.com";

fn sealer() -> Sealer {
    Sealer::from_key(&[1; 32])
}

fn login() -> Login {
    Login {
        issuer: ISSUER.to_owned(),
        subject: "u-17".to_owned(),
        name: "Anna Adler".to_owned(),
        email: Some("anna@example.com".to_owned()),
        groups: vec!["licence-admins".to_owned(), "everyone".to_owned()],
        id_token: Some(Secret::new("ey.about.anna")),
    }
}

async fn opened(db: &TestDatabase, token: &str) -> Session {
    sessions::open(db, &sealer(), &Secret::new(token), &login(), DAY, None).await.unwrap()
}

async fn found(db: &TestDatabase, token: &str) -> Option<Session> {
    sessions::find(db, ISSUER, &Secret::new(token), HOUR).await.unwrap()
}

async fn begun(db: &TestDatabase, state: &str) {
    let attempt = PendingLogin {
        nonce: Secret::new("n0nce"),
        verifier: Secret::new("v3rifier"),
        return_path: "/?tab=1".to_owned(),
    };
    let (state, browser) = (Secret::new(state), Secret::new("browser"));
    sessions::begin(db, &sealer(), &state, &browser, &attempt).await.unwrap();
}

async fn taken(db: &TestDatabase, state: &str, browser: &str) -> ConsumeResult {
    sessions::take(db, &sealer(), &Secret::new(state), &Secret::new(browser), TEN_MINUTES).await.unwrap()
}

each_backend! {
    async fn logins_and_sessions_outlive_the_keys_that_sealed_them(db: TestDatabase) {
        let key = |byte: u8| BASE64.encode([byte; 32]);
        let keys = |text: String| Sealer::from_base64(&Secret::new(text)).unwrap();
        begun(&db, "state").await;
        opened(&db, "token").await;
        let both = keys(format!("{},{}", key(2), key(1)));
        let done = reseal::reseal(&db, &both).await.unwrap();
        assert_eq!(done, Resealed { resealed: 2, unreadable: 0 });
        assert_eq!(reseal::reseal(&db, &both).await.unwrap(), Resealed::default());
        let new = keys(key(2));
        let (state, browser) = (Secret::new("state"), Secret::new("browser"));
        let taken = sessions::take(&db, &new, &state, &browser, TEN_MINUTES).await.unwrap();
        assert!(matches!(taken, ConsumeResult::Login(attempt) if attempt.nonce.expose() == "n0nce"));
        let id_token = sessions::end(&db, &new, &Secret::new("token")).await.unwrap().unwrap();
        assert_eq!(id_token.expose(), "ey.about.anna");
    }

    async fn a_login_is_finished_once_and_in_the_browser_that_began_it(db: TestDatabase) {
        begun(&db, "state").await;
        assert!(matches!(taken(&db, "another", "browser").await, ConsumeResult::Unknown));
        assert!(matches!(taken(&db, "state", "other browser").await, ConsumeResult::Unknown));
        let ConsumeResult::Login(attempt) = taken(&db, "state", "browser").await else { panic!("it was not taken") };
        assert_eq!((attempt.nonce.expose(), attempt.verifier.expose()), ("n0nce", "v3rifier"));
        assert_eq!(attempt.return_path, "/?tab=1");
        assert!(matches!(taken(&db, "state", "browser").await, ConsumeResult::Used));
        assert!(matches!(taken(&db, "state", "other browser").await, ConsumeResult::Unknown));
    }

    async fn of_two_who_finish_a_login_at_once_one_does(db: TestDatabase) {
        begun(&db, "state").await;
        let replica = db.with_clock_shift(TimeDelta::zero()).await.unwrap();
        let mut takers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let db = if number % 2 == 0 { (*db).clone() } else { replica.clone() };
            takers.spawn(async move {
                let (state, browser) = (Secret::new("state"), Secret::new("browser"));
                sessions::take(&db, &sealer(), &state, &browser, TEN_MINUTES).await.unwrap()
            });
        }
        let all = takers.join_all().await;
        assert_eq!(all.iter().filter(|taken| matches!(taken, ConsumeResult::Login(_))).count(), 1);
        assert_eq!(all.iter().filter(|taken| matches!(taken, ConsumeResult::Used)).count(), 7);
    }

    async fn a_login_that_took_too_long_is_worth_nothing(db: TestDatabase) {
        begun(&db, "early").await;
        db.shift_clock(TimeDelta::seconds(599));
        begun(&db, "late").await;
        db.shift_clock(TimeDelta::seconds(2));
        assert!(matches!(taken(&db, "early", "browser").await, ConsumeResult::Unknown));
        assert!(matches!(taken(&db, "late", "browser").await, ConsumeResult::Login(_)));
    }

    async fn a_login_sealed_with_another_key_is_not_read(db: TestDatabase) {
        begun(&db, "state").await;
        let (state, browser) = (Secret::new("state"), Secret::new("browser"));
        let taken = sessions::take(&db, &Sealer::from_key(&[2; 32]), &state, &browser, TEN_MINUTES).await;
        assert!(matches!(taken, Err(Error::DecryptFailed)));
    }

    async fn a_session_is_found_by_its_token_and_by_nothing_else(db: TestDatabase) {
        let session = opened(&db, "t0ken").await;
        assert_eq!(session.expires_at - session.created_at, TimeDelta::days(1));
        assert_eq!(found(&db, "t0ken").await, Some(session.clone()));
        let Login { subject, name, email, groups, .. } = login();
        assert_eq!((session.subject, session.name, session.email, session.groups), (subject, name, email, groups));
        for other in ["", "t0ke", "T0KEN", &session.id.to_string()] {
            assert_eq!(found(&db, other).await, None, "{other:?}");
        }
        let elsewhere = sessions::find(&db, "https://old.example.com", &Secret::new("t0ken"), HOUR).await.unwrap();
        assert_eq!(elsewhere, None, "another provider's subject is another person");
    }

    async fn a_session_ends_when_it_is_told_to(db: TestDatabase) {
        opened(&db, "t0ken").await;
        opened(&db, "other").await;
        let id_token = sessions::end(&db, &sealer(), &Secret::new("t0ken")).await.unwrap().unwrap();
        assert_eq!(id_token.expose(), "ey.about.anna");
        assert_eq!(found(&db, "t0ken").await, None);
        assert!(found(&db, "other").await.is_some());
        assert!(sessions::end(&db, &sealer(), &Secret::new("t0ken")).await.unwrap().is_none());
        let lost_key = Sealer::from_key(&[2; 32]);
        assert!(sessions::end(&db, &lost_key, &Secret::new("other")).await.unwrap().is_none());
        assert_eq!(found(&db, "other").await, None, "a lost key keeps nobody logged in");
    }

    async fn a_session_that_is_used_lives_to_its_end_and_no_longer(db: TestDatabase) {
        let session = opened(&db, "t0ken").await;
        for _ in 0..25 {
            db.shift_clock(TimeDelta::minutes(55));
            let seen = found(&db, "t0ken").await.unwrap();
            assert!(seen.last_seen_at > session.last_seen_at && seen.expires_at == session.expires_at);
        }
        db.shift_clock(TimeDelta::minutes(55));
        assert!(found(&db, "t0ken").await.is_some(), "23 hours and 50 minutes");
        db.shift_clock(TimeDelta::minutes(11));
        assert_eq!(found(&db, "t0ken").await, None);
    }

    async fn a_session_that_is_not_used_ends_early(db: TestDatabase) {
        opened(&db, "t0ken").await;
        db.shift_clock(TimeDelta::seconds(3_601));
        assert_eq!(found(&db, "t0ken").await, None);
    }

    async fn being_seen_is_not_written_at_every_request(db: TestDatabase) {
        let session = opened(&db, "t0ken").await;
        db.shift_clock(TimeDelta::seconds(30));
        assert_eq!(found(&db, "t0ken").await.unwrap().last_seen_at, session.last_seen_at);
        db.shift_clock(TimeDelta::seconds(31));
        assert!(found(&db, "t0ken").await.unwrap().last_seen_at > session.last_seen_at);
    }

    async fn a_browser_that_logs_in_anew_has_one_session(db: TestDatabase) {
        opened(&db, "first").await;
        opened(&db, "elsewhere").await;
        let earlier = Secret::new("first");
        sessions::open(&db, &sealer(), &Secret::new("second"), &login(), DAY, Some(&earlier)).await.unwrap();
        assert_eq!(found(&db, "first").await, None);
        assert!(found(&db, "second").await.is_some() && found(&db, "elsewhere").await.is_some());
    }

    async fn expired_logins_and_sessions_are_pruned_and_the_others_stay(db: TestDatabase) {
        begun(&db, "old").await;
        opened(&db, "old").await;
        db.shift_clock(TimeDelta::hours(25));
        begun(&db, "new").await;
        opened(&db, "new").await;
        let now = db.now().await.unwrap();
        for (rows, before) in [(Expiring::Sessions, now), (Expiring::LoginAttempts, now - TimeDelta::hours(24))] {
            let deleted = [delete_expired(&db, rows, before).await, delete_expired(&db, rows, before).await];
            assert_eq!(deleted.map(Result::unwrap), [1, 0], "{rows:?}");
        }
        assert!(found(&db, "new").await.is_some());
        assert!(matches!(taken(&db, "new", "browser").await, ConsumeResult::Login(_)));
    }
}
