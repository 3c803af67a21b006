//! Two organisations with one parent alias: their records are not mixed.

use std::collections::BTreeSet;

use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway, connect};
use serde_json::json;

use crate::counts::assert_expected_counts;

each_backend! {
    async fn two_organisations_sync_at_once_without_mixing_a_row(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let north = Simulator::start(Settings { users: 1500, seed: 11, ..Settings::default() }).await.unwrap();
        let south = Simulator::start(Settings { users: 1200, seed: 12, ..Settings::default() }).await.unwrap();
        let shared = json!({ "connector": "salesforce", "name": "shared", "properties": { "pageSize": 200 } });
        let parent = gateway.api.mutate("CreateConnectionAlias", shared).await.unwrap();
        let parent = parent["alias"]["id"].as_str().unwrap();

        let one = connect(&gateway.api, &north, "north", Some(parent)).await.unwrap();
        let other = connect(&gateway.api, &south, "south", Some(parent)).await.unwrap();
        let (first, second) = tokio::join!(gateway.api.finished(&one.run), gateway.api.finished(&other.run));
        assert_eq!((first.unwrap(), second.unwrap()), ("SUCCEEDED".to_owned(), "SUCCEEDED".to_owned()));

        assert_expected_counts(&gateway.api, &one.profile, &north.expected()).await;
        assert_expected_counts(&gateway.api, &other.profile, &south.expected()).await;
        let (north_ids, south_ids) = (ids(&gateway.api, &one.profile).await, ids(&gateway.api, &other.profile).await);
        assert_eq!((north_ids.len(), south_ids.len()), (1500, 1200));
        assert!(north_ids.is_disjoint(&south_ids));
        gateway.stop().await;
    }

    async fn a_connection_to_another_organisation_stores_no_rows(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let settings = |users, seed| Settings { users, seed, ..Settings::default() };
        let (north, south) =
            (Simulator::start(settings(60, 11)).await.unwrap(), Simulator::start(settings(20, 12)).await.unwrap());
        let connected = gateway.connect(&north, "north").await.unwrap();
        assert_eq!(gateway.api.finished(&connected.run).await.unwrap(), "SUCCEEDED");
        let to = async |simulator: &Simulator| {
            let address = json!({ "id": connected.alias, "instanceUrl": simulator.url() });
            gateway.api.mutate("UpdateConnectionAlias", address).await.unwrap();
            let credentials = json!({
                "aliasId": connected.alias,
                "clientId": simulator.client_id(),
                "clientSecret": simulator.client_secret(),
            });
            gateway.api.mutate("SetClientCredentials", credentials).await.unwrap();
            let started = gateway.api.mutate("StartSync", json!({ "profileId": connected.profile })).await.unwrap();
            let run = started["run"]["id"].as_str().unwrap().to_owned();
            (gateway.api.finished(&run).await.unwrap(), run)
        };
        let (ended, run) = to(&south).await;
        assert_eq!(ended, "FAILED");
        let query = "query($id: ID!) { syncRun(id: $id) { findings { code } } accounts { totalCount } }";
        let found = gateway.api.ask(query, json!({ "id": run })).await.unwrap();
        assert_eq!(found["syncRun"]["findings"][0]["code"], "ORGANIZATION_CHANGED");
        assert_eq!(found["accounts"]["totalCount"], 60);
        assert_eq!(to(&north).await.0, "SUCCEEDED");
        gateway.stop().await;
    }

    async fn a_second_profile_on_one_organisation_is_refused(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 50, ..Settings::default() }).await.unwrap();
        let first = gateway.connect(&simulator, "first").await.unwrap();
        gateway.api.finished(&first.run).await.unwrap();
        let refused = gateway.connect(&simulator, "second").await.unwrap_err().to_string();
        assert!(refused.contains("DUPLICATE_ORGANIZATION"), "{refused}");
        gateway.stop().await;
    }
}

async fn ids(api: &Api, profile: &str) -> BTreeSet<String> {
    const ACCOUNTS: &str = "query($profile: ID!, $first: Int, $after: String) { \
        page: accounts(filter: { profileId: $profile }, first: $first, after: $after) \
        { nodes { externalId } pageInfo { hasNextPage endCursor } } }";
    let nodes = api.all_nodes(ACCOUNTS, json!({ "profile": profile })).await.unwrap();
    nodes.iter().map(|node| node["externalId"].as_str().unwrap().to_owned()).collect()
}
