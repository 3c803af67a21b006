//! A person with a browser, who consents at the vendor and comes back.

use salesforce_simulator::{Settings, Simulator};
use seatgraph_tests::{Api, TestGateway};
use serde_json::{Value, json};
use url::Url;

/// A gateway, an organisation whose application lists the gateway's callback, an alias without a credential, a browser.
pub(crate) struct ConsentFlow {
    pub(crate) world: TestGateway,
    pub(crate) simulator: Simulator,
    pub(crate) vendor: Api,
    pub(crate) alias: String,
    pub(crate) client: reqwest::Client,
}

impl ConsentFlow {
    pub(crate) async fn begin(database: &seatgraph_store::testkit::TestDatabase) -> Self {
        Self::with_users(database, 60).await
    }

    /// With an organisation of so many users, who come 200 a page.
    pub(crate) async fn with_users(database: &seatgraph_store::testkit::TestDatabase, users: u32) -> Self {
        let world = TestGateway::start_with(database, |config| {
            config.engine.retry_delay = std::time::Duration::from_millis(5);
        });
        let world = world.await.unwrap();
        let simulator = Simulator::start(Settings { users, seed: 61, ..Settings::default() }).await.unwrap();
        let vendor = Api::new(simulator.url());
        let listed = world.api.ask("{ connectors { key callbackUrl } }", json!({})).await.unwrap();
        let callback = &listed["connectors"][0]["callbackUrl"];
        vendor.put("/_control/app", json!({ "callbacks": [callback], "requirePkce": true })).await.unwrap();
        let alias = json!({
            "connector": "salesforce", "name": "acme", "instanceUrl": simulator.url(), "properties": { "pageSize": 200 },
        });
        let alias = world.api.mutate("CreateConnectionAlias", alias).await.unwrap();
        let alias = alias["alias"]["id"].as_str().unwrap().to_owned();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        Self { world, simulator, vendor, alias, client: client.build().unwrap() }
    }

    /// Where the person's browser goes.
    pub(crate) async fn ask(&self) -> Url {
        let input = json!({
            "aliasId": self.alias,
            "clientId": self.simulator.client_id(),
            "clientSecret": self.simulator.client_secret(),
        });
        let begun = self.world.api.mutate("BeginAuthorization", input).await.unwrap();
        begun["authorization"]["url"].as_str().unwrap().parse().unwrap()
    }

    /// The person looks at the vendor's page and decides; returns where the vendor sends them.
    pub(crate) async fn decide(&self, consent: &Url, decision: &str) -> Url {
        decide(&self.client, consent, decision).await
    }

    /// The person's browser comes back; returns what it shows.
    pub(crate) async fn come_back(&self, to: &Url) -> (u16, String) {
        let path = to.path();
        self.world.api.get(&format!("{path}?{}", to.query().unwrap_or_default())).await.unwrap()
    }

    pub(crate) async fn consent(&self) {
        let back = self.decide(&self.ask().await, "approve").await;
        let (status, page) = self.come_back(&back).await;
        assert_eq!(status, 200, "{page}");
        assert!(page.contains("<b>acme</b>"), "{page}");
    }

    pub(crate) async fn credential(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { credential { state grant clientId grantedScopes principal } } }";
        let mut found = self.world.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["credential"].take()
    }

    pub(crate) async fn publish(&self) -> (String, String) {
        let profile = json!({ "name": "Acme", "aliasId": self.alias });
        let profile = self.world.api.mutate("CreateProfile", profile).await.unwrap();
        let profile = profile["profile"]["id"].as_str().unwrap().to_owned();
        let published = self.world.api.mutate("PublishProfile", json!({ "id": profile })).await.unwrap();
        (profile, published["run"]["id"].as_str().unwrap().to_owned())
    }

    pub(crate) async fn sync(&self, profile: &str) -> String {
        let started = self.world.api.mutate("StartSync", json!({ "profileId": profile })).await.unwrap();
        self.world.api.finished(started["run"]["id"].as_str().unwrap()).await.unwrap()
    }

    /// Points the alias at another organisation, with an application of the same kind; returns the one before.
    pub(crate) async fn move_to(&mut self, settings: Settings) -> Simulator {
        let other = Simulator::start(settings).await.unwrap();
        let app: Value = serde_json::from_str(&self.vendor.get("/_control/app").await.unwrap().1).unwrap();
        self.vendor = Api::new(other.url());
        self.vendor.put("/_control/app", json!({ "callbacks": app["callbacks"], "requirePkce": true })).await.unwrap();
        let moved = json!({ "id": self.alias, "instanceUrl": other.url() });
        self.world.api.mutate("UpdateConnectionAlias", moved).await.unwrap();
        std::mem::replace(&mut self.simulator, other)
    }

    pub(crate) async fn end(self) {
        self.world.stop().await;
        self.simulator.shutdown().await;
    }
}

/// Somebody looks at the vendor's page in a browser and decides; returns where the vendor sends them.
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
