//! Delegated links, from their making to their end.

use std::time::Duration;

use chrono::TimeDelta;
use seatgraph_core::{Finding, Secret, Severity};
use seatgraph_store::delegations::{self, NewLink};
use seatgraph_store::each_backend;
use seatgraph_store::prune::{self, Expiring};
use seatgraph_store::reseal::{self, Resealed};
use seatgraph_store::secrets;
use seatgraph_store::testkit::TestDatabase;
use seatgraph_store::{
    Alias, DelegatedLink, Error, Pending, Purpose, Sealer, aliases, authorizations, findings, profiles,
};

use crate::harness::{alias, profile_of};

const LIFE: Duration = Duration::from_secs(3600);

fn sealer() -> Sealer {
    Sealer::from_key(&[1; 32])
}

async fn link(db: &TestDatabase, alias: &Alias, token: &str) -> Result<DelegatedLink, Error> {
    let new = NewLink {
        alias_id: alias.id,
        created_by: "anna".to_owned(),
        client_id: Some("app".to_owned()),
        client_secret: Some(Secret::new("s3cret")),
        life: LIFE,
    };
    delegations::insert(db, &sealer(), &Secret::new(token), &new, 2).await
}

async fn acme(db: &TestDatabase) -> Alias {
    let alias = alias("acme");
    aliases::insert(db, &alias).await.unwrap();
    alias
}

each_backend! {
    async fn a_link_is_found_by_its_token_and_spent_once_with_its_credential(db: TestDatabase) {
        let alias = acme(&db).await;
        let made = link(&db, &alias, "token").await.unwrap();
        assert_eq!(made.expires_at - made.created_at, TimeDelta::seconds(3600));
        let found = delegations::find_by_token(&db, &Secret::new("token")).await.unwrap().unwrap();
        assert_eq!(found, made);
        assert_eq!(delegations::find_by_token(&db, &Secret::new("other")).await.unwrap(), None);
        let secret = delegations::client_secret(&db, &sealer(), made.id).await.unwrap().unwrap();
        assert_eq!(secret.expose(), "s3cret");

        let connected = Alias { client_id: Some("app".to_owned()), ..alias.clone() };
        let token = Secret::new("refresh");
        let (keys, given) = (sealer(), [(Purpose::RefreshToken, &token)]);
        let redeem = || delegations::redeem(&db, &keys, made.id, &connected, &given);
        let (one, two) = tokio::join!(redeem(), redeem());
        assert_eq!([one.unwrap(), two.unwrap()].into_iter().filter(|spent| *spent).count(), 1);
        let spent = delegations::find(&db, made.id).await.unwrap().unwrap();
        assert!(spent.used_at.is_some() && !spent.is_open(spent.created_at));
        assert!(delegations::client_secret(&db, &sealer(), made.id).await.unwrap().is_none());
        assert!(secrets::get(&db, &sealer(), alias.id, Purpose::RefreshToken).await.unwrap().is_some());
        assert_eq!(delegations::revoke(&db, made.id).await.unwrap(), None, "what is spent cannot be taken back");
    }

    async fn a_link_that_was_taken_back_brings_no_credential(db: TestDatabase) {
        let alias = acme(&db).await;
        let made = link(&db, &alias, "token").await.unwrap();
        let revoked = delegations::revoke(&db, made.id).await.unwrap().unwrap();
        assert!(revoked.revoked_at.is_some());
        assert_eq!(delegations::revoke(&db, made.id).await.unwrap(), None);
        let given = [(Purpose::RefreshToken, &Secret::new("refresh"))];
        assert!(!delegations::redeem(&db, &sealer(), made.id, &alias, &given).await.unwrap());
        assert!(secrets::get(&db, &sealer(), alias.id, Purpose::RefreshToken).await.unwrap().is_none());
    }

    async fn few_are_open_at_once_and_what_is_long_over_is_forgotten(db: TestDatabase) {
        let alias = acme(&db).await;
        let first = link(&db, &alias, "1").await.unwrap();
        link(&db, &alias, "2").await.unwrap();
        let refused = link(&db, &alias, "3").await.unwrap_err();
        assert!(refused.is_conflict_with("delegated_links_most"), "{refused:?}");
        delegations::revoke(&db, first.id).await.unwrap();
        link(&db, &alias, "3").await.unwrap();
        db.shift_clock(TimeDelta::seconds(3601));
        link(&db, &alias, "4").await.unwrap();
        let listed = delegations::of_aliases(&db, &[alias.id]).await.unwrap().remove(&alias.id).unwrap();
        assert_eq!((listed.len(), listed[3].id), (4, first.id));
        db.shift_clock(TimeDelta::days(31));
        let expired = db.now().await.unwrap() - TimeDelta::days(30);
        assert_eq!(prune::delete_expired(&db, Expiring::Links, expired).await.unwrap(), 4);
        let newest = link(&db, &alias, "5").await.unwrap();
        let listed = delegations::of_aliases(&db, &[alias.id]).await.unwrap().remove(&alias.id).unwrap();
        assert_eq!(listed, [newest]);
    }

    async fn the_secret_of_a_link_is_sealed_anew_like_others(db: TestDatabase) {
        let folder = tempfile::tempdir().unwrap();
        let keys = Sealer::from_key_file(&folder.path().join("seatgraph.key")).unwrap();
        let alias = acme(&db).await;
        let new = NewLink {
            alias_id: alias.id,
            created_by: "anna".to_owned(),
            client_id: None,
            client_secret: Some(Secret::new("s3cret")),
            life: LIFE,
        };
        let made = delegations::insert(&db, &keys, &Secret::new("token"), &new, 2).await.unwrap();
        let bare = NewLink { client_secret: None, ..new };
        delegations::insert(&db, &keys, &Secret::new("bare"), &bare, 2).await.unwrap();
        keys.add_key().unwrap();
        assert_eq!(reseal::reseal(&db, &keys).await.unwrap(), Resealed { resealed: 1, unreadable: 0 });
        keys.forget_old_keys().unwrap();
        let secret = delegations::client_secret(&db, &keys, made.id).await.unwrap().unwrap();
        assert_eq!(secret.expose(), "s3cret");
    }

    async fn what_was_begun_with_a_link_knows_it_and_ends_with_it(db: TestDatabase) {
        let alias = acme(&db).await;
        let made = link(&db, &alias, "token").await.unwrap();
        let begin = |state: &'static str| {
            let pending = Pending {
                alias_id: alias.id,
                begun_by: "browser".to_owned(),
                client_id: "app".to_owned(),
                client_secret: None,
                redirect_uri: "http://localhost/oauth/salesforce/callback".to_owned(),
                verifier: Secret::new("v3rifier"),
                link_id: Some(made.id),
            };
            let db = (*db).clone();
            async move { authorizations::begin(&db, &sealer(), &Secret::new(state), &pending, LIFE).await.unwrap() }
        };
        begin("first").await;
        let by = ["browser".to_owned()];
        let taken = authorizations::take(&db, &sealer(), &Secret::new("first"), &by).await.unwrap().unwrap();
        assert_eq!((taken.link_id, taken.begun_by.as_str()), (Some(made.id), "browser"));
        begin("second").await;
        aliases::delete(&db, alias.id).await.unwrap();
        assert_eq!(delegations::find(&db, made.id).await.unwrap(), None);
        assert!(authorizations::take(&db, &sealer(), &Secret::new("second"), &by).await.unwrap().is_none());
    }

    async fn a_consent_that_came_to_nothing_is_kept_with_the_profile_until_the_next(db: TestDatabase) {
        let (alias, other) = (acme(&db).await, alias("other"));
        aliases::insert(&db, &other).await.unwrap();
        let (profile, unrelated) = (profile_of(&alias), profile_of(&other));
        for profile in [&profile, &unrelated] {
            profiles::insert(&db, profile, &[]).await.unwrap();
        }
        let codes = || async {
            let mut found = profiles::findings(&db, &[profile.id, unrelated.id]).await.unwrap();
            assert!(!found.contains_key(&unrelated.id));
            let found = found.remove(&profile.id).unwrap_or_default();
            found.into_iter().map(|stored| stored.finding.code).collect::<Vec<_>>()
        };
        for code in ["FIRST", "SECOND"] {
            let finding = Finding::new(code, Severity::Error, "Message.", "Remedy.");
            findings::set_of_consent(&db, alias.id, Some(&finding)).await.unwrap();
            assert_eq!(codes().await, [code]);
        }
        findings::set_of_consent(&db, alias.id, None).await.unwrap();
        assert_eq!(codes().await, Vec::<String>::new());
    }
}
