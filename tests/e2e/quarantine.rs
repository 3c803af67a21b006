//! With a copied or restored database, the gateway calls no vendor until the database is adopted.

use salesforce_simulator::{Settings, Simulator};
use seatgraph_store::{Backend, each_backend};
use seatgraph_tests::{Api, Process, TestGateway};
use serde_json::{Value, json};

/// Number of requests to the vendor.
async fn asked(vendor: &Api) -> usize {
    let (_, log) = vendor.get("/_control/requests/log").await.unwrap();
    serde_json::from_str::<Vec<Value>>(&log).unwrap().len()
}

each_backend! {
    async fn a_copied_database_calls_no_vendor_until_it_is_adopted(database: TestDatabase) {
        let simulator = Simulator::start(Settings { users: 20, seed: 81, ..Settings::default() }).await.unwrap();
        let vendor = Api::new(simulator.url());
        let original = TestGateway::start(&database).await.unwrap();
        let connected = original.connect(&simulator, "acme").await.unwrap();
        original.api.finished(&connected.run).await.unwrap();
        original.api.mutate("PauseProfile", json!({ "id": connected.profile })).await.unwrap();
        let (home, key) = (original.key_file(), std::fs::read(original.key_file()).unwrap());
        let folder = original.stop_and_keep_keys().await;
        let before = asked(&vendor).await;

        // The same database and keys, on a machine without the instance file.
        let elsewhere = tempfile::tempdir().unwrap();
        let key_file = elsewhere.path().join("seatgraph.key");
        std::fs::write(&key_file, &key).unwrap();
        let copy = TestGateway::start_with(&database, |config| config.key_file = Some(key_file.clone())).await.unwrap();
        let validated = copy.api.mutate("ValidateProfile", json!({ "id": connected.profile })).await.unwrap();
        assert_eq!(validated["findings"][0]["code"], "QUARANTINE", "{validated}");
        let resumed = copy.api.mutate("ResumeProfile", json!({ "id": connected.profile })).await.unwrap_err();
        assert!(resumed.to_string().contains("seatgraph adopt"), "{resumed}");
        // Stored data can still be read.
        assert_eq!(copy.api.ask("{ accounts { totalCount } }", json!({})).await.unwrap()["accounts"]["totalCount"], 20);
        copy.stop().await;
        assert_eq!(asked(&vendor).await, before, "requests of a gateway in quarantine");

        adopt(database.url(), key_file.to_str().unwrap()).await;
        let adopted = TestGateway::start_with(&database, |config| config.key_file = Some(key_file.clone())).await.unwrap();
        let validated = adopted.api.mutate("ValidateProfile", json!({ "id": connected.profile })).await.unwrap();
        assert!(!validated.to_string().contains("QUARANTINE"), "{validated}");
        assert!(asked(&vendor).await > before);
        let log = adopted.api.run("AuditEvents", json!({ "filter": { "action": { "eq": "adopt" } } })).await.unwrap();
        assert_eq!(log["auditEvents"]["nodes"][0]["note"], "moved to a new machine");
        adopted.stop().await;

        // Now the first installation is in quarantine.
        let first = TestGateway::start_with(&database, |config| config.key_file = Some(home)).await.unwrap();
        let validated = first.api.mutate("ValidateProfile", json!({ "id": connected.profile })).await.unwrap();
        assert!(validated.to_string().contains("another installation"), "{validated}");
        first.stop().await;
        drop(folder);
    }

    #[cfg(unix)]
    async fn a_copy_of_the_whole_folder_is_in_quarantine(database: TestDatabase) {
        let original = TestGateway::start(&database).await.unwrap();
        let home = original.key_file();
        let folder = original.stop_and_keep_keys().await;
        let clone = tempfile::tempdir().unwrap();
        for file in std::fs::read_dir(folder.path()).unwrap() {
            let path = file.unwrap().path();
            std::fs::copy(&path, clone.path().join(path.file_name().unwrap())).unwrap();
        }
        let simulator = Simulator::start(Settings { users: 5, ..Settings::default() }).await.unwrap();
        let cloned = clone.path().join("seatgraph.key");
        let copy = TestGateway::start_with(&database, |config| config.key_file = Some(cloned)).await.unwrap();
        let refused = copy.connect(&simulator, "acme").await.unwrap_err().to_string();
        assert!(refused.contains("is a copy"), "{refused}");
        copy.stop().await;
        let again = TestGateway::start_with(&database, |config| config.key_file = Some(home)).await.unwrap();
        again.connect(&simulator, "acme again").await.unwrap();
        again.stop().await;
        drop(folder);
    }

    async fn a_truncated_audit_log_is_detected_by_the_head_in_the_instance_file(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let key_file = gateway.key_file();
        let again = async || TestGateway::start_with(&database, |config| config.key_file = Some(key_file.clone())).await;
        let verify = async || {
            let environment =
                [("SEATGRAPH_DATABASE__URL", database.url()), ("SEATGRAPH_KEY_FILE", key_file.to_str().unwrap())];
            let verify = Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &["audit", "verify"], &environment);
            verify.unwrap().exit_code().await.unwrap()
        };
        let folder = gateway.stop_and_keep_keys().await;
        // The second start detects the first one and records it.
        again().await.unwrap().stop().await;
        assert_eq!(verify().await, 0);
        let wipe: &[&str] = match database.backend() {
            Backend::Postgres => &["ALTER TABLE audit_events DISABLE TRIGGER USER", "DELETE FROM audit_events"],
            Backend::Sqlite => &["DROP TRIGGER audit_events_are_kept", "DELETE FROM audit_events"],
        };
        for statement in wipe.iter().chain(&["DELETE FROM audit_head"]) {
            database.execute(statement).await.unwrap();
        }
        assert_eq!(verify().await, 1);
        // A running gateway keeps the state.
        again().await.unwrap().stop().await;
        assert_eq!(verify().await, 1);
        drop(folder);
    }

    async fn a_restored_backup_is_detected(database: TestDatabase) {
        let gateway = TestGateway::start(&database).await.unwrap();
        let key_file = gateway.key_file();
        database.execute("UPDATE instance SET generation = generation - 1").await.unwrap();
        let again = async || TestGateway::start_with(&database, |config| config.key_file = Some(key_file.clone())).await;
        // The first gateway has locked the SQLite file, which allows one process.
        let config = gateway.config.clone();
        let folder = gateway.stop_and_keep_keys().await;
        let behind = again().await.unwrap();
        let simulator = Simulator::start(Settings { users: 5, ..Settings::default() }).await.unwrap();
        let refused = behind.connect(&simulator, "acme").await.unwrap_err().to_string();
        assert!(refused.contains("a backup was restored"), "{refused}");
        behind.stop().await;
        adopt(&config.database.url, key_file.to_str().unwrap()).await;
        adopt_without_reason(&config.database.url, key_file.to_str().unwrap()).await;
        let adopted = again().await.unwrap();
        adopted.connect(&simulator, "acme again").await.unwrap();
        adopted.stop().await;
        drop(folder);
    }
}

async fn adopt(database: &str, key_file: &str) {
    let environment = [("SEATGRAPH_DATABASE__URL", database), ("SEATGRAPH_KEY_FILE", key_file)];
    let arguments = ["adopt", "--reason", "moved to a new machine"];
    let process = Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &arguments, &environment).unwrap();
    assert_eq!(process.exit_code().await.unwrap(), 0);
}

async fn adopt_without_reason(database: &str, key_file: &str) {
    let environment = [("SEATGRAPH_DATABASE__URL", database), ("SEATGRAPH_KEY_FILE", key_file)];
    let arguments = ["adopt", "--reason", " "];
    let process = Process::start(env!("CARGO_BIN_EXE_seatgraph-under-test"), &arguments, &environment).unwrap();
    assert_ne!(process.exit_code().await.unwrap(), 0);
}
