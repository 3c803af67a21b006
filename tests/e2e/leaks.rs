//! Canary secrets are entered wherever a secret can be entered. Then responses, logs and the database are searched for them.

use std::fs::File;
use std::process::Stdio;
use std::sync::Mutex;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use salesforce_simulator::{Faults, Settings, Simulator};
use seatgraph::config::Config;
use seatgraph_store::{each_backend, testkit::TestDatabase};
use seatgraph_tests::{Api, administrator, operation};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use url::Url;

use crate::consent_flow::decide;

const PRIVATE_KEY: &str = include_str!("../../fixtures/keys/first.key");
const ENCRYPTED_KEY: &str = include_str!("../../fixtures/keys/encrypted.key");
const CERTIFICATE: &str = include_str!("../../fixtures/keys/first.crt");

/// Parts of every access token and refresh token of the simulated organisation.
const TOKENS_OF_THE_VENDOR: [&str; 2] = ["!AQ.", "5Aep861"];

/// A gateway in its own process that logs everything, and its collected output.
struct LeakTest {
    process: Child,
    folder: tempfile::TempDir,
    api: Api,
    client: reqwest::Client,
    heard: Mutex<String>,
    secrets: Mutex<Vec<(String, String)>>,
}

impl LeakTest {
    async fn open(database: &TestDatabase) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let key_file = folder.path().join("seatgraph.key");
        let log = File::create(folder.path().join("log")).unwrap();
        // A server that trusts local connections accepts any password.
        let url = database.url().replacen("://postgres@", "://postgres:canary-of-the-database@", 1);
        let mut process = Command::new(env!("CARGO_BIN_EXE_seatgraph-under-test"))
            .arg("serve")
            .env("SEATGRAPH_DATABASE__URL", url)
            .env("SEATGRAPH_LISTEN", "127.0.0.1:0")
            .env("SEATGRAPH_KEY_FILE", &key_file)
            .env("SEATGRAPH_ENGINE__LOOPBACK_VENDORS", "true")
            .env("SEATGRAPH_ENGINE__RETRY_DELAY", "5ms")
            .env("SEATGRAPH_LOG__LEVEL", "trace")
            .env("SEATGRAPH_LOGIN__ISSUER", "http://127.0.0.1:9")
            .env("SEATGRAPH_LOGIN__CLIENT_ID", "gateway")
            .env("SEATGRAPH_LOGIN__CLIENT_SECRET", "canary-of-the-login")
            .stderr(Stdio::from(log))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().expect("it says where it listens");
        let address = line.trim_start_matches("GraphiQL: ").trim_end_matches('/').to_owned();
        let mut config = Config { key_file: Some(key_file.clone()), ..Config::default() };
        config.database.url = database.url().to_owned();
        let token = administrator(&config).await.unwrap();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let test = Self {
            process,
            folder,
            api: Api::new(address).with_token(&token),
            client: client.build().unwrap(),
            heard: Mutex::default(),
            secrets: Mutex::default(),
        };
        test.plant("the sealing key", std::fs::read_to_string(&key_file).unwrap().trim());
        test.plant("the API token", &token);
        test.plant("the login's client secret", "canary-of-the-login");
        test.plant("the password of the database", "canary-of-the-database");
        test
    }

    fn plant(&self, what: &str, secret: &str) {
        self.secrets.lock().unwrap().push((what.to_owned(), secret.to_owned()));
    }

    fn hear(&self, text: &str) {
        self.heard.lock().unwrap().push_str(text);
    }

    /// Runs a mutation and ignores its result.
    async fn mutate(&self, name: &str, input: Value) -> Value {
        let mut answer = self.api.post(&operation(name), json!({ "input": input })).await.unwrap();
        let data = answer["data"].as_object().and_then(|fields| fields.values().next()).cloned().unwrap_or_default();
        // Secrets that are returned once on purpose are not leaks.
        for shown in ["secret", "url", "authorization"] {
            if let Some(payload) = answer["data"].as_object_mut().and_then(|fields| fields.values_mut().next()) {
                payload.as_object_mut().map(|payload| payload.remove(shown));
            }
        }
        self.hear(&answer.to_string());
        data
    }

    async fn get(&self, path: &str) -> String {
        let (_, page) = self.api.get(path).await.unwrap();
        self.hear(&page);
        page
    }

    /// All responses, logs and stored data.
    async fn everything(&mut self, database: &TestDatabase) -> Vec<(&'static str, String)> {
        self.process.kill().await.unwrap();
        let log = std::fs::read(self.folder.path().join("log")).unwrap();
        let heard = std::mem::take(self.heard.get_mut().unwrap());
        let log = String::from_utf8_lossy(&log).into_owned();
        assert!(log.contains("TRACE") && heard.contains("userErrors"), "there is something to be searched");
        vec![("the log", log), ("the answers", heard), ("the database", database.dump().await.unwrap())]
    }
}

/// Encodings of a secret that would also be leaks.
fn forms(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), hex.clone(), hex.to_uppercase()];
    forms.push(STANDARD.encode(secret).trim_end_matches('=').to_owned());
    forms.push(URL_SAFE_NO_PAD.encode(secret));
    forms.push(secret.replace('\n', "\\n"));
    forms
}

each_backend! {
    async fn no_secret_leaks(database: TestDatabase) {
        let certificate = Some(CERTIFICATE.to_owned());
        let simulator = Simulator::start(Settings { users: 30, seed: 91, certificate, ..Settings::default() });
        let simulator = simulator.await.unwrap();
        let mut test = LeakTest::open(&database).await;
        test.plant("the application's secret", &simulator.client_secret());
        test.plant("a line of the private key", PRIVATE_KEY.lines().nth(3).unwrap());
        test.plant("a line of an encrypted key", ENCRYPTED_KEY.lines().nth(3).unwrap());
        let alias = test.mutate("CreateConnectionAlias", json!({
            "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url(),
        })).await["alias"]["id"].clone();

        credentials(&test, &simulator, &alias).await;
        consents(&test, &simulator, &alias).await;
        work(&test, &simulator, &alias).await;
        nonsense(&test).await;
        for page in ["/metrics", "/health/ready", "/login", "/login/session", "/connect/canary-of-a-link", "/"] {
            test.get(page).await;
        }
        test.plant("a token that is none", "canary-of-a-link");

        let secrets = test.secrets.get_mut().unwrap().clone();
        for (place, text) in test.everything(&database).await {
            for (what, secret) in &secrets {
                for form in forms(secret) {
                    assert!(!text.contains(&form), "{what} is in {place}{}", around(&text, &form));
                }
            }
            for token in TOKENS_OF_THE_VENDOR {
                assert!(!text.contains(token), "a token of the vendor is in {place}{}", around(&text, token));
            }
        }
    }
}

/// The context of a match.
fn around(text: &str, form: &str) -> String {
    let Some(at) = text.find(form) else { return String::new() };
    let before: String = text[..at].chars().rev().take(200).collect();
    format!(": …{}[…]", before.chars().rev().collect::<String>())
}

/// Good and bad credentials of every grant.
async fn credentials(test: &LeakTest, simulator: &Simulator, alias: &Value) {
    test.plant("a wrong secret", "canary-of-a-wrong-secret");
    for secret in ["canary-of-a-wrong-secret", &simulator.client_secret()] {
        let input = json!({ "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": secret });
        test.mutate("SetClientCredentials", input).await;
        let profile = json!({ "name": format!("with {}", secret.len()), "aliasId": alias });
        let profile = test.mutate("CreateProfile", profile).await["profile"]["id"].clone();
        test.mutate("PublishProfile", json!({ "id": profile })).await;
        test.mutate("DeleteProfile", json!({ "id": profile })).await;
    }
    for key in [ENCRYPTED_KEY, PRIVATE_KEY] {
        let input = json!({
            "aliasId": alias, "clientId": simulator.client_id(), "username": simulator.username(), "privateKey": key,
        });
        test.mutate("SetJwtBearer", input).await;
    }
}

/// A refused authorisation, and one with a delegated link.
async fn consents(test: &LeakTest, simulator: &Simulator, alias: &Value) {
    let vendor = Api::new(simulator.url());
    let listed = test.api.ask("{ connectors { callbackUrl } }", json!({})).await.unwrap();
    let callback = &listed["connectors"][0]["callbackUrl"];
    vendor.put("/_control/app", json!({ "callbacks": [callback], "requirePkce": true })).await.unwrap();
    let input = json!({
        "aliasId": alias, "clientId": simulator.client_id(), "clientSecret": simulator.client_secret(),
    });
    for decision in ["deny", "approve"] {
        let begun = test.mutate("BeginAuthorization", input.clone()).await;
        let consent: Url = begun["authorization"]["url"].as_str().unwrap().parse().unwrap();
        let back = decide(&test.client, &consent, decision).await;
        for (name, value) in back.query_pairs().filter(|(name, _)| name == "code" || name == "state") {
            test.plant(&format!("the {name} of a consent"), &value);
        }
        test.get(&format!("{}?{}", back.path(), back.query().unwrap())).await;
    }
    let made = test.mutate("CreateDelegatedLink", input).await;
    let link: Url = made["url"].as_str().unwrap().parse().unwrap();
    test.plant("the token of a link", link.path().trim_start_matches("/connect/"));
    test.get(link.path()).await;
}

/// A sync with many kinds of faults.
async fn work(test: &LeakTest, simulator: &Simulator, alias: &Value) {
    simulator.set_faults(Faults { expire_session_every: Some(3), rotate_refresh_tokens: true, ..Faults::default() });
    let profile = json!({ "name": "acme", "aliasId": alias });
    let profile = test.mutate("CreateProfile", profile).await["profile"]["id"].clone();
    let published = test.mutate("PublishProfile", json!({ "id": profile })).await;
    let run = published["run"]["id"].as_str().expect("the profile is published");
    test.hear(&test.api.finished(run).await.unwrap());
    test.mutate("DisconnectAlias", json!({ "id": alias })).await;
    let token = json!({ "name": "another", "roles": [{ "role": "ADMIN" }] });
    let made = test.mutate("CreateApiToken", token).await;
    let secret = made["secret"].as_str().unwrap();
    test.plant("another API token", secret);
    let other = test.api.with_token(secret);
    for name in ["AuditEvents", "ApiTokens", "ConnectionAliases", "Profiles", "SyncRuns", "Viewer"] {
        test.hear(&other.post(&operation(name), json!({})).await.unwrap().to_string());
    }
}

/// Invalid requests that contain secrets.
async fn nonsense(test: &LeakTest) {
    test.plant("a secret in nonsense", "canary-of-nonsense");
    let documents = [
        "mutation { setClientCredentials(input: { clientSecret: \"canary-of-nonsense\" }) { alias { id } } }",
        "mutation { setClientCredentials(input: { clientSecret: canary-of-nonsense",
        "mutation($input: SetClientCredentialsInput!) { setClientCredentials(input: $input) { alias { id } } }",
    ];
    for document in documents {
        let variables = json!({ "input": { "clientSecret": ["canary-of-nonsense"] } });
        // The response may contain what the caller sent. Nothing else may.
        test.api.post(document, variables).await.unwrap();
    }
    let unauthenticated = test.api.with_token("sg_canary-of-nonsense");
    test.hear(&unauthenticated.post("{ viewer { name } }", json!({})).await.unwrap().to_string());
}
