//! Acme under every law of the contract.

use std::collections::BTreeSet;
use std::sync::Arc;

use acme_connector::Acme;
use async_trait::async_trait;
use seatgraph_core::http::{Http, HttpOptions};
use connector_testkit::{Census, Fixture, World, conformance};
use seatgraph_core::{ConnectContext, Connector, IdentifierKey, Registration, SystemClock};
use serde_json::json;
use url::Url;

conformance!(AcmeVendor);

#[derive(Debug)]
struct AcmeVendor;

/// The sample. A real world owns a server, and its address goes into `config`.
#[derive(Debug)]
struct SampleWorld;

#[async_trait]
impl Fixture for AcmeVendor {
    fn registration(&self) -> Registration {
        Registration::of::<Acme>()
    }

    async fn calm(&self) -> Box<dyn World> {
        Box::new(SampleWorld)
    }
}

#[async_trait]
impl World for SampleWorld {
    fn connect(&self) -> Box<dyn Connector> {
        let address = Url::parse("https://acme.example").expect("the address is written well");
        let config = json!({ "instanceUrl": address, "pageSize": 2 });
        let http = Http::new(address, None, HttpOptions::default());
        let context = ConnectContext { http, clock: Arc::new(SystemClock) };
        Registration::of::<Acme>().connect(config, context).expect("the configuration is right")
    }

    /// Written down by hand from the sample: never ask the connector what is true.
    async fn census(&self) -> Census {
        let seat = |key| IdentifierKey::new("SEAT", key);
        let members = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        Census {
            accounts: members(&["m-1", "m-2", "m-3", "m-4", "m-5"]),
            subscriptions: [(seat("BASIC"), members(&["m-1", "m-2"])), (seat("PRO"), members(&["m-1", "m-5"]))].into(),
            pools: [seat("BASIC"), seat("PRO")].into(),
            ..Census::default()
        }
    }
}
