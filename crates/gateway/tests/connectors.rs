//! Every connector that is compiled in is in the API. `SEATGRAPH_TEST_CONNECTOR` names one that must be among them.

use std::sync::Arc;

use async_graphql::Request;
use seatgraph::callers::Callers;
use seatgraph::connectors::CONNECTORS;
use seatgraph::edge::Caller;
use seatgraph::requests::Requests;
use seatgraph::schema;
use seatgraph_core::SystemClock;
use seatgraph_engine::access::Principal;
use seatgraph_engine::{Engine, EngineSettings};
use seatgraph_store::{Backend, Sealer, testkit};

#[tokio::test]
async fn every_connector_that_is_compiled_in_is_in_the_api() {
    let database = testkit::database(Backend::Sqlite).await.expect("SQLite is always there");
    let (sealer, clock) = (Sealer::from_key(&[7; 32]), Arc::new(SystemClock));
    let engine = Engine::new(database.clone(), CONNECTORS, sealer, clock, EngineSettings::default());
    let document = "{ connectors { key name configSchema processes { process available } } }";
    let url = "http://localhost:8080".parse().unwrap();
    let requests = Requests::new(engine, database.pools().clone(), url, Callers::default());
    let caller = Caller { principal: Arc::new(Principal::demo()), from: "test".into() };
    let (request, _) = requests.of(Request::new(document), &caller, "trace");
    let answer = schema::build().execute(request).await.into_result().unwrap().data.into_json().unwrap();

    let listed: Vec<&str> =
        answer["connectors"].as_array().unwrap().iter().map(|c| c["key"].as_str().unwrap()).collect();
    let compiled_in: Vec<&str> = CONNECTORS.iter().map(|c| c.manifest().key).collect();
    assert_eq!(listed, compiled_in);
    assert!(listed.contains(&"salesforce"));
    if let Ok(wanted) = std::env::var("SEATGRAPH_TEST_CONNECTOR") {
        assert!(listed.contains(&wanted.as_str()), "{wanted} is not among {listed:?}");
    }
}
