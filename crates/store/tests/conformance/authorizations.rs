//! Consents on their way, and the turns of refreshing what they gave.

use std::time::Duration;

use chrono::TimeDelta;
use seatgraph_core::Secret;
use seatgraph_store::each_backend;
use seatgraph_store::prune::{Expiring, delete_expired};
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{Alias, Error, Pending, Purpose, Sealer, aliases, authorizations, secrets};

use crate::harness::{alias, noon};

const LIFE: Duration = Duration::from_secs(600);

fn sealer() -> Sealer {
    Sealer::from_key(&[1; 32])
}

async fn begun(db: &TestDatabase, state: &str) -> Pending {
    let alias = alias(state);
    aliases::insert(db, &alias).await.unwrap();
    let pending = Pending {
        alias_id: alias.id,
        begun_by: "anna".to_owned(),
        client_id: "app".to_owned(),
        client_secret: Some(Secret::new("s3cret")),
        redirect_uri: "http://localhost:8080/oauth/salesforce/callback".to_owned(),
        verifier: Secret::new("v3rifier"),
        link_id: None,
    };
    authorizations::begin(db, &sealer(), &Secret::new(state), &pending, LIFE).await.unwrap();
    pending
}

each_backend! {
    async fn a_consent_is_taken_once_and_by_whoever_began_it(db: TestDatabase) {
        let pending = begun(&db, "state").await;
        let take = |state: &str, by: &str| {
            let (db, state, by) = ((*db).clone(), Secret::new(state), ["eve".to_owned(), by.to_owned()]);
            async move { authorizations::take(&db, &sealer(), &state, &by).await.unwrap() }
        };
        assert!(take("another", "anna").await.is_none());
        assert!(take("state", "bob").await.is_none());
        let taken = take("state", "anna").await.unwrap();
        assert_eq!((taken.alias_id, taken.client_id), (pending.alias_id, pending.client_id));
        assert_eq!((taken.redirect_uri, taken.begun_by), (pending.redirect_uri, pending.begun_by));
        assert_eq!((taken.verifier.expose(), taken.client_secret.unwrap().expose()), ("v3rifier", "s3cret"));
        assert!(take("state", "anna").await.is_none());
    }

    async fn of_two_who_take_a_consent_at_once_one_gets_it(db: TestDatabase) {
        begun(&db, "state").await;
        let replica = db.with_clock_shift(TimeDelta::zero()).await.unwrap();
        let mut takers = tokio::task::JoinSet::new();
        for number in 0..8 {
            let db = if number % 2 == 0 { (*db).clone() } else { replica.clone() };
            takers.spawn(async move {
                authorizations::take(&db, &sealer(), &Secret::new("state"), &["anna".to_owned()]).await.unwrap().is_some()
            });
        }
        let got = takers.join_all().await.into_iter().filter(|&got| got).count();
        assert_eq!(got, 1);
    }

    async fn a_consent_that_took_too_long_is_worth_nothing(db: TestDatabase) {
        begun(&db, "state").await;
        db.shift_clock(TimeDelta::seconds(601));
        assert!(authorizations::take(&db, &sealer(), &Secret::new("state"), &["anna".to_owned()]).await.unwrap().is_none());
    }

    async fn a_consent_sealed_with_another_key_is_not_read(db: TestDatabase) {
        begun(&db, "state").await;
        let taken = authorizations::take(&db, &Sealer::from_key(&[2; 32]), &Secret::new("state"), &["anna".to_owned()]).await;
        assert!(matches!(taken, Err(Error::DecryptFailed)));
    }

    async fn one_at_a_time_refreshes_and_keeps_what_was_rotated(db: TestDatabase) {
        let alias = Alias { obtained_at: Some(noon(1)), ..alias("acme") };
        aliases::insert(&db, &alias).await.unwrap();
        let given = [(Purpose::RefreshToken, &Secret::new("first"))];
        aliases::set_credential(&db, &sealer(), &alias, &given).await.unwrap();
        let token = || async {
            secrets::get(&db, &sealer(), alias.id, Purpose::RefreshToken).await.unwrap().unwrap().expose().to_owned()
        };
        let lock = aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap().unwrap();
        assert_eq!(aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap(), None);
        let rotated = Secret::new("second");
        aliases::end_refresh(&db, &sealer(), alias.id, lock, alias.obtained_at, Some(&rotated)).await.unwrap();
        assert_eq!(token().await, "second");

        // One that died in its turn holds nobody up for longer than that; coming back late, it ends nobody's turn.
        let late = aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap().unwrap();
        db.shift_clock(TimeDelta::seconds(601));
        let next = aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap().unwrap();
        aliases::end_refresh(&db, &sealer(), alias.id, late, alias.obtained_at, None).await.unwrap();
        assert_eq!(aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap(), None);

        // A person's new credential is not overwritten by what came of the old one.
        let replaced = Alias { obtained_at: Some(noon(2)), ..alias.clone() };
        let given = [(Purpose::RefreshToken, &Secret::new("other"))];
        aliases::set_credential(&db, &sealer(), &replaced, &given).await.unwrap();
        aliases::end_refresh(&db, &sealer(), alias.id, next, alias.obtained_at, Some(&rotated)).await.unwrap();
        assert_eq!(token().await, "other");
        assert!(aliases::begin_refresh(&db, alias.id, LIFE).await.unwrap().is_some());
    }

    async fn another_credential_leaves_nothing_of_the_earlier_one(db: TestDatabase) {
        let alias = alias("acme");
        aliases::insert(&db, &alias).await.unwrap();
        let (token, secret) = (Secret::new("token"), Secret::new("secret"));
        aliases::set_credential(&db, &sealer(), &alias, &[(Purpose::RefreshToken, &token)]).await.unwrap();
        aliases::set_credential(&db, &sealer(), &alias, &[(Purpose::ClientSecret, &secret)]).await.unwrap();
        assert!(secrets::get(&db, &sealer(), alias.id, Purpose::RefreshToken).await.unwrap().is_none());
        assert!(secrets::get(&db, &sealer(), alias.id, Purpose::ClientSecret).await.unwrap().is_some());
    }

    async fn expired_consents_are_pruned_and_the_others_stay(db: TestDatabase) {
        begun(&db, "old").await;
        db.shift_clock(TimeDelta::seconds(601));
        let fresh = begun(&db, "new").await;
        let now = db.now().await.unwrap();
        assert_eq!(delete_expired(&db, Expiring::Authorizations, now).await.unwrap(), 1);
        assert_eq!(delete_expired(&db, Expiring::Authorizations, now).await.unwrap(), 0);
        let by = [fresh.begun_by.clone()];
        assert!(authorizations::take(&db, &sealer(), &Secret::new("new"), &by).await.unwrap().is_some());
    }
}
