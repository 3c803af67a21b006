//! Access control: unauthenticated callers are refused, and roles limit what others can do and see.

use std::time::Duration;

use futures::StreamExt;
use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_store::testkit::TestDatabase;
use seatgraph_tests::{Api, Connected, TestGateway, operation};
use serde_json::{Value, json};

/// Two synced organisations, and clients of callers who may see only the first.
struct Two {
    gateway: TestGateway,
    hers: Connected,
    other: Connected,
    simulators: [Simulator; 2],
}

impl Two {
    async fn start(database: &TestDatabase) -> Self {
        let gateway = TestGateway::start_with(database, |config| {
            config.limits.rights_checked_every = Duration::from_millis(50);
        });
        let gateway = gateway.await.unwrap();
        let hers = Simulator::start(Settings { users: 40, seed: 51, ..Settings::default() }).await.unwrap();
        let other = Simulator::start(Settings { users: 40, seed: 52, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&hers, "hers").await.unwrap();
        let foreign = gateway.connect(&other, "foreign-profile").await.unwrap();
        for run in [&connected.run, &foreign.run] {
            assert_eq!(gateway.api.finished(run).await.unwrap(), "SUCCEEDED");
        }
        Self { gateway, hers: connected, other: foreign, simulators: [hers, other] }
    }

    /// Creates a token with a role for the first profile only. Returns the client and the ID of the token.
    async fn come_as(&self, role: &str) -> (Api, String) {
        let roles = json!([{ "role": role, "profileIds": [self.hers.profile] }]);
        let made = self.gateway.api.mutate("CreateApiToken", json!({ "name": role, "roles": roles })).await.unwrap();
        let api = self.gateway.api.with_token(made["secret"].as_str().unwrap());
        (api, made["token"]["id"].as_str().unwrap().to_owned())
    }

    /// The IDs of one object of each type of the other organisation.
    async fn foreign_ids(&self) -> Vec<String> {
        const ONE_OF_EACH: &str = "query($id: ID!) { \
            accounts(first: 1, filter: { profileId: $id }) { nodes { id } } \
            subscriptions(first: 1, filter: { profileId: $id }) { nodes { id } } \
            licensePools(first: 1, filter: { profileId: $id }) { nodes { id } } }";
        let found = self.gateway.api.ask(ONE_OF_EACH, json!({ "id": self.other.profile })).await.unwrap();
        let node = |list: &str| found[list]["nodes"][0]["id"].as_str().unwrap().to_owned();
        let Connected { alias, profile, run } = self.other.clone();
        vec![alias, profile, run, node("accounts"), node("subscriptions"), node("licensePools")]
    }
}

/// The code of the first error of a response. Empty if there is none.
fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

each_backend! {
    async fn an_unauthenticated_caller_is_refused_everywhere(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        for api in [gateway.api.anonymous(), gateway.api.with_token("sg_nonsense"), gateway.api.with_token("")] {
            for query in ["{ viewer { name } }", "{ profiles { totalCount } }", "{ __schema { types { name } } }"] {
                let answer = api.post(query, json!({})).await.unwrap();
                assert_eq!((code(&answer), &answer["data"]), ("UNAUTHENTICATED", &Value::Null), "{query}");
            }
        }
        gateway.stop().await;
    }

    async fn objects_outside_the_profile_limit_do_not_exist(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, _) = two.come_as("VIEWER").await;
        let foreign = two.foreign_ids().await;
        for id in &foreign {
            let found = anna.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await.unwrap();
            assert_eq!(found["node"], Value::Null, "{id}");
        }
        // No list contains anything of the other organisation.
        let everything = [
            "ConnectionAliases", "Profiles", "SyncRuns", "Accounts", "Subscriptions", "LicensePools", "SoftwareModels",
            "UnrecognizedIdentifiers", "NeverActive", "StartHere",
        ];
        for name in everything {
            let answer = anna.post(&operation(name), json!({ "first": 40 })).await.unwrap();
            let text = answer.to_string();
            assert!(answer["errors"].is_null(), "{name}: {text}");
            assert!(!text.contains("foreign-profile"), "{name}: {text}");
            for id in &foreign {
                assert!(!text.contains(id.as_str()), "{name}: {id}");
            }
        }
        let counts = "{ accounts { totalCount } profiles { totalCount } connectionAliases { totalCount } }";
        let counted = anna.ask(counts, json!({})).await.unwrap();
        let count = |list: &str| counted[list]["totalCount"].as_i64().unwrap();
        assert_eq!((count("accounts"), count("profiles"), count("connectionAliases")), (40, 1, 1));
        two.gateway.stop().await;
    }

    async fn audit_entries_and_roles_of_other_profiles_are_hidden(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (auditor, _) = two.come_as("AUDITOR").await;
        let log = auditor.run("AuditEvents", json!({ "first": 100 })).await.unwrap();
        let entries = log["auditEvents"]["nodes"].as_array().unwrap();
        assert!(!entries.is_empty() && !log.to_string().contains("foreign-profile"), "{log}");
        assert_eq!(log["auditEvents"]["totalCount"].as_u64().unwrap() as usize, entries.len());
        let hers = entries.iter().filter(|entry| entry["subjectId"] == json!(two.hers.profile)).count();
        assert!(hers > 0, "{log}");
        let (admin, own) = two.come_as("ADMIN").await;
        for query in ["{ apiTokens { totalCount } }", "{ jobs { totalCount } }", "{ roleAssignments { totalCount } }"] {
            assert_eq!(code(&admin.post(query, json!({})).await.unwrap()), "FORBIDDEN", "{query}");
        }
        let found = admin.ask("query($id: ID!) { node(id: $id) { id } }", json!({ "id": own })).await.unwrap();
        assert_eq!(found["node"], Value::Null);
        two.gateway.stop().await;
    }

    async fn a_parent_alias_is_hidden_from_callers_who_do_not_see_all_its_children(database: TestDatabase) {
        let two = Two::start(&database).await;
        let api = &two.gateway.api;
        let alias = async |input: Value| {
            api.mutate("CreateConnectionAlias", input).await.unwrap()["alias"]["id"].as_str().unwrap().to_owned()
        };
        let url = two.simulators[0].url();
        let parent = alias(json!({ "connector": "salesforce", "name": "parent" })).await;
        let child = |name: &str| json!({
            "connector": "salesforce", "name": name, "parentId": parent, "instanceUrl": url,
        });
        let (seen, _hidden) = (alias(child("seen")).await, alias(child("hidden-child")).await);
        let profile = json!({ "name": "of the child", "aliasId": seen });
        let profile = api.mutate("CreateProfile", profile).await.unwrap()["profile"]["id"].clone();
        let roles = json!([{ "role": "INTEGRATOR", "profileIds": [profile] }]);
        let made = api.mutate("CreateApiToken", json!({ "name": "child", "roles": roles })).await.unwrap();
        let anna = api.with_token(made["secret"].as_str().unwrap());
        for (name, input) in [
            ("UpdateConnectionAlias", json!({ "id": parent, "properties": { "pageSize": 777 } })),
            ("DeleteConnectionAlias", json!({ "id": parent })),
        ] {
            let refused = anna.post(&operation(name), json!({ "input": input })).await.unwrap();
            assert_eq!(code(&refused), "FORBIDDEN", "{name}: {refused}");
            assert!(!refused.to_string().contains("hidden-child"), "{name}: {refused}");
        }
        two.gateway.stop().await;
    }

    async fn a_command_on_a_hidden_object_is_refused_like_one_on_a_missing_object(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, _) = two.come_as("INTEGRATOR").await;
        let commands = [
            ("PauseProfile", json!({ "id": two.other.profile })),
            ("ResumeProfile", json!({ "id": two.other.profile })),
            ("PublishProfile", json!({ "id": two.other.profile })),
            ("ValidateProfile", json!({ "id": two.other.profile })),
            ("UpdateProfile", json!({ "id": two.other.profile, "name": "mine" })),
            ("DeleteProfile", json!({ "id": two.other.profile })),
            ("StartSync", json!({ "profileId": two.other.profile })),
            ("CancelSync", json!({ "id": two.other.run })),
            ("ConfirmSuspectSync", json!({ "id": two.other.run })),
            ("UpdateConnectionAlias", json!({ "id": two.other.alias, "name": "mine" })),
            ("DeleteConnectionAlias", json!({ "id": two.other.alias })),
            ("DisconnectAlias", json!({ "id": two.other.alias })),
            ("SetClientCredentials", json!({ "aliasId": two.other.alias, "clientId": "c", "clientSecret": "s" })),
            ("BeginAuthorization", json!({ "aliasId": two.other.alias, "clientId": "c" })),
        ];
        for (name, hidden) in commands {
            let mut nothing = hidden.clone();
            for id in nothing.as_object_mut().unwrap().values_mut() {
                let known = id.as_str().filter(|text| text.len() > 32).map(|text| text[..text.len() - 4].to_owned() + "0000");
                if let Some(unknown) = known {
                    *id = json!(unknown);
                }
            }
            let refused = anna.post(&operation(name), json!({ "input": hidden })).await.unwrap();
            let unknown = anna.post(&operation(name), json!({ "input": nothing })).await.unwrap();
            assert_eq!(masked(&refused), masked(&unknown), "{name}");
            assert!(refused.to_string().contains("NOT_FOUND"), "{name}: {refused}");
        }
        // Nothing was changed.
        let query = "query($id: ID!) { profile(by: { id: $id }) { name state alias { name credential { state } } } }";
        let after = two.gateway.api.ask(query, json!({ "id": two.other.profile })).await.unwrap();
        let expected = json!({
            "name": "foreign-profile", "state": "PUBLISHED",
            "alias": { "name": "foreign-profile", "credential": { "state": "READY" } },
        });
        assert_eq!(after["profile"], expected);
        two.gateway.stop().await;
    }

    async fn a_role_for_one_profile_applies_only_to_it(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, _) = two.come_as("INTEGRATOR").await;
        anna.mutate("PauseProfile", json!({ "id": two.hers.profile })).await.unwrap();
        anna.mutate("ResumeProfile", json!({ "id": two.hers.profile })).await.unwrap();
        let properties = json!({ "id": two.hers.alias, "properties": { "pageSize": 500 } });
        anna.mutate("UpdateConnectionAlias", properties).await.unwrap();
        let at_large = [
            ("CreateConnectionAlias", json!({ "connector": "salesforce", "name": "another" })),
            ("CreateApiToken", json!({ "name": "mine", "roles": [{ "role": "ADMIN" }] })),
            ("AssignRole", json!({ "holder": { "person": "anna" }, "role": "ADMIN" })),
        ];
        for (name, input) in at_large {
            let answer = anna.post(&operation(name), json!({ "input": input })).await.unwrap();
            assert_eq!(code(&answer), "FORBIDDEN", "{name}: {answer}");
        }
        two.gateway.stop().await;
    }

    async fn a_viewer_can_read_but_not_write(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, _) = two.come_as("VIEWER").await;
        let viewer = anna.run("Viewer", json!({})).await.unwrap()["viewer"].take();
        assert_eq!((&viewer["roles"], &viewer["permissions"]), (&json!(["VIEWER"]), &json!(["READ"])));
        assert_eq!(viewer["profiles"][0]["name"], "hers");
        for (name, input) in [
            ("StartSync", json!({ "profileId": two.hers.profile })),
            ("PauseProfile", json!({ "id": two.hers.profile })),
        ] {
            let answer = anna.post(&operation(name), json!({ "input": input })).await.unwrap();
            assert_eq!(code(&answer), "FORBIDDEN", "{name}: {answer}");
        }
        for query in ["AuditEvents", "ApiTokens", "Jobs", "RoleAssignments"] {
            assert_eq!(code(&anna.post(&operation(query), json!({})).await.unwrap()), "FORBIDDEN", "{query}");
        }
        two.gateway.stop().await;
    }

    async fn a_stream_ends_when_its_token_is_revoked(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, token) = two.come_as("VIEWER").await;
        // The next run of the profile is tomorrow, so the stream would stay open.
        let by = json!({ "by": { "profileId": two.hers.profile } });
        let document = "subscription($by: SyncProgressBy!) { syncProgress(by: $by) { sequence } }";
        let mut stream = std::pin::pin!(anna.subscribe(document, by).await.unwrap());
        two.gateway.api.mutate("RevokeApiToken", json!({ "id": token })).await.unwrap();
        let mut last = Value::Null;
        while let Some(event) = stream.next().await {
            last = event.unwrap();
        }
        assert_eq!(code(&last), "UNAUTHENTICATED", "{last}");
        assert_eq!(code(&anna.post("{ viewer { name } }", json!({})).await.unwrap()), "UNAUTHENTICATED");
        two.gateway.stop().await;
    }

    async fn a_mutation_is_audited_before_and_after(database: TestDatabase) {
        let two = Two::start(&database).await;
        let (anna, token) = two.come_as("INTEGRATOR").await;
        anna.mutate("UpdateProfile", json!({ "id": two.hers.profile, "name": "renamed" })).await.unwrap();
        let secret = json!({ "aliasId": two.hers.alias, "clientId": "public", "clientSecret": "canary-secret" });
        anna.mutate("SetClientCredentials", secret).await.unwrap();
        anna.post(&operation("CancelSync"), json!({ "input": { "id": two.hers.run } })).await.unwrap();

        let by_anna = json!({ "filter": { "actor": { "eq": token } } });
        let log = two.gateway.api.run("AuditEvents", by_anna).await.unwrap();
        assert!(!log.to_string().contains("canary-secret"));
        let entries: Vec<_> = log["auditEvents"]["nodes"].as_array().unwrap().iter().rev().collect();
        let actual: Vec<_> = entries.iter().map(|e| (e["action"].as_str().unwrap(), e["outcome"].as_str().unwrap())).collect();
        let expected = [
            ("updateProfile", "STARTED"), ("updateProfile", "SUCCEEDED"),
            ("setClientCredentials", "STARTED"), ("setClientCredentials", "SUCCEEDED"),
            ("cancelSync", "STARTED"), ("cancelSync", "REFUSED"),
        ];
        assert_eq!(actual, expected);
        assert_eq!((&entries[1]["before"]["name"], &entries[1]["after"]["name"]), (&json!("hers"), &json!("renamed")));
        assert_eq!(entries[1]["subjectId"], json!(two.hers.profile));
        assert_eq!(entries[3]["after"]["clientId"], "public");
        assert!(entries[5]["note"].as_str().unwrap().contains("has ended"));
        assert!(entries[0]["clientAddress"].as_str().unwrap().starts_with("127.0.0.1"), "{}", entries[0]);
        two.gateway.stop().await;
    }
}

/// A response without the parts that differ between two requests: the requested IDs and the trace ID.
fn masked(answer: &Value) -> Value {
    match answer {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != "traceId");
            Value::Object(kept.map(|(name, value)| (name.clone(), masked(value))).collect())
        }
        Value::Array(items) => items.iter().map(masked).collect(),
        Value::String(text) => {
            let words = text
                .split(' ')
                .map(|word| word.split_once('_').filter(|(_, id)| id.len() == 32).map_or(word, |(kind, _)| kind));
            Value::String(words.collect::<Vec<_>>().join(" "))
        }
        other => other.clone(),
    }
}
