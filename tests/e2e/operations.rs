//! The shared documents and their responses, as snapshots.

use std::collections::BTreeSet;

use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Map, Value, json};

/// Runs a document and compares the response with its snapshot, which is the same for both databases.
struct Reader<'a> {
    api: &'a Api,
    read: BTreeSet<String>,
}

impl Reader<'_> {
    async fn shows(&mut self, operation: &str, variables: Value) -> Value {
        let answer = self.api.run(operation, variables).await.unwrap();
        self.read.insert(operation.to_owned());
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!(operation, redacted(&answer));
        });
        answer
    }
}

each_backend! {
    async fn every_shared_document_matches_its_snapshot(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 40, seed: 41, ..Settings::default() }).await.unwrap();
        let mut reader = Reader { api: &gateway.api, read: BTreeSet::new() };
        Box::pin(flow(&mut reader, &simulator)).await;

        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../graphql/operations");
        let documents = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let documents = documents.filter(|path| path.extension().is_some_and(|e| e == "graphql"));
        let documents: BTreeSet<String> =
            documents.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
        // `sync_progress_streams_every_event_once` tests its events.
        reader.read.insert("SyncProgress".to_owned());
        // `job_progress_streams_the_events_of_any_kind` tests these.
        reader.read.insert("JobProgress".to_owned());
        assert_eq!(reader.read, documents, "all documents are tested");
        gateway.stop().await;
    }
}

async fn flow(reader: &mut Reader<'_>, simulator: &Simulator) {
    let alias = connecting(reader, simulator).await;
    let profile = publishing(reader, &alias).await;
    reading(reader).await;
    working(reader, &profile).await;
    permitting(reader, &profile).await;
    leaving(reader, &profile, &alias).await;
}

async fn connecting(reader: &mut Reader<'_>, simulator: &Simulator) -> Value {
    reader.shows("Connectors", json!({})).await;
    reader.shows("ConnectorSetup", json!({ "key": "salesforce", "grant": "CLIENT_CREDENTIALS" })).await;
    let parent = json!({ "connector": "salesforce", "name": "shared", "properties": { "pageSize": 200 } });
    let parent = reader.shows("CreateConnectionAlias", input(parent)).await;
    let child = json!({
        "connector": "salesforce",
        "name": "acme",
        "parentId": parent["createConnectionAlias"]["alias"]["id"],
        "instanceUrl": simulator.url(),
    });
    let alias = reader.api.mutate("CreateConnectionAlias", child).await.unwrap()["alias"]["id"].take();
    let application = json!({ "aliasId": alias, "clientId": simulator.client_id() });
    reader.shows("BeginAuthorization", input(application.clone())).await;
    let link = reader.shows("CreateDelegatedLink", input(application)).await;
    let link = &link["createDelegatedLink"]["link"]["id"];
    reader.shows("RevokeDelegatedLink", input(json!({ "id": link }))).await;
    let signing = json!({
        "aliasId": alias, "clientId": simulator.client_id(), "username": simulator.username(),
        "privateKey": include_str!("../../fixtures/keys/first.key"),
    });
    reader.shows("SetJwtBearer", input(signing)).await;
    let credentials = json!({
        "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": simulator.client_secret()
    });
    reader.shows("SetClientCredentials", input(credentials)).await;
    reader.shows("UpdateConnectionAlias", input(json!({ "id": alias, "properties": { "pageSize": 300 } }))).await;
    reader.shows("ConnectionAliases", json!({})).await;
    alias
}

async fn publishing(reader: &mut Reader<'_>, alias: &Value) -> Value {
    let profile = json!({ "name": "Acme", "aliasId": alias, "schedule": { "every": "MANUAL" } });
    let mut profile = reader.shows("CreateProfile", input(profile)).await;
    let profile = profile["createProfile"]["profile"]["id"].take();
    reader.shows("ValidateProfile", input(json!({ "id": profile }))).await;
    reader.shows("ProfileSetup", json!({ "id": profile })).await;
    let schedule = json!({ "every": "DAY", "at": "04:30", "timeZone": "Europe/Berlin" });
    reader.shows("UpdateProfile", input(json!({ "id": profile, "schedule": schedule }))).await;
    let published = reader.shows("PublishProfile", input(json!({ "id": profile }))).await;
    let run = &published["publishProfile"]["run"]["id"];
    assert_eq!(reader.api.finished(run.as_str().unwrap()).await.unwrap(), "SUCCEEDED");
    reader.shows("SyncRun", json!({ "id": run })).await;
    reader.shows("Node", json!({ "id": run })).await;
    profile
}

async fn reading(reader: &mut Reader<'_>) {
    reader.shows("StartHere", json!({})).await;
    reader.shows("Profiles", json!({})).await;
    for page in ["Accounts", "Subscriptions", "NeverActive"] {
        reader.shows(page, json!({ "first": 5 })).await;
    }
    for page in ["InactiveAccounts", "InactiveSubscriptions"] {
        reader.shows(page, json!({ "first": 5, "inactiveDays": 60 })).await;
    }
    reader.shows("LicensePools", json!({})).await;
    reader.shows("SoftwareModels", json!({})).await;
    let waiting = reader.shows("UnrecognizedIdentifiers", json!({})).await;
    let ids = [&waiting["unrecognizedIdentifiers"]["nodes"][0]["id"]];
    let product = json!({ "publisher": "Acme", "product": "Field Service" });
    reader.shows("ResolveIdentifier", input(json!({ "ids": ids, "target": { "product": product } }))).await;
}

async fn working(reader: &mut Reader<'_>, profile: &Value) {
    let started = reader.shows("StartSync", input(json!({ "profileId": profile, "idempotencyKey": "once" }))).await;
    let run = &started["startSync"]["run"]["id"];
    assert_eq!(reader.api.finished(run.as_str().unwrap()).await.unwrap(), "SUCCEEDED");
    reader.shows("SyncRuns", json!({})).await;
    reader.shows("Jobs", json!({ "filter": { "kind": ["sync"] } })).await;
    // A finished run can be neither cancelled nor confirmed.
    reader.shows("CancelSync", input(json!({ "id": run }))).await;
    reader.shows("ConfirmSuspectSync", input(json!({ "id": run }))).await;
    reader.shows("PauseProfile", input(json!({ "id": profile }))).await;
    reader.shows("ResumeProfile", input(json!({ "id": profile }))).await;
    let query = "query($id: ID!) { profile(by: { id: $id }) { lastRun { id } } }";
    let last = reader.api.ask(query, json!({ "id": profile })).await.unwrap();
    reader.api.finished(last["profile"]["lastRun"]["id"].as_str().unwrap()).await.unwrap();
}

async fn permitting(reader: &mut Reader<'_>, profile: &Value) {
    reader.shows("Viewer", json!({})).await;
    let token = json!({ "name": "nightly report", "roles": [{ "role": "VIEWER", "profileIds": [profile] }] });
    let made = reader.shows("CreateApiToken", input(token)).await;
    let token = &made["createApiToken"]["token"]["id"];
    let group = json!({ "holder": { "group": "licence-managers" }, "role": "USER" });
    let role = reader.shows("AssignRole", input(group)).await;
    reader.shows("RoleAssignments", json!({})).await;
    reader.shows("RemoveRole", input(json!({ "id": role["assignRole"]["assignment"]["id"] }))).await;
    reader.shows("RevokeApiToken", input(json!({ "id": token }))).await;
    reader.shows("ApiTokens", json!({})).await;
    reader.shows("AuditEvents", json!({ "first": 6 })).await;
}

async fn leaving(reader: &mut Reader<'_>, profile: &Value, alias: &Value) {
    reader.shows("DeleteProfile", input(json!({ "id": profile }))).await;
    reader.shows("DisconnectAlias", input(json!({ "id": alias }))).await;
    reader.shows("DeleteConnectionAlias", input(json!({ "id": alias }))).await;
}

fn input(value: Value) -> Value {
    json!({ "input": value })
}

/// Replaces values that differ between test runs.
fn redacted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut shown = fields.iter().map(|(k, v)| (k.clone(), field(k, v))).collect::<Map<_, _>>();
            // Sequence numbers of the audit log depend on the previous steps.
            if let (true, Some(sequence)) = (fields.contains_key("actor"), shown.get_mut("sequence")) {
                *sequence = json!("[sequence]");
            }
            Value::Object(shown)
        }
        Value::Array(items) => Value::Array(items.iter().map(redacted).collect()),
        Value::String(text) => Value::String(word(text)),
        other => other.clone(),
    }
}

fn field(name: &str, value: &Value) -> Value {
    let varies = [
        "daysInactive",
        "ratePerSecond",
        "endCursor",
        "startCursor",
        "cursor",
        "hint",
        "secret",
        "traceId",
        "clientAddress",
    ];
    if varies.contains(&name) && !value.is_null() { json!(format!("[{name}]")) } else { redacted(value) }
}

fn word(text: &str) -> String {
    let is_time = text.len() >= 20 && text.as_bytes()[4] == b'-' && text.as_bytes()[10] == b'T';
    let is_day = text.len() == 10 && text.as_bytes()[4] == b'-' && text.as_bytes()[7] == b'-';
    let id = text.rsplit_once('_').filter(|(_, hex)| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()));
    match id {
        Some((kind, _)) => format!("[{kind}]"),
        None if is_time => "[time]".to_owned(),
        None if is_day => "[day]".to_owned(),
        None if text.starts_with("http://127.0.0.1:") && text.contains("/authorize?") => "[consent]".to_owned(),
        None if text.starts_with("http://127.0.0.1:") => "[instance]".to_owned(),
        None if text.starts_with("http://localhost:") => "[gateway]".to_owned(),
        None => text.to_owned(),
    }
}
