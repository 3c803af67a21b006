//! Delegated links: preview, use, single use, and revocation.

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use seatgraph_store::each_backend;
use serde_json::{Value, json};
use url::Url;

use crate::consent_flow::ConsentFlow;

/// The response to a link.
struct Page {
    status: u16,
    headers: HeaderMap,
    text: String,
}

impl Page {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Self { status, headers, text: answer.text().await.unwrap() }
    }

    fn header(&self, name: &str) -> &str {
        self.headers[name].to_str().unwrap()
    }

    /// The cookie for the next request.
    fn cookie(&self) -> String {
        self.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned()
    }

    /// The URL that the page leads to.
    fn leads_to(&self) -> Url {
        let after = self.text.split("href=\"").nth(1).unwrap();
        after.split('"').next().unwrap().replace("&#38;", "&").parse().unwrap()
    }
}

impl ConsentFlow {
    /// Creates a link. Returns its ID and its path.
    async fn link(&self) -> (Value, String) {
        let input = json!({
            "aliasId": self.alias,
            "clientId": self.simulator.client_id(),
            "clientSecret": self.simulator.client_secret(),
            "expiresInHours": 24,
        });
        let mut made = self.gateway.api.mutate("CreateDelegatedLink", input).await.unwrap();
        let url: Url = made["url"].as_str().unwrap().parse().unwrap();
        (made["link"]["id"].take(), url.path().to_owned())
    }

    async fn see(&self, path: &str) -> Page {
        Page::of(self.client.get(self.gateway.api.url(path))).await
    }

    async fn press(&self, path: &str) -> Page {
        Page::of(self.client.post(self.gateway.api.url(path))).await
    }

    /// Follows the redirect of the vendor in a browser with this cookie.
    async fn return_with(&self, back: &Url, cookie: &str) -> Page {
        let path = format!("{}?{}", back.path(), back.query().unwrap());
        Page::of(self.client.get(self.gateway.api.url(&path)).header(COOKIE, cookie)).await
    }

    async fn links(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { delegatedLinks { id state clientId createdBy createdAt expiresAt usedAt revokedAt } } }";
        let mut found = self.gateway.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["delegatedLinks"].take()
    }

    async fn requests(&self) -> String {
        self.vendor.get("/_control/requests").await.unwrap().1
    }
}

each_backend! {
    async fn a_delegated_link_connects_an_alias_once(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let (id, path) = flow.link().await;
        // A preview of the link changes nothing.
        for _ in 0..3 {
            let shown = flow.see(&path).await;
            assert_eq!(shown.status, 200, "{}", shown.text);
            assert!(!shown.headers.contains_key(SET_COOKIE));
            let address = flow.simulator.url();
            let words = [
                "acme", "Salesforce CRM", address, "e2e", "<code>api</code>",
                "<code>refresh_token</code>", "API Enabled", "/oauth/salesforce/callback", "<form method=\"post\">",
                "Permission sets to import", "&#60;PermissionSet xmlns", "<b>Done.</b>",
            ];
            for word in words {
                assert!(shown.text.contains(word), "{word} in {}", shown.text);
            }
            assert_eq!(shown.text.matches("View Setup and Configuration").count(), 1, "{}", shown.text);
            assert!(!shown.text.contains("<script") && !shown.text.contains("http-equiv"), "{}", shown.text);
            assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!((shown.header("referrer-policy"), shown.header("cache-control")), ("no-referrer", "no-store"));
        }
        assert_eq!(flow.links().await[0]["state"], "OPEN");

        let begun = flow.press(&path).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        let set = begun.header(SET_COOKIE.as_str());
        for part in ["Path=/oauth/;", "Max-Age=600", "HttpOnly", "SameSite=Lax"] {
            assert!(set.contains(part), "{part} in {set}");
        }
        let back = flow.decide(&begun.leads_to(), "approve").await;
        // The redirect is refused in another browser and still works in this one.
        let (status, page) = flow.follow_redirect(&back).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        let other = format!("{}x", begun.cookie());
        assert_eq!(flow.return_with(&back, &other).await.status, 400);
        let thanks = flow.return_with(&back, &begun.cookie()).await;
        assert!(thanks.status == 200 && thanks.text.contains("Thank you"), "{}", thanks.text);
        let credential = flow.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("AUTHORIZATION_CODE")));

        let links = flow.links().await;
        assert_eq!((&links[0]["id"], &links[0]["state"]), (&id, &json!("USED")));
        let token = path.rsplit('/').next().unwrap();
        assert!(token.len() == 43 && !links.to_string().contains(token), "{links}");
        for page in [flow.see(&path).await, flow.press(&path).await] {
            assert!(page.status == 404 && page.text.contains("LINK_OVER"), "{}", page.text);
        }
        let (_, run) = flow.publish().await;
        assert_eq!(flow.gateway.api.finished(&run).await.unwrap(), "SUCCEEDED");
        flow.end().await;
    }

    async fn a_link_can_be_opened_again_after_a_refusal(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let profile = json!({ "name": "Acme", "aliasId": flow.alias });
        let profile = flow.gateway.api.mutate("CreateProfile", profile).await.unwrap();
        let (_, path) = flow.link().await;
        let begun = flow.press(&path).await;
        let denied = flow.decide(&begun.leads_to(), "deny").await;
        let refused = flow.return_with(&denied, &begun.cookie()).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("OAUTH_CONSENT_DENIED") && refused.text.contains("open it again"));
        let document = "query($id: ID!) { profile(by: { id: $id }) { findings { code } } }";
        let found = flow.gateway.api.ask(document, json!({ "id": profile["profile"]["id"] })).await.unwrap();
        assert_eq!(found["profile"]["findings"], json!([{ "code": "OAUTH_CONSENT_DENIED" }]));
        assert_eq!(flow.links().await[0]["state"], "OPEN");

        let begun = flow.press(&path).await;
        let back = flow.decide(&begun.leads_to(), "approve").await;
        assert_eq!(flow.return_with(&back, &begun.cookie()).await.status, 200);
        flow.end().await;
    }

    async fn a_revoked_link_does_not_connect(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let (id, path) = flow.link().await;
        let begun = flow.press(&path).await;
        let back = flow.decide(&begun.leads_to(), "approve").await;
        let revoked = flow.gateway.api.mutate("RevokeDelegatedLink", json!({ "id": id })).await.unwrap();
        assert_eq!(revoked["link"]["state"], "REVOKED");
        let late = flow.return_with(&back, &begun.cookie()).await;
        assert!(late.status == 400 && late.text.contains("LINK_OVER"), "{}", late.text);
        assert_eq!(flow.credential().await["state"], "MISSING");
        assert!(flow.requests().await.contains("revoke"), "the token is given back");
        assert_eq!(flow.see(&path).await.status, 404);
        let again = flow.gateway.api.run("RevokeDelegatedLink", json!({ "input": { "id": id } })).await.unwrap();
        assert_eq!(again["revokeDelegatedLink"]["userErrors"][0]["code"], "INVALID_STATE");
        flow.end().await;
    }

    async fn disconnecting_an_alias_revokes_its_links(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        flow.consent().await;
        let (_, path) = flow.link().await;
        let begun = flow.start_authorization().await;
        flow.gateway.api.mutate("DisconnectAlias", json!({ "id": flow.alias })).await.unwrap();
        assert_eq!(flow.links().await[0]["state"], "REVOKED");
        assert_eq!(flow.press(&path).await.status, 404);
        let (status, page) = flow.follow_redirect(&flow.decide(&begun, "approve").await).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        assert_eq!(flow.credential().await["state"], "REVOKED");
        flow.end().await;
    }

    async fn a_link_that_two_users_open_connects_its_alias_once(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let (_, path) = flow.link().await;
        let (one, two) = (flow.press(&path).await, flow.press(&path).await);
        let first = flow.decide(&one.leads_to(), "approve").await;
        let second = flow.decide(&two.leads_to(), "approve").await;
        // Each link has its own cookie.
        assert_eq!(flow.return_with(&second, &one.cookie()).await.status, 400);
        assert_eq!(flow.return_with(&first, &one.cookie()).await.status, 200);
        let late = flow.return_with(&second, &two.cookie()).await;
        assert!(late.status == 400 && late.text.contains("LINK_OVER"), "{}", late.text);
        assert_eq!(flow.credential().await["state"], "READY");
        flow.end().await;
    }

    async fn a_link_that_could_not_work_is_not_created(database: TestDatabase) {
        let flow = ConsentFlow::begin(&database).await;
        let refused = |input: Value| {
            let api = flow.gateway.api.clone();
            async move {
                let mut answer = api.run("CreateDelegatedLink", json!({ "input": input })).await.unwrap();
                answer["createDelegatedLink"]["userErrors"][0].take()
            }
        };
        let bare = refused(json!({ "aliasId": flow.alias })).await;
        assert_eq!((&bare["code"], &bare["field"]), (&json!("REQUIRED"), &json!(["clientId"])));
        let long = refused(json!({ "aliasId": flow.alias, "clientId": "x", "expiresInHours": 337 })).await;
        assert_eq!((&long["code"], &long["field"]), (&json!("INVALID"), &json!(["expiresInHours"])));
        let parent = json!({ "connector": "salesforce", "name": "shared" });
        let parent = flow.gateway.api.mutate("CreateConnectionAlias", parent).await.unwrap();
        let without_url = refused(json!({ "aliasId": parent["alias"]["id"], "clientId": "x" })).await;
        assert_eq!(without_url["field"], json!(["instanceUrl"]), "{without_url}");
        for _ in 0..10 {
            flow.link().await;
        }
        let many = refused(json!({ "aliasId": flow.alias, "clientId": "x" })).await;
        assert_eq!(many["code"], "LIMIT_EXCEEDED", "{many}");
        for path in ["/connect/x", "/connect/%3Cscript%3E"] {
            let page = flow.see(path).await;
            assert!(page.status == 404 && page.text.contains("LINK_UNKNOWN") && !page.text.contains("<script"));
        }
        flow.end().await;
    }
}
