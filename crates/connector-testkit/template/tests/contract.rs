//! The contract tests of Acme.

use std::collections::BTreeSet;
use std::sync::Arc;

use acme_connector::Acme;
use async_trait::async_trait;
use connector_testkit::{ExpectedRecords, Fixture, TestOrg, conformance};
use seatgraph_core::http::{Http, HttpOptions};
use seatgraph_core::{ConnectContext, Connector, IdentifierKey, Registration, SystemClock};
use serde_json::json;
use url::Url;

conformance!(AcmeVendor);

#[derive(Debug)]
struct AcmeVendor;

/// The sample. A real organisation has a server, whose URL goes into `config`.
#[derive(Debug)]
struct SampleOrg;

#[async_trait]
impl Fixture for AcmeVendor {
    fn registration(&self) -> Registration {
        Registration::of::<Acme>()
    }

    async fn organization(&self) -> Box<dyn TestOrg> {
        Box::new(SampleOrg)
    }
}

#[async_trait]
impl TestOrg for SampleOrg {
    fn connect(&self) -> Box<dyn Connector> {
        let address = Url::parse("https://acme.example").expect("the URL is valid");
        let config = json!({ "instanceUrl": address, "pageSize": 2 });
        let http = Http::new(address, None, HttpOptions::default());
        let context = ConnectContext { http, clock: Arc::new(SystemClock) };
        Registration::of::<Acme>().connect(config, context).expect("the configuration is valid")
    }

    /// Written by hand from the sample. Never use the output of the connector.
    async fn expected_records(&self) -> ExpectedRecords {
        let seat = |key| IdentifierKey::new("SEAT", key);
        let members = |ids: &[&str]| -> BTreeSet<String> { ids.iter().map(|id| (*id).to_owned()).collect() };
        ExpectedRecords {
            accounts: members(&["m-1", "m-2", "m-3", "m-4", "m-5"]),
            subscriptions: [(seat("BASIC"), members(&["m-1", "m-2"])), (seat("PRO"), members(&["m-1", "m-5"]))].into(),
            pools: [seat("BASIC"), seat("PRO")].into(),
            ..ExpectedRecords::default()
        }
    }
}
