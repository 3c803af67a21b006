//! A user who consents at the vendor in a browser.

use salesforce_simulator::{Settings, Simulator};
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};
use url::Url;

/// A gateway, an organisation whose OAuth client has the gateway's redirect URL, an alias without a credential, and a
/// browser.
pub(crate) struct ConsentFlow {
    pub(crate) gateway: TestGateway,
    pub(crate) simulator: Simulator,
    pub(crate) vendor: Api,
    pub(crate) alias: String,
    pub(crate) client: reqwest::Client,
}

impl ConsentFlow {
    pub(crate) async fn begin(database: &seatgraph_store::testkit::TestDatabase) -> Self {
        Self::with_users(database, 60).await
    }

    /// With an organisation of `users` users, in pages of 200.
    pub(crate) async fn with_users(database: &seatgraph_store::testkit::TestDatabase, users: u32) -> Self {
        let gateway = TestGateway::start_with(database, |config| {
            config.engine.retry_delay = std::time::Duration::from_millis(5);
        });
        let gateway = gateway.await.unwrap();
        let simulator = Simulator::start(Settings { users, seed: 61, ..Settings::default() }).await.unwrap();
        let vendor = Api::new(simulator.url());
        let listed = gateway.api.ask("{ connectors { key callbackUrl } }", json!({})).await.unwrap();
        let callback = &listed["connectors"][0]["callbackUrl"];
        vendor.put("/_control/app", json!({ "callbacks": [callback], "requirePkce": true })).await.unwrap();
        let alias = json!({
            "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url(), "properties": { "pageSize": 200 },
        });
        let alias = gateway.api.mutate("CreateConnectionAlias", alias).await.unwrap();
        let alias = alias["alias"]["id"].as_str().unwrap().to_owned();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { gateway, simulator, vendor, alias, client: client.build().unwrap() }
    }

    /// Starts an authorisation and returns the URL for the browser.
    pub(crate) async fn start_authorization(&self) -> Url {
        let input = json!({
            "aliasId": self.alias,
            "clientId": self.simulator.client_id(),
            "clientSecret": self.simulator.client_secret(),
        });
        let begun = self.gateway.api.mutate("BeginAuthorization", input).await.unwrap();
        begun["authorization"]["url"].as_str().unwrap().parse().unwrap()
    }

    /// Submits the vendor's consent page and returns the redirect URL.
    pub(crate) async fn decide(&self, consent: &Url, decision: &str) -> Url {
        decide(&self.client, consent, decision).await
    }

    /// Follows the redirect to the gateway and returns the status and the page.
    pub(crate) async fn follow_redirect(&self, to: &Url) -> (u16, String) {
        let path = to.path();
        self.gateway.api.get(&format!("{path}?{}", to.query().unwrap_or_default())).await.unwrap()
    }

    pub(crate) async fn consent(&self) {
        let back = self.decide(&self.start_authorization().await, "approve").await;
        let (status, page) = self.follow_redirect(&back).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("<b>acme</b>"), "{page}");
    }

    pub(crate) async fn credential(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { credential { state grant clientId grantedScopes principal } } }";
        let mut found = self.gateway.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["credential"].take()
    }

    pub(crate) async fn publish(&self) -> (String, String) {
        let profile = json!({ "name": "Acme", "aliasId": self.alias });
        let profile = self.gateway.api.mutate("CreateProfile", profile).await.unwrap();
        let profile = profile["profile"]["id"].as_str().unwrap().to_owned();
        let published = self.gateway.api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        (profile, published["run"]["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn sync(&self, profile: &str) -> String {
        let started = self.gateway.api.mutate("StartSync", json!({ "profileId": profile })).await.unwrap();
        self.gateway.api.finished(started["run"]["id"].as_str().unwrap()).await.unwrap()
    }

    /// Changes the alias to another organisation with the same OAuth client. Returns the previous organisation.
    pub(crate) async fn move_to(&mut self, settings: Settings) -> Simulator {
        let other = Simulator::start(settings).await.unwrap();
        let app: Value = serde_json::from_str(&self.vendor.get("/_control/app").await.unwrap().1).unwrap();
        self.vendor = Api::new(other.url());
        self.vendor.put("/_control/app", json!({ "callbacks": app["callbacks"], "requirePkce": true })).await.unwrap();
        let moved = json!({ "id": self.alias, "instanceUrl": other.url() });
        self.gateway.api.mutate("UpdateConnectionAlias", moved).await.unwrap();
        std::mem::replace(&mut self.simulator, other)
    }

    pub(crate) async fn end(self) {
        self.gateway.stop().await;
        self.simulator.shutdown().await;
    }
}

/// Submits the vendor's consent page and returns the redirect URL.
pub(crate) async fn decide(client: &reqwest::Client, consent: &Url, decision: &str) -> Url {
    let page = client.get(consent.clone()).send().await.unwrap();
    assert_eq!(page.status(), 200, "{}", page.text().await.unwrap());
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.extend_pairs(consent.query_pairs()).append_pair("decision", decision);
    let (mut target, content) = (consent.clone(), "application/x-www-form-urlencoded");
    target.set_query(None);
    let sent = client.post(target).header("content-type", content).body(form.finish()).send().await.unwrap();
    assert_eq!(sent.status(), 302);
    sent.headers()["location"].to_str().unwrap().parse().unwrap()
}
