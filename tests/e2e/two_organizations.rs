//! Two organisations through one parent alias: side by side, and never a row in the wrong place.

use std::collections::BTreeSet;

use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Api, TestGateway, connect};
use serde_json::json;

use crate::counts::assert_census;

each_backend! {
    async fn two_organisations_sync_at_once_without_mixing_a_row(database: TestDatabase) {
        let world = TestGateway::start(&database).await.unwrap();
        let north = Simulator::start(Settings { users: 1500, seed: 11, ..Settings::default() }).await.unwrap();
        let south = Simulator::start(Settings { users: 1200, seed: 12, ..Settings::default() }).await.unwrap();
        let shared = json!({ "connector": "salesforce", "name": "shared", "properties": { "pageSize": 200 } });
        let parent = world.api.mutate("CreateConnectionAlias", shared).await.unwrap();
        let parent = parent["alias"]["id"].as_str().unwrap();

        let one = connect(&world.api, &north, "north", Some(parent)).await.unwrap();
        let other = connect(&world.api, &south, "south", Some(parent)).await.unwrap();
        let (first, second) = tokio::join!(world.api.finished(&one.run), world.api.finished(&other.run));
        assert_eq!((first.unwrap(), second.unwrap()), ("SUCCEEDED".to_owned(), "SUCCEEDED".to_owned()));

        assert_census(&world.api, &one.profile, &north.expected()).await;
        assert_census(&world.api, &other.profile, &south.expected()).await;
        let (north_ids, south_ids) = (ids(&world.api, &one.profile).await, ids(&world.api, &other.profile).await);
        assert_eq!((north_ids.len(), south_ids.len()), (1500, 1200));
        assert!(north_ids.is_disjoint(&south_ids));
        world.stop().await;
    }

    async fn a_connection_that_was_led_elsewhere_brings_no_row_of_another_organisation(database: TestDatabase) {
        let world = TestGateway::start(&database).await.unwrap();
        let settings = |users, seed| Settings { users, seed, ..Settings::default() };
        let (north, south) =
            (Simulator::start(settings(60, 11)).await.unwrap(), Simulator::start(settings(20, 12)).await.unwrap());
        let connected = world.connect(&north, "north").await.unwrap();
        assert_eq!(world.api.finished(&connected.run).await.unwrap(), "SUCCEEDED");
        let to = async |simulator: &Simulator| {
            let address = json!({ "id": connected.alias, "instanceUrl": simulator.url() });
            world.api.mutate("UpdateConnectionAlias", address).await.unwrap();
            let credentials = json!({
                "aliasId": connected.alias,
                "clientId": simulator.client_id(),
                "clientSecret": simulator.client_secret(),
            });
            world.api.mutate("SetClientCredentials", credentials).await.unwrap();
            let started = world.api.mutate("StartSync", json!({ "profileId": connected.profile })).await.unwrap();
            let run = started["run"]["id"].as_str().unwrap().to_owned();
            (world.api.finished(&run).await.unwrap(), run)
        };
        let (ended, run) = to(&south).await;
        assert_eq!(ended, "FAILED");
        let query = "query($id: ID!) { syncRun(id: $id) { findings { code } } accounts { totalCount } }";
        let found = world.api.ask(query, json!({ "id": run })).await.unwrap();
        assert_eq!(found["syncRun"]["findings"][0]["code"], "ORGANIZATION_CHANGED");
        assert_eq!(found["accounts"]["totalCount"], 60);
        assert_eq!(to(&north).await.0, "SUCCEEDED");
        world.stop().await;
    }

    async fn a_second_profile_on_one_organisation_is_refused(database: TestDatabase) {
        let world = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 50, ..Settings::default() }).await.unwrap();
        let first = world.connect(&simulator, "first").await.unwrap();
        world.api.finished(&first.run).await.unwrap();
        let refused = world.connect(&simulator, "second").await.unwrap_err().to_string();
        assert!(refused.contains("DUPLICATE_ORGANIZATION"), "{refused}");
        world.stop().await;
    }
}

async fn ids(api: &Api, profile: &str) -> BTreeSet<String> {
    const ACCOUNTS: &str = "query($profile: ID!, $first: Int, $after: String) { \
        page: accounts(filter: { profileId: $profile }, first: $first, after: $after) \
        { nodes { externalId } pageInfo { hasNextPage endCursor } } }";
    let nodes = api.walk(ACCOUNTS, json!({ "profile": profile })).await.unwrap();
    nodes.iter().map(|node| node["externalId"].as_str().unwrap().to_owned()).collect()
}
