//! The program.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::process::{Command, Stdio};

fn ends_cleanly_on(signal: &str) {
    let mut simulator = Command::new(env!("CARGO_BIN_EXE_salesforce-simulator"))
        .args(["--users", "30", "--seed", "9", "--port", "0", "--now", "2026-11-24T10:00:00Z"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(simulator.stdout.take().unwrap()).lines();
    let first = lines.next().unwrap().unwrap();
    let address = first.strip_prefix("Salesforce simulator: http://").unwrap();
    assert!(lines.next().unwrap().unwrap().starts_with("client id: 3MVG9"));
    assert!(lines.next().unwrap().unwrap().starts_with("client secret: "));
    let idle = TcpStream::connect(address).unwrap();
    let killed = Command::new("kill").args([signal, &simulator.id().to_string()]).status().unwrap();
    assert!(killed.success());
    assert!(simulator.wait().unwrap().success(), "{signal}");
    drop(idle);
}

#[test]
fn it_prints_its_address_and_stops_cleanly_on_both_signals() {
    ends_cleanly_on("-INT");
    ends_cleanly_on("-TERM");
}
