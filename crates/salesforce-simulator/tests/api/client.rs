//! A client for tests.

use chrono::DateTime;
use reqwest::{Client, Method, Response, redirect};
use salesforce_simulator::{Settings, Simulator};
use serde_json::{Value, json};

pub(crate) struct Api {
    pub(crate) simulator: Simulator,
    pub(crate) http: Client,
    pub(crate) token: String,
}

pub(crate) fn settings(users: u32) -> Settings {
    let now = DateTime::parse_from_rfc3339("2026-11-24T10:00:00Z").unwrap().to_utc();
    Settings { users, now, ..Settings::default() }
}

impl Api {
    pub(crate) async fn start(users: u32) -> Self {
        Self::start_with(settings(users)).await
    }

    pub(crate) async fn start_with(settings: Settings) -> Self {
        let simulator = Simulator::start(settings).await.unwrap();
        // In a workspace build, reqwest needs a TLS provider. An error means that there is one already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = Client::builder().no_proxy().redirect(redirect::Policy::none()).build().unwrap();
        let mut api = Self { simulator, http, token: String::new() };
        api.log_in().await;
        api
    }

    pub(crate) async fn log_in(&mut self) {
        let (status, body) = self.token(&[("grant_type", "client_credentials")]).await;
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    /// Logs in as a user through the consent page.
    pub(crate) async fn log_in_as(&mut self, username: &str) {
        let (id, callback) = (self.simulator.client_id(), "http://localhost/callback");
        let pairs = [
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", callback),
            ("login_hint", username),
            ("decision", "approve"),
        ];
        let response = self.form("/services/oauth2/authorize", &pairs).await;
        let back = url::Url::parse(response.headers()["location"].to_str().unwrap()).unwrap();
        let code = back.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
        let pairs = [("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", callback)];
        let (status, body) = self.token(&pairs).await;
        assert_eq!(status, 200, "{body}");
        self.token = body["access_token"].as_str().unwrap().to_owned();
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.simulator.url())
    }

    /// Posts a form with the client id and secret.
    pub(crate) async fn token(&self, pairs: &[(&str, &str)]) -> (u16, Value) {
        let (id, secret) = (self.simulator.client_id(), self.simulator.client_secret());
        let mut all = vec![("client_id", id.as_str()), ("client_secret", secret.as_str())];
        all.extend_from_slice(pairs);
        read(self.form("/services/oauth2/token", &all).await).await
    }

    pub(crate) async fn form(&self, path: &str, pairs: &[(&str, &str)]) -> Response {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        let request = self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded");
        request.body(body).send().await.unwrap()
    }

    pub(crate) async fn send(&self, method: Method, path: &str, body: Option<Value>) -> Response {
        let mut request = self.http.request(method, self.url(path)).bearer_auth(&self.token);
        if let Some(body) = body {
            request = request.json(&body);
        }
        request.send().await.unwrap()
    }

    pub(crate) async fn call(&self, method: Method, path: &str, body: Value) -> (u16, Value) {
        let body = if body.is_null() { None } else { Some(body) };
        read(self.send(method, path, body).await).await
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call(Method::GET, path, Value::Null).await
    }

    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let (status, answer) = self.call(method, &format!("/_control/{path}"), body).await;
        assert!(status < 300, "{answer}");
        answer
    }

    pub(crate) async fn query_at(&self, version: u16, soql: &str) -> (u16, Value) {
        let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", soql).finish();
        self.get(&format!("/services/data/v{version}.0/query/?{query}")).await
    }

    pub(crate) async fn query(&self, soql: &str) -> Value {
        let (status, body) = self.query_at(62, soql).await;
        assert_eq!(status, 200, "{soql}: {body}");
        body
    }

    /// The status, code and message of a failed query.
    pub(crate) async fn refused(&self, soql: &str) -> (u16, String, String) {
        let (status, body) = self.query_at(66, soql).await;
        refusal(status, &body)
    }

    pub(crate) async fn count(&self, soql: &str) -> u64 {
        self.query(soql).await["totalSize"].as_u64().unwrap()
    }

    /// All rows of a query, from all pages.
    pub(crate) async fn rows(&self, soql: &str) -> Vec<Value> {
        let mut page = self.query(soql).await;
        let mut rows = page["records"].as_array().unwrap().clone();
        while let Some(next) = page["nextRecordsUrl"].as_str().map(str::to_owned) {
            let (status, body) = self.get(&next).await;
            assert_eq!(status, 200, "{body}");
            page = body;
            rows.extend(page["records"].as_array().unwrap().clone());
        }
        assert_eq!(rows.len() as u64, page["totalSize"].as_u64().unwrap());
        rows
    }

    pub(crate) async fn id(&self, soql: &str) -> String {
        let rows = self.rows(soql).await;
        rows.first().unwrap_or_else(|| panic!("no rows: {soql}"))["Id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn patch(&self, path: &str, body: Value) -> (u16, Value) {
        self.call(Method::PATCH, &format!("/services/data/v62.0/{path}"), body).await
    }

    pub(crate) async fn set_faults(&self, faults: Value) {
        self.control(Method::PUT, "faults", faults).await;
    }

    pub(crate) async fn revoke(&self, permission: &str) {
        self.control(Method::PUT, "permissions", json!({ "revoke": [permission] })).await;
    }
}

/// The status, code and message of a failed data call.
pub(crate) fn refusal(status: u16, body: &Value) -> (u16, String, String) {
    let entry = &body[0];
    let text = |name: &str| entry[name].as_str().unwrap_or_else(|| panic!("no refusal: {body}")).to_owned();
    (status, text("errorCode"), text("message"))
}

pub(crate) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    let body = response.bytes().await.unwrap();
    (status, serde_json::from_slice(&body).unwrap_or(Value::Null))
}
