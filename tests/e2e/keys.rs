//! Key rotation while the gateway is running.

use salesforce_simulator::{Faults, Settings, Simulator};
use seatgraph_store::each_backend;
use seatgraph_tests::{Process, TestGateway};
use serde_json::json;

each_backend! {
    async fn rotations_at_the_same_time_lose_no_secret(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 5, seed: 72, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "sealed").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let key_file = gateway.key_file();
        let environment =
            [("SEATGRAPH_DATABASE__URL", database.url()), ("SEATGRAPH_KEY_FILE", key_file.to_str().unwrap())];
        let rotate = || Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &["keys", "rotate"], &environment);
        let at_once: Vec<_> = (0..4).map(|_| rotate().unwrap()).collect();
        for rotation in at_once {
            assert_eq!(rotation.exit_code().await.unwrap(), 0);
        }
        simulator.set_faults(Faults { expire_sessions: true, ..Faults::default() });
        let validated = gateway.api.mutate("ValidateProfile", json!({ "id": connected.profile })).await.unwrap();
        assert!(!validated.to_string().contains("CREDENTIAL_"), "{validated}");
        gateway.stop().await;
        simulator.shutdown().await;
    }

    async fn a_gateway_with_the_wrong_keys_does_not_start(database: TestDatabase) {
        TestGateway::start(&database).await.unwrap().stop().await;
        let refused = TestGateway::start(&database).await.unwrap_err();
        assert!(format!("{refused:#}").contains("Bring back the key"), "{refused:#}");
    }

    async fn keys_are_rotated_while_the_gateway_runs(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let simulator = Simulator::start(Settings { users: 30, seed: 71, ..Settings::default() }).await.unwrap();
        let connected = gateway.connect(&simulator, "sealed").await.unwrap();
        gateway.api.finished(&connected.run).await.unwrap();
        let key_file = gateway.key_file();
        let first = std::fs::read_to_string(&key_file).unwrap();
        let environment =
            [("SEATGRAPH_DATABASE__URL", database.url()), ("SEATGRAPH_KEY_FILE", key_file.to_str().unwrap())];
        let rotations = async {
            for _ in 0..3 {
                let rotate = Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &["keys", "rotate"], &environment);
                let mut rotate = rotate.unwrap();
                assert_eq!(rotate.line("keys: ").await.unwrap(), "2 secrets were re-encrypted");
                assert_eq!(rotate.exit_code().await.unwrap(), 0);
            }
        };
        // Every validation needs a new token and therefore decrypts the secret, with the old or the new key.
        let serving = async {
            loop {
                simulator.set_faults(Faults { expire_sessions: true, ..Faults::default() });
                let validated = gateway.api.mutate("ValidateProfile", json!({ "id": connected.profile })).await.unwrap();
                let found = validated["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap());
                assert_eq!(found.filter(|code| code.starts_with("CREDENTIAL")).count(), 0, "{validated}");
            }
        };
        tokio::select! {
            () = rotations => {}
            () = serving => unreachable!("it never ends"),
        }
        let rotated = json!({ "filter": { "action": { "eq": "keys rotate" }, "outcome": ["SUCCEEDED"] } });
        let log = gateway.api.run("AuditEvents", rotated).await.unwrap();
        assert_eq!(log["auditEvents"]["totalCount"], 3);
        assert_eq!(log["auditEvents"]["nodes"][0]["note"], "2 secrets were re-encrypted");
        let kept = std::fs::read_to_string(&key_file).unwrap();
        assert_eq!(kept.lines().count(), 2);
        assert!(!kept.contains(first.trim()), "the first key is forgotten");
        gateway.stop().await;
        simulator.shutdown().await;
    }
}
