//! A link for somebody without an account here: shown, followed, spent once, taken back.

use reqwest::header::{COOKIE, HeaderMap, SET_COOKIE};
use seatgraph_store::each_backend;
use serde_json::{Value, json};
use url::Url;

use crate::consent_flow::ConsentFlow;

/// What a browser got for following a link.
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

    /// The cookie as the browser sends it back.
    fn cookie(&self) -> String {
        self.header(SET_COOKIE.as_str()).split(';').next().unwrap().to_owned()
    }

    /// Where the page leads on to.
    fn leads_to(&self) -> Url {
        let after = self.text.split("href=\"").nth(1).unwrap();
        after.split('"').next().unwrap().replace("&#38;", "&").parse().unwrap()
    }
}

impl ConsentFlow {
    /// Makes a link; returns its id and its path at the gateway.
    async fn link(&self) -> (Value, String) {
        let input = json!({
            "aliasId": self.alias,
            "clientId": self.simulator.client_id(),
            "clientSecret": self.simulator.client_secret(),
            "expiresInHours": 24,
        });
        let mut made = self.world.api.mutate("CreateDelegatedLink", input).await.unwrap();
        let url: Url = made["url"].as_str().unwrap().parse().unwrap();
        (made["link"]["id"].take(), url.path().to_owned())
    }

    async fn see(&self, path: &str) -> Page {
        Page::of(self.client.get(self.world.api.url(path))).await
    }

    async fn press(&self, path: &str) -> Page {
        Page::of(self.client.post(self.world.api.url(path))).await
    }

    /// Comes back from the vendor in a browser with this cookie.
    async fn return_with(&self, back: &Url, cookie: &str) -> Page {
        let path = format!("{}?{}", back.path(), back.query().unwrap());
        Page::of(self.client.get(self.world.api.url(&path)).header(COOKIE, cookie)).await
    }

    async fn links(&self) -> Value {
        let document = "query($id: ID!) { connectionAlias(by: { id: $id }) \
            { delegatedLinks { id state clientId createdBy createdAt expiresAt usedAt revokedAt } } }";
        let mut found = self.world.api.ask(document, json!({ "id": self.alias })).await.unwrap();
        found["connectionAlias"]["delegatedLinks"].take()
    }

    async fn requests(&self) -> String {
        self.vendor.get("/_control/requests").await.unwrap().1
    }
}

each_backend! {
    async fn an_administrator_without_an_account_connects_an_alias_once(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let (id, path) = story.link().await;
        // Whoever previews the link looks at it, and nothing more.
        for _ in 0..3 {
            let shown = story.see(&path).await;
            assert_eq!(shown.status, 200, "{}", shown.text);
            assert!(!shown.headers.contains_key(SET_COOKIE));
            let address = story.simulator.url();
            let words = [
                "acme", "Salesforce CRM", address, "e2e", "<code>api</code>",
                "<code>refresh_token</code>", "API Enabled", "/oauth/salesforce/callback", "<form method=\"post\">",
                "Permission sets, ready to import", "&#60;PermissionSet xmlns", "<b>Done.</b>",
            ];
            for word in words {
                assert!(shown.text.contains(word), "{word} in {}", shown.text);
            }
            assert_eq!(shown.text.matches("View Setup and Configuration").count(), 1, "{}", shown.text);
            assert!(!shown.text.contains("<script") && !shown.text.contains("http-equiv"), "{}", shown.text);
            assert!(shown.header("content-security-policy").starts_with("default-src 'none'"));
            assert_eq!((shown.header("referrer-policy"), shown.header("cache-control")), ("no-referrer", "no-store"));
        }
        assert_eq!(story.links().await[0]["state"], "OPEN");

        let begun = story.press(&path).await;
        assert_eq!(begun.status, 200, "{}", begun.text);
        let set = begun.header(SET_COOKIE.as_str());
        for part in ["Path=/oauth/;", "Max-Age=600", "HttpOnly", "SameSite=Lax"] {
            assert!(set.contains(part), "{part} in {set}");
        }
        let back = story.decide(&begun.leads_to(), "approve").await;
        // The redirect in another browser is worth nothing, and takes nothing from this one.
        let (status, page) = story.come_back(&back).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        let other = format!("{}x", begun.cookie());
        assert_eq!(story.return_with(&back, &other).await.status, 400);
        let thanks = story.return_with(&back, &begun.cookie()).await;
        assert!(thanks.status == 200 && thanks.text.contains("Thank you"), "{}", thanks.text);
        let credential = story.credential().await;
        assert_eq!((&credential["state"], &credential["grant"]), (&json!("READY"), &json!("AUTHORIZATION_CODE")));

        let links = story.links().await;
        assert_eq!((&links[0]["id"], &links[0]["state"]), (&id, &json!("USED")));
        let token = path.rsplit('/').next().unwrap();
        assert!(token.len() == 43 && !links.to_string().contains(token), "{links}");
        for page in [story.see(&path).await, story.press(&path).await] {
            assert!(page.status == 404 && page.text.contains("LINK_OVER"), "{}", page.text);
        }
        let (_, run) = story.publish().await;
        assert_eq!(story.world.api.finished(&run).await.unwrap(), "SUCCEEDED");
        story.end().await;
    }

    async fn whoever_turns_back_follows_the_link_again(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let profile = json!({ "name": "Acme", "aliasId": story.alias });
        let profile = story.world.api.mutate("CreateProfile", profile).await.unwrap();
        let (_, path) = story.link().await;
        let begun = story.press(&path).await;
        let denied = story.decide(&begun.leads_to(), "deny").await;
        let refused = story.return_with(&denied, &begun.cookie()).await;
        assert_eq!(refused.status, 400);
        assert!(refused.text.contains("OAUTH_CONSENT_DENIED") && refused.text.contains("open it again"));
        let document = "query($id: ID!) { profile(by: { id: $id }) { findings { code } } }";
        let found = story.world.api.ask(document, json!({ "id": profile["profile"]["id"] })).await.unwrap();
        assert_eq!(found["profile"]["findings"], json!([{ "code": "OAUTH_CONSENT_DENIED" }]));
        assert_eq!(story.links().await[0]["state"], "OPEN");

        let begun = story.press(&path).await;
        let back = story.decide(&begun.leads_to(), "approve").await;
        assert_eq!(story.return_with(&back, &begun.cookie()).await.status, 200);
        story.end().await;
    }

    async fn a_link_that_was_taken_back_connects_nobody(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let (id, path) = story.link().await;
        let begun = story.press(&path).await;
        let back = story.decide(&begun.leads_to(), "approve").await;
        let revoked = story.world.api.mutate("RevokeDelegatedLink", json!({ "id": id })).await.unwrap();
        assert_eq!(revoked["link"]["state"], "REVOKED");
        let late = story.return_with(&back, &begun.cookie()).await;
        assert!(late.status == 400 && late.text.contains("LINK_OVER"), "{}", late.text);
        assert_eq!(story.credential().await["state"], "MISSING");
        assert!(story.requests().await.contains("revoke"), "the token is given back");
        assert_eq!(story.see(&path).await.status, 404);
        let again = story.world.api.run("RevokeDelegatedLink", json!({ "input": { "id": id } })).await.unwrap();
        assert_eq!(again["revokeDelegatedLink"]["userErrors"][0]["code"], "INVALID_STATE");
        story.end().await;
    }

    async fn whoever_disconnects_takes_back_what_was_handed_out(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        story.consent().await;
        let (_, path) = story.link().await;
        let begun = story.ask().await;
        story.world.api.mutate("DisconnectAlias", json!({ "id": story.alias })).await.unwrap();
        assert_eq!(story.links().await[0]["state"], "REVOKED");
        assert_eq!(story.press(&path).await.status, 404);
        let (status, page) = story.come_back(&story.decide(&begun, "approve").await).await;
        assert!(status == 400 && page.contains("CONSENT_UNKNOWN"), "{page}");
        assert_eq!(story.credential().await["state"], "REVOKED");
        story.end().await;
    }

    async fn two_who_follow_one_link_connect_one_alias_once(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let (_, path) = story.link().await;
        let (one, two) = (story.press(&path).await, story.press(&path).await);
        let first = story.decide(&one.leads_to(), "approve").await;
        let second = story.decide(&two.leads_to(), "approve").await;
        // One's cookie is not the other's.
        assert_eq!(story.return_with(&second, &one.cookie()).await.status, 400);
        assert_eq!(story.return_with(&first, &one.cookie()).await.status, 200);
        let late = story.return_with(&second, &two.cookie()).await;
        assert!(late.status == 400 && late.text.contains("LINK_OVER"), "{}", late.text);
        assert_eq!(story.credential().await["state"], "READY");
        story.end().await;
    }

    async fn what_would_hinder_the_consent_is_refused_before_anybody_is_sent_a_link(database: TestDatabase) {
        let story = ConsentFlow::begin(&database).await;
        let refused = |input: Value| {
            let api = story.world.api.clone();
            async move {
                let mut answer = api.run("CreateDelegatedLink", json!({ "input": input })).await.unwrap();
                answer["createDelegatedLink"]["userErrors"][0].take()
            }
        };
        let bare = refused(json!({ "aliasId": story.alias })).await;
        assert_eq!((&bare["code"], &bare["field"]), (&json!("REQUIRED"), &json!(["clientId"])));
        let long = refused(json!({ "aliasId": story.alias, "clientId": "x", "expiresInHours": 337 })).await;
        assert_eq!((&long["code"], &long["field"]), (&json!("INVALID"), &json!(["expiresInHours"])));
        let parent = json!({ "connector": "salesforce", "name": "shared" });
        let parent = story.world.api.mutate("CreateConnectionAlias", parent).await.unwrap();
        let nowhere = refused(json!({ "aliasId": parent["alias"]["id"], "clientId": "x" })).await;
        assert_eq!(nowhere["field"], json!(["instanceUrl"]), "{nowhere}");
        for _ in 0..10 {
            story.link().await;
        }
        let many = refused(json!({ "aliasId": story.alias, "clientId": "x" })).await;
        assert_eq!(many["code"], "LIMIT_EXCEEDED", "{many}");
        for path in ["/connect/x", "/connect/%3Cscript%3E"] {
            let page = story.see(path).await;
            assert!(page.status == 404 && page.text.contains("LINK_UNKNOWN") && !page.text.contains("<script"));
        }
        story.end().await;
    }
}
