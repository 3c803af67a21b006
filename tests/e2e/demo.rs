//! The demo: it runs without configuration, prints the progress of the first sync, and stops on a signal.

use seatgraph_store::each_backend;
use seatgraph_tests::{Api, Process};
use serde_json::json;
use tokio::process::Command;

const BINARY: &str = env!("CARGO_BIN_EXE_seatgraph-under-test");

each_backend! {
    async fn the_demo_serves_a_synced_organisation_and_ends_on_both_signals() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().to_string_lossy().into_owned();
        for signal in ["INT", "TERM"] {
            let arguments = ["demo", "--users", "300", "--data", &data];
            let mut demo = Process::start(BINARY, &arguments, &[]).unwrap();
            let first = demo.next_line().await.unwrap();
            let address = first.strip_prefix("GraphiQL: ").expect("the address is the first line").to_owned();
            assert!(address.starts_with("http://127.0.0.1:") && address.ends_with('/'), "{address}");
            demo.line("sync: succeeded").await.unwrap();

            let api = Api::new(address.trim_end_matches('/'));
            let data = api.ask("{ accounts(first: 1) { totalCount } }", json!({})).await.unwrap();
            assert_eq!(data["accounts"]["totalCount"], 300);
            let (status, page) = api.get("/").await.unwrap();
            assert_eq!((status, page.contains("<title>Seatgraph</title>")), (200, true));
            assert_eq!(demo.signal(signal).await.unwrap(), 0, "SIG{signal}");
        }
    }

    async fn a_second_gateway_on_one_sqlite_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("seatgraph.db").to_string_lossy().into_owned();
        let environment = [("SEATGRAPH_DATABASE__URL", url.as_str()), ("SEATGRAPH_LISTEN", "127.0.0.1:0")];
        let mut first = Process::start(BINARY, &["serve"], &environment).unwrap();
        let address = first.line("GraphiQL: ").await.unwrap();
        let second = Process::start(BINARY, &["serve"], &environment).unwrap();
        assert_ne!(second.exit_code().await.unwrap(), 0);

        let api = Api::new(address.trim_end_matches('/'));
        for path in ["/health/live", "/health/ready", "/metrics"] {
            assert_eq!(api.get(path).await.unwrap().0, 200, "{path}");
        }
        assert_eq!(first.signal("TERM").await.unwrap(), 0);
    }

    async fn a_gateway_without_a_public_url_refuses_to_listen_beyond_loopback() {
        let folder = tempfile::tempdir().unwrap();
        let url = folder.path().join("seatgraph.db").to_string_lossy().into_owned();
        let environment = [("SEATGRAPH_DATABASE__URL", url.as_str()), ("SEATGRAPH_LISTEN", "0.0.0.0:0")];
        let refusal = refusal_to_serve(&environment).await;
        assert!(refusal.contains("0.0.0.0:0") && refusal.contains("public_url"), "{refusal}");
    }

    async fn an_unknown_variable_is_refused() {
        let refusal = refusal_to_serve(&[("SEATGRAPH_DATABSE__URL", "seatgraph.db")]).await;
        assert!(refusal.to_lowercase().contains("databse"), "{refusal}");
    }
}

/// The error message of a gateway that does not start.
async fn refusal_to_serve(environment: &[(&str, &str)]) -> String {
    let output = Command::new(BINARY).arg("serve").envs(environment.iter().copied()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    String::from_utf8(output.stderr).unwrap()
}
