//! The contract tests that every connector must pass, and an in-memory connector for tests of engines.
//!
//! A connector crate describes its vendor once, as a [`Fixture`]. One line in its `Cargo.toml` and one line of code
//! add the tests:
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//! ```ignore
//! connector_testkit::conformance!(Acme);
//! ```
//!
//! The line expands to the `main` of `tests/contract.rs`, with one test per rule of the contract. `cargo test` and
//! cargo-nextest run, filter and list them like other tests. A test that the manifest excludes, or that the fixture does
//! not support, is reported as ignored with the reason. [`assert_all_tried`] requires that no test is ignored.
//!
//! The results are only meaningful if the fixture responds like the vendor, over a socket if possible, and if the expected
//! records come from the fixture ([`TestOrg::expected_records`]), never from the
//! connector.

pub mod contract;
mod expected;
mod fixture;
pub mod memory;
mod pass;
mod result;
mod suite;

pub use expected::ExpectedRecords;
pub use fixture::{Fault, Fixture, TestOrg};
pub use result::{ContractResult, ContractTest, NotMet, Violation};
pub use suite::{Suite, run};

/// Makes the `main` of a test target that runs every contract test on the fixture, or on each of several named ones.
#[macro_export]
macro_rules! conformance {
    ($fixture:expr) => {
        $crate::conformance!(conformance: $fixture);
    };
    ($($name:ident: $fixture:expr),+) => {
        fn main() -> std::process::ExitCode {
            $crate::run([$($crate::Suite::of(stringify!($name), $fixture)),+])
        }

        $crate::refuse_harness!();
    };
}

/// Fails under libtest, which would replace `main` and pass without running a test.
#[doc(hidden)]
#[macro_export]
macro_rules! refuse_harness {
    () => {
        #[test]
        fn the_target_needs_harness_false() {
            panic!("add `harness = false` to this [[test]] of Cargo.toml; no contract test has run");
        }
    };
}

macro_rules! contract_tests {
    ($($name:ident)+) => {
        &[$(ContractTest { name: stringify!($name), run: |fixture| Box::pin(contract::$name(fixture)) }),+]
    };
}

/// All contract tests, in the order of the report.
pub const CONTRACT_TESTS: &[ContractTest] = contract_tests! {
    describes_itself
    describes_its_configuration
    carries_a_readable_catalogue
    sets_up_every_grant
    reports_every_record
    moves_forward
    reports_each_record_once
    keeps_ids
    replays_a_page
    resumes_anywhere
    keeps_its_total
    refers_to_known_accounts
    refuses_unavailable_processes
    rejects_a_foreign_position
    diagnoses_every_process
    check_changes_nothing
    check_reports_broken_connections
    keeps_secrets
    renews_its_session
    reports_unauthenticated
    reports_forbidden
    reports_rate_limited
    reports_unavailable
    survives_a_dropped_body
    reports_malformed
    recovers_a_forgotten_position
    preflights_each_order
    reclaims_once
    answers_each_order_on_its_own
    restores
};

/// Asserts that all contract tests pass and that none is ignored, other than the `excepted` ones.
///
/// # Panics
/// With the first violation or ignored test.
pub async fn assert_all_tried(fixture: &dyn Fixture, excepted: &[&str]) {
    for test in CONTRACT_TESTS {
        match (test.run)(fixture).await {
            Ok(()) => {}
            Err(NotMet::Skipped(_)) if excepted.contains(&test.name) => {}
            Err(NotMet::Skipped(reason)) => panic!("{} was not tried: {reason}", test.name),
            Err(NotMet::Violated(violation)) => panic!("{}: {violation}", test.name),
        }
    }
}
