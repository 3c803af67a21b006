//! Registrations, manifests and set-up guides, through the in-memory connector.

#![cfg(test)]

use std::sync::Arc;

use connector_testkit::memory::{MemoryOrg, REGISTRATION, Shape};
use seatgraph_core::http::{Http, HttpOptions};
use seatgraph_core::{ConnectContext, ErrorKind, GrantType, Manifest, SetupContext, SystemClock};
use serde_json::json;
use url::Url;

fn context() -> ConnectContext {
    let base = Url::parse("https://memory.example").unwrap();
    ConnectContext { http: Http::new(base, None, HttpOptions::default()), clock: Arc::new(SystemClock) }
}

#[test]
fn an_invalid_configuration_is_reported_by_property() {
    for (config, property) in [(json!({"instanceUrl": 7}), "instanceUrl"), (json!({"instanceUrl": "x"}), "instanceUrl")]
    {
        let error = REGISTRATION.connect(config, context()).unwrap_err();
        assert_eq!((error.kind(), error.get("property")), (ErrorKind::ConfigInvalid, Some(property)));
    }
    let typo = REGISTRATION.oauth(json!({"instanceURL": "memory://x"})).unwrap_err();
    assert!(typo.message().contains("instanceURL"), "{typo}");
}

#[tokio::test]
async fn a_registration_connects_to_the_configured_organization() {
    let organisation = MemoryOrg::create(Shape { users: 3, page_size: 10 });
    let connector = REGISTRATION.connect(organisation.config(), context()).unwrap();
    let found = connector.check().await.organization.unwrap();
    assert_eq!(found.external_id, organisation.id());
}

#[test]
fn a_url_must_be_on_the_vendors_domains() {
    let vendor = Manifest { hosts: &["vendor.example"], ..*REGISTRATION.manifest() };
    let owns = |url: &str| vendor.owns_url(&Url::parse(url).unwrap());
    for its in ["https://acme.vendor.example", "https://VENDOR.example/x", "https://a.b.vendor.example./"] {
        assert!(owns(its), "{its}");
    }
    let others = [
        "http://acme.vendor.example",
        "https://acme.vendor.example:8443",
        "https://evilvendor.example",
        "https://vendor.example.evil.example",
        "https://vendor.example@evil.example",
        "https://10.0.0.1",
        "https://[::1]",
        "https://localhost",
    ];
    for url in others {
        assert!(!owns(url), "{url}");
    }
    let anywhere = Manifest { hosts: &[], ..vendor };
    assert!(anywhere.owns_url(&Url::parse("http://10.0.0.1:8080").unwrap()));
}

#[test]
fn the_default_setup_lists_scopes_and_permissions() {
    let callback_url = "https://gateway.example/oauth/memory/callback".parse().unwrap();
    let context = SetupContext { grant: GrantType::ClientCredentials, callback_url: &callback_url };
    let setup = REGISTRATION.setup(&context);
    let keys: Vec<_> = setup.steps.iter().map(|step| step.key).collect();
    assert_eq!(keys, ["REGISTER_APPLICATION", "GIVE_PERMISSIONS"]);
    let values: Vec<_> = setup.steps[0].values.iter().map(|value| value.value.as_str()).collect();
    assert_eq!(values, ["members.read", "seats.write"], "no callback under client credentials");
    assert!(setup.steps[1].instructions.ends_with("needs: See members, Manage seats."));
    let consent = SetupContext { grant: GrantType::AuthorizationCode, ..context };
    assert_eq!(consent.registered(REGISTRATION.manifest())[0].value, callback_url.as_str());
}
