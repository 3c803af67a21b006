//! Configuration of the API: which documents may run, who may read the schema, and how long a statement
//! may take.

use std::time::Duration;

use seatgraph::config::AllowListing;
use seatgraph_store::each_backend;
use seatgraph_tests::TestGateway;
use serde_json::{Value, json};

const SCHEMA: &str = "{ __schema { queryType { name } } }";

fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

each_backend! {
    async fn with_the_allow_list_only_embedded_documents_run(database: TestDatabase) {
        let listed = |config: &mut seatgraph::config::Config| config.allow_list = AllowListing::Embedded(true);
        let gateway = TestGateway::start_with(&database, listed).await.unwrap();
        assert_eq!(gateway.api.run("Viewer", json!({})).await.unwrap()["viewer"]["name"], "e2e");
        for document in ["{ viewer { name } }", SCHEMA] {
            assert_eq!(code(&gateway.api.post(document, json!({})).await.unwrap()), "DOCUMENT_NOT_ALLOWED", "{document}");
        }
        gateway.stop().await;
    }

    async fn without_introspection_only_administrators_read_the_schema(database: TestDatabase) {
        let gateway = TestGateway::start_with(&database, |config| config.introspection = false).await.unwrap();
        let viewer = json!({ "name": "viewer", "roles": [{ "role": "VIEWER" }] });
        let made = gateway.api.mutate("CreateApiToken", viewer).await.unwrap();
        let viewer = gateway.api.with_token(made["secret"].as_str().unwrap());
        assert_eq!(code(&viewer.post(SCHEMA, json!({})).await.unwrap()), "FORBIDDEN");
        assert_eq!(gateway.api.ask(SCHEMA, json!({})).await.unwrap()["__schema"]["queryType"]["name"], "Query");
        gateway.stop().await;
    }

    async fn a_read_timeout_above_the_operation_time_is_refused(database: TestDatabase) {
        let gateway = TestGateway::start_with(&database, |config| config.database.read_timeout = config.limits.operation_time);
        let error = gateway.await.unwrap_err();
        assert!(format!("{error:#}").contains("database.read_timeout_seconds"), "{error:#}");
    }

    async fn a_slow_query_times_out_with_a_remedy(database: PostgresDatabase) {
        let gateway = TestGateway::start_with(&database, |config| config.database.read_timeout = Duration::from_millis(300));
        let gateway = gateway.await.unwrap();
        database.execute("ALTER TABLE license_pools RENAME TO kept").await.unwrap();
        let slow = "CREATE VIEW license_pools AS SELECT * FROM kept WHERE (SELECT pg_sleep(30)) IS NOT NULL";
        database.execute(slow).await.unwrap();
        let answer = gateway.api.post("{ licensePools(first: 1) { nodes { id } } }", json!({})).await.unwrap();
        assert_eq!(code(&answer), "TIMEOUT", "{answer}");
        assert_eq!(answer["errors"][0]["message"], "the database query timed out; request less data at once");
        assert_eq!(gateway.api.run("Viewer", json!({})).await.unwrap()["viewer"]["name"], "e2e");
        gateway.stop().await;
    }
}
