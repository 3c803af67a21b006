//! OAuth authorisation by a user: start, consent at the vendor, callback, token refresh, and revocation.

use salesforce_simulator::{Faults, Settings, TokenRefusal};
use seatgraph_store::{Backend, each_backend};
use seatgraph_tests::Api;
use serde_json::json;
use url::Url;

use crate::consent_flow::ConsentFlow;

each_backend! {
    async fn a_user_consents_and_the_organisation_is_synced(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        assert_eq!(flow.credential().await["state"], "MISSING");
        flow.consent().await;
        let credential = flow.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("AUTHORIZATION_CODE")));
        let scopes = credential["grantedScopes"].as_array().unwrap();
        assert!(scopes.contains(&json!("api")) && scopes.contains(&json!("refresh_token")), "{scopes:?}");
        assert!(credential["principal"].as_str().unwrap().contains("/id/00D"), "{credential}");
        let (_, run) = flow.publish().await;
        assert_eq!(flow.gateway.api.finished(&run).await.unwrap(), "SUCCEEDED");
        let found = flow.gateway.api.ask("{ accounts { totalCount } }", json!({})).await.unwrap();
        assert_eq!(found["accounts"]["totalCount"], flow.simulator.expected().users.total);
        flow.end().await;
    }

    async fn rotated_tokens_are_stored_before_use(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let rotating = Faults { rotate_refresh_tokens: true, detect_refresh_token_reuse: true, ..Faults::default() };
        flow.simulator.set_faults(rotating.clone());
        flow.consent().await;
        let (profile, run) = flow.publish().await;
        assert_eq!(flow.gateway.api.finished(&run).await.unwrap(), "SUCCEEDED");
        // Sessions expire after a few calls. Each time, one refresh token is used and replaced.
        for _ in 0..3 {
            flow.simulator.set_faults(Faults { expire_session_every: Some(5), ..rotating.clone() });
            assert_eq!(flow.sync(&profile).await, "SUCCEEDED");
        }
        assert_eq!(flow.credential().await["state"], "READY");
        flow.end().await;
    }

    async fn a_revoked_grant_stops_the_profile_until_the_next_authorization(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let (profile, run) = flow.publish().await;
        flow.gateway.api.finished(&run).await.unwrap();
        let gone = TokenRefusal {
            error: "invalid_grant".to_owned(),
            error_description: "expired access/refresh token".to_owned(),
            times: None,
        };
        flow.simulator.set_faults(Faults { expire_sessions: true, token_refusal: Some(gone), ..Faults::default() });
        assert_eq!(flow.sync(&profile).await, "FAILED");
        assert_eq!(flow.credential().await["state"], "REAUTH_REQUIRED");
        let document = "query($id: ID!) { profile(by: { id: $id }) { state lastRun { findings { code remedy } } } }";
        let found = flow.gateway.api.ask(document, json!({ "id": profile })).await.unwrap();
        assert_eq!(found["profile"]["state"], "REAUTH_REQUIRED");
        assert_eq!(found["profile"]["lastRun"]["findings"][0]["code"], "OAUTH_GRANT_GONE");

        flow.simulator.set_faults(Faults::default());
        flow.consent().await;
        flow.gateway.api.mutate("ResumeProfile", json!({ "id": profile })).await.unwrap();
        let document = "query($id: ID!) { profile(by: { id: $id }) { lastRun { id } } }";
        let last = flow.gateway.api.ask(document, json!({ "id": profile })).await.unwrap();
        let last = last["profile"]["lastRun"]["id"].as_str().unwrap().to_owned();
        assert_eq!(flow.gateway.api.finished(&last).await.unwrap(), "SUCCEEDED");
        flow.end().await;
    }

    async fn an_authorization_works_once_and_only_for_its_connector(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let denied = flow.decide(&flow.start_authorization().await, "deny").await;
        let (status, page) = flow.follow_redirect(&denied).await;
        assert_eq!(status, 400);
        assert!(page.contains("OAUTH_CONSENT_DENIED") && page.contains("choose Allow"), "{page}");

        let back = flow.decide(&flow.start_authorization().await, "approve").await;
        let mut forged = back.clone();
        forged.query_pairs_mut().clear().append_pair("code", "x").append_pair("state", "forged");
        for (what, url) in [("forged", &forged), ("no state at all", &"http://x/oauth/salesforce/callback".parse().unwrap())] {
            let (status, page) = flow.follow_redirect(url).await;
            assert_eq!(status, 400, "{what}");
            assert!(page.contains("CONSENT_UNKNOWN"), "{what}: {page}");
        }
        assert_eq!(flow.follow_redirect(&back).await.0, 200);
        assert_eq!(flow.follow_redirect(&back).await.0, 400, "a second time");
        assert_eq!(flow.credential().await["state"], "READY");

        // The state of an authorisation is not valid at the callback of another connector.
        let mut elsewhere = flow.decide(&flow.start_authorization().await, "approve").await;
        elsewhere.set_path("/oauth/other/callback");
        assert_eq!(flow.follow_redirect(&elsewhere).await.0, 400);
        flow.end().await;
    }

    async fn only_callbacks_of_started_authorizations_are_audited(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let stray: Url = "http://localhost/oauth/salesforce/callback?state=nobodys&code=c".parse().unwrap();
        for _ in 0..3 {
            assert_eq!(flow.follow_redirect(&stray).await.0, 400);
        }
        let twice: Url = "http://localhost/oauth/salesforce/callback?state=a&state=b".parse().unwrap();
        let (status, page) = flow.follow_redirect(&twice).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        let log = json!({ "filter": { "action": { "eq": "finishAuthorization" } } });
        let entries = async || flow.gateway.api.run("AuditEvents", log.clone()).await.unwrap()["auditEvents"]["nodes"].take();
        // The callback can be opened repeatedly.
        assert_eq!(entries().await, json!([]));
        flow.consent().await;
        let entries = entries().await;
        let entry = |at: usize, field: &str| entries[at][field].clone();
        assert_eq!((entry(1, "outcome"), entry(0, "outcome")), (json!("STARTED"), json!("SUCCEEDED")));
        assert_eq!((entry(1, "subjectId"), entry(0, "subjectId")), (json!(flow.alias), json!(flow.alias)));
        assert_eq!(entry(0, "before")["credentialState"], "MISSING");
        assert_eq!(entry(0, "after")["credentialState"], "READY");
        flow.end().await;
    }

    async fn a_refused_consent_leaves_the_connection_unchanged(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let before = flow.credential().await;
        let mut broken = flow.decide(&flow.start_authorization().await, "approve").await;
        let state: String = broken.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        broken.query_pairs_mut().clear().append_pair("code", "wrong").append_pair("state", &state);
        let (status, page) = flow.follow_redirect(&broken).await;
        assert_eq!(status, 400);
        assert!(page.contains("invalid authorization code"), "{page}");
        assert_eq!(flow.credential().await, before);
        flow.end().await;
    }

    async fn a_token_of_another_organisation_is_refused_and_revoked(database: TestDatabase) {
        let mut flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let (_, run) = flow.publish().await;
        flow.gateway.api.finished(&run).await.unwrap();
        let before = flow.credential().await;

        let first = flow.move_to(Settings { users: 20, seed: 62, ..Settings::default() }).await;
        let back = flow.decide(&flow.start_authorization().await, "approve").await;
        let (status, page) = flow.follow_redirect(&back).await;
        assert_eq!(status, 400, "{page}");
        assert!(page.contains("ORGANIZATION_CHANGED"), "{page}");
        assert_eq!(flow.credential().await, before);
        assert!(flow.vendor.get("/_control/requests").await.unwrap().1.contains("revoke"));
        first.shutdown().await;
        flow.end().await;
    }

    async fn a_new_authorization_during_a_sync_is_kept(database: TestDatabase) {
        let flow = ConsentFlow::with_users(&database, 4_000).await;
        let rotating = Faults {
            rotate_refresh_tokens: true,
            detect_refresh_token_reuse: true,
            latency_ms: 10,
            ..Faults::default()
        };
        flow.simulator.set_faults(rotating.clone());
        flow.consent().await;
        let (profile, run) = flow.publish().await;
        // The new authorisation revokes the old token, and the sync continues with the new one.
        flow.consent().await;
        assert_eq!(flow.gateway.api.finished(&run).await.unwrap(), "SUCCEEDED");
        for _ in 0..2 {
            flow.simulator.set_faults(Faults { expire_sessions: true, latency_ms: 0, ..rotating.clone() });
            let validated = flow.gateway.api.mutate("ValidateProfile", json!({ "id": profile })).await.unwrap();
            assert!(!validated.to_string().contains("OAUTH_GRANT_GONE"), "{validated}");
            assert_eq!(flow.credential().await["state"], "READY");
        }
        flow.end().await;
    }

    async fn a_draft_can_be_connected_to_another_organisation(database: TestDatabase) {
        let mut flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let draft = json!({ "name": "Acme", "aliasId": flow.alias });
        let draft = flow.gateway.api.mutate("CreateProfile", draft).await.unwrap()["profile"]["id"].clone();
        flow.gateway.api.mutate("ValidateProfile", json!({ "id": draft })).await.unwrap();
        flow.move_to(Settings { users: 20, seed: 62, ..Settings::default() }).await.shutdown().await;
        flow.consent().await;
        let validated = flow.gateway.api.mutate("ValidateProfile", json!({ "id": draft })).await.unwrap();
        let organization = &validated["profile"]["organization"]["name"];
        assert_eq!(*organization, flow.simulator.expected().organization_name, "{validated}");
        flow.end().await;
    }

    async fn concurrent_token_requests_use_refresh_tokens_one_after_the_other(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let rotating = Faults { rotate_refresh_tokens: true, detect_refresh_token_reuse: true, ..Faults::default() };
        flow.simulator.set_faults(rotating.clone());
        flow.consent().await;
        let (profile, run) = flow.publish().await;
        flow.gateway.api.finished(&run).await.unwrap();
        // SQLite allows one process. With PostgreSQL, another gateway caches its own tokens.
        let replica = match database.backend() {
            Backend::Sqlite => None,
            Backend::Postgres => Some(flow.gateway.replica(&database).await.unwrap()),
        };
        let doors = [Some(&flow.gateway), replica.as_ref()].into_iter().flatten();
        let doors: Vec<_> = doors.map(|gateway| gateway.api.clone()).collect();
        for _ in 0..10 {
            flow.simulator.set_faults(Faults { expire_sessions: true, ..rotating.clone() });
            let validate = |api: &Api| {
                let (api, input) = (api.clone(), json!({ "id": profile }));
                async move { api.mutate("ValidateProfile", input).await }
            };
            for validated in futures::future::join_all(doors.iter().chain(&doors).map(validate)).await {
                assert_eq!(validated.unwrap()["profile"]["organization"]["name"], flow.simulator.expected().organization_name);
            }
        }
        assert_eq!(flow.credential().await["state"], "READY");
        if let Some(replica) = replica {
            replica.stop().await;
        }
        flow.end().await;
    }

    async fn disconnecting_an_alias_revokes_its_token(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let requests = || async { flow.vendor.get("/_control/requests").await.unwrap().1 };
        assert!(!requests().await.contains("revoke"), "{}", requests().await);
        flow.gateway.api.mutate("DisconnectAlias", json!({ "id": flow.alias })).await.unwrap();
        assert!(requests().await.contains("revoke"), "{}", requests().await);
        assert_eq!(flow.credential().await["state"], "REVOKED");
        flow.end().await;
    }

    async fn deleting_an_alias_revokes_its_token(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        flow.gateway.api.mutate("DeleteConnectionAlias", json!({ "id": flow.alias })).await.unwrap();
        let requests = flow.vendor.get("/_control/requests").await.unwrap().1;
        assert!(requests.contains("revoke"), "{requests}");
        flow.end().await;
    }
}
