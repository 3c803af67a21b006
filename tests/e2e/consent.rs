//! A person's consent: begun here, given at the vendor, finished here, renewed without them, and given back.

use salesforce_simulator::{Faults, Settings, TokenRefusal};
use seatgraph_store::{Backend, each_backend};
use seatgraph_tests::Api;
use serde_json::json;
use url::Url;

use crate::consent_flow::ConsentFlow;

each_backend! {
    async fn a_person_consents_and_the_organisation_is_synced(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        assert_eq!(story.credential().await["state"], "MISSING");
        story.consent().await;
        let credential = story.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("AUTHORIZATION_CODE")));
        let scopes = credential["grantedScopes"].as_array().unwrap();
        assert!(scopes.contains(&json!("api")) && scopes.contains(&json!("refresh_token")), "{scopes:?}");
        assert!(credential["principal"].as_str().unwrap().contains("/id/00D"), "{credential}");
        let (_, run) = story.publish().await;
        assert_eq!(story.world.api.finished(&run).await.unwrap(), "SUCCEEDED");
        let found = story.world.api.ask("{ accounts { totalCount } }", json!({})).await.unwrap();
        assert_eq!(found["accounts"]["totalCount"], story.simulator.expected().users.total);
        story.end().await;
    }

    async fn tokens_that_rotate_are_kept_before_they_are_used(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let rotating = Faults { rotate_refresh_tokens: true, detect_refresh_token_reuse: true, ..Faults::default() };
        story.simulator.set_faults(rotating.clone());
        story.consent().await;
        let (profile, run) = story.publish().await;
        assert_eq!(story.world.api.finished(&run).await.unwrap(), "SUCCEEDED");
        // Every call ends a session sooner or later: each time one token is spent, and the next run has another.
        for _ in 0..3 {
            story.simulator.set_faults(Faults { expire_session_every: Some(5), ..rotating.clone() });
            assert_eq!(story.sync(&profile).await, "SUCCEEDED");
        }
        assert_eq!(story.credential().await["state"], "READY");
        story.end().await;
    }

    async fn a_grant_that_is_gone_stops_the_profile_until_a_person_consents_again(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let (profile, run) = story.publish().await;
        story.world.api.finished(&run).await.unwrap();
        let gone = TokenRefusal {
            error: "invalid_grant".to_owned(),
            error_description: "expired access/refresh token".to_owned(),
            times: None,
        };
        story.simulator.set_faults(Faults { expire_sessions: true, token_refusal: Some(gone), ..Faults::default() });
        assert_eq!(story.sync(&profile).await, "FAILED");
        assert_eq!(story.credential().await["state"], "REAUTH_REQUIRED");
        let document = "query($id: ID!) { profile(by: { id: $id }) { state lastRun { findings { code remedy } } } }";
        let found = story.world.api.ask(document, json!({ "id": profile })).await.unwrap();
        assert_eq!(found["profile"]["state"], "REAUTH_REQUIRED");
        assert_eq!(found["profile"]["lastRun"]["findings"][0]["code"], "OAUTH_GRANT_GONE");

        story.simulator.set_faults(Faults::default());
        story.consent().await;
        story.world.api.mutate("ResumeProfile", json!({ "id": profile })).await.unwrap();
        let document = "query($id: ID!) { profile(by: { id: $id }) { lastRun { id } } }";
        let last = story.world.api.ask(document, json!({ "id": profile })).await.unwrap();
        let last = last["profile"]["lastRun"]["id"].as_str().unwrap().to_owned();
        assert_eq!(story.world.api.finished(&last).await.unwrap(), "SUCCEEDED");
        story.end().await;
    }

    async fn a_consent_counts_once_where_it_was_begun_and_not_when_refused(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let denied = story.decide(&story.ask().await, "deny").await;
        let (status, page) = story.come_back(&denied).await;
        assert_eq!(status, 400);
        assert!(page.contains("OAUTH_CONSENT_DENIED") && page.contains("choose Allow"), "{page}");

        let back = story.decide(&story.ask().await, "approve").await;
        let mut forged = back.clone();
        forged.query_pairs_mut().clear().append_pair("code", "x").append_pair("state", "forged");
        for (what, url) in [("forged", &forged), ("no state at all", &"http://x/oauth/salesforce/callback".parse().unwrap())] {
            let (status, page) = story.come_back(url).await;
            assert_eq!(status, 400, "{what}");
            assert!(page.contains("CONSENT_UNKNOWN"), "{what}: {page}");
        }
        assert_eq!(story.come_back(&back).await.0, 200);
        assert_eq!(story.come_back(&back).await.0, 400, "a second time");
        assert_eq!(story.credential().await["state"], "READY");

        // The state of one connector's consent is worth nothing at another's address.
        let mut elsewhere = story.decide(&story.ask().await, "approve").await;
        elsewhere.set_path("/oauth/other/callback");
        assert_eq!(story.come_back(&elsewhere).await.0, 400);
        story.end().await;
    }

    async fn what_came_back_is_written_down_for_a_consent_that_was_begun_and_for_no_other(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let stray: Url = "http://localhost/oauth/salesforce/callback?state=nobodys&code=c".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(story.come_back(&stray).await.0, 400);
        }
        let twice: Url = "http://localhost/oauth/salesforce/callback?state=a&state=b".parse().unwrap();
        let (status, page) = story.come_back(&twice).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        let log = json!({ "filter": { "action": { "eq": "finishAuthorization" } } });
        let entries = async || story.world.api.run("AuditEvents", log.clone()).await.unwrap()["auditEvents"]["nodes"].take();
        // Anybody can open the address, as often as they like.
        assert_eq!(entries().await, json!([]));
        story.consent().await;
        let entries = entries().await;
        let told = |at: usize, what: &str| entries[at][what].clone();
        assert_eq!((told(1, "outcome"), told(0, "outcome")), (json!("STARTED"), json!("SUCCEEDED")));
        assert_eq!((told(1, "subjectId"), told(0, "subjectId")), (json!(story.alias), json!(story.alias)));
        assert_eq!(told(0, "before")["credentialState"], "MISSING");
        assert_eq!(told(0, "after")["credentialState"], "READY");
        story.end().await;
    }

    async fn a_consent_that_was_refused_leaves_the_connection_as_it_was(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let before = story.credential().await;
        let mut broken = story.decide(&story.ask().await, "approve").await;
        let state: String = broken.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        broken.query_pairs_mut().clear().append_pair("code", "wrong").append_pair("state", &state);
        let (status, page) = story.come_back(&broken).await;
        assert_eq!(status, 400);
        assert!(page.contains("invalid authorization code"), "{page}");
        assert_eq!(story.credential().await, before);
        story.end().await;
    }

    async fn a_consent_to_another_organisation_is_refused_and_given_back(database: TestDatabase) {
        let mut story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let (_, run) = story.publish().await;
        story.world.api.finished(&run).await.unwrap();
        let before = story.credential().await;

        let first = story.move_to(Settings { users: 20, seed: 62, ..Settings::default() }).await;
        let back = story.decide(&story.ask().await, "approve").await;
        let (status, page) = story.come_back(&back).await;
        assert_eq!(status, 400, "{page}");
        assert!(page.contains("ORGANIZATION_CHANGED"), "{page}");
        assert_eq!(story.credential().await, before);
        assert!(story.vendor.get("/_control/requests").await.unwrap().1.contains("revoke"));
        first.shutdown().await;
        story.end().await;
    }

    async fn a_consent_that_is_given_anew_while_a_sync_runs_lasts(database: TestDatabase) {
        let story = ConsentFlow::with_users(&database, 4_000).await;
        let rotating = Faults {
            rotate_refresh_tokens: true,
            detect_refresh_token_reuse: true,
            latency_ms: 10,
            ..Faults::default()
        };
        story.simulator.set_faults(rotating.clone());
        story.consent().await;
        let (profile, run) = story.publish().await;
        // The new consent ends the old one's token, and the sync goes on with what the new one gives.
        story.consent().await;
        assert_eq!(story.world.api.finished(&run).await.unwrap(), "SUCCEEDED");
        for _ in 0..2 {
            story.simulator.set_faults(Faults { expire_sessions: true, latency_ms: 0, ..rotating.clone() });
            let validated = story.world.api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
            assert!(!validated.to_string().contains("OAUTH_GRANT_GONE"), "{validated}");
            assert_eq!(story.credential().await["state"], "READY");
        }
        story.end().await;
    }

    async fn a_draft_may_be_given_to_another_organisation(database: TestDatabase) {
        let mut story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let draft = json!({ "name": "Acme", "aliasId": story.alias });
        let draft = story.world.api.mutate("CreateProfile", draft).await.unwrap()["profile"]["id"].clone();
        story.world.api.mutate("ValidateProfile", json!({ "id": draft })).await.unwrap();
        story.move_to(Settings { users: 20, seed: 62, ..Settings::default() }).await.shutdown().await;
        story.consent().await;
        let validated = story.world.api.mutate("ValidateProfile", json!({ "id": draft })).await.unwrap();
        let organization = &validated["profile"]["organization"]["name"];
        assert_eq!(*organization, story.simulator.expected().organization_name, "{validated}");
        story.end().await;
    }

    async fn several_who_need_a_token_at_once_spend_one_refresh_token_after_the_other(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let rotating = Faults { rotate_refresh_tokens: true, detect_refresh_token_reuse: true, ..Faults::default() };
        story.simulator.set_faults(rotating.clone());
        story.consent().await;
        let (profile, run) = story.publish().await;
        story.world.api.finished(&run).await.unwrap();
        // SQLite has one process; PostgreSQL has another gateway that keeps tokens of its own.
        let replica = match database.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => Some(story.world.replica(&database).await.unwrap()),
        };
        let doors = [Some(&story.world), replica.as_ref()].into_iter().flatten();
        let doors: Vec<_> = doors.map(|world| world.api.clone()).collect();
        for _ in 0..10 {
            story.simulator.set_faults(Faults { expire_sessions: true, ..rotating.clone() });
            let validate = |api: &Api| {
                let (api, input) = (api.clone(), json!({ "id": profile }));
                async move { api.mutate("ValidateProfile", input).await }
            };
            for validated in futures::future::join_all(doors.iter().chain(&doors).map(validate)).await {
                assert_eq!(validated.unwrap()["profile"]["organization"]["name"], story.simulator.expected().organization_name);
            }
        }
        assert_eq!(story.credential().await["state"], "READY");
        if let Some(replica) = replica {
            replica.stop().await;
        }
        story.end().await;
    }

    async fn whoever_disconnects_gives_the_token_back(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let requests = || async { story.vendor.get("/_control/requests").await.unwrap().1 };
        assert!(!requests().await.contains("revoke"), "{}", requests().await);
        story.world.api.mutate("DisconnectAlias", json!({ "id": story.alias })).await.unwrap();
        assert!(requests().await.contains("revoke"), "{}", requests().await);
        assert_eq!(story.credential().await["state"], "REVOKED");
        story.end().await;
    }

    async fn whoever_deletes_an_alias_gives_its_token_back_too(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        story.consent().await;
        story.world.api.mutate("DeleteConnectionAlias", json!({ "id": story.alias })).await.unwrap();
        let requests = story.vendor.get("/_control/requests").await.unwrap().1;
        assert!(requests.contains("revoke"), "{requests}");
        story.end().await;
    }
}
