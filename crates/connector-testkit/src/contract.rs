//! The contract tests. Each is a function of a fixture that returns a violation as a value, so that mutants can be tested.
//!
//! Every test creates its own organisations, so tests can run in parallel. A test whose requirements the manifest or the
//! fixture does not meet is [`Skipped`](crate::NotMet::Skipped).
//!
//! A new test applies to every connector. Add its name to the list in `lib.rs`, and a flaw that it detects to
//! `tests/mutants`.

mod check;
mod faults;
mod manifest;
mod paging;
mod reading;
mod reclaim;
mod setup;

pub use check::{check_changes_nothing, check_reports_broken_connections, diagnoses_every_process, keeps_secrets};
pub use faults::{
    recovers_a_forgotten_position, renews_its_session, reports_forbidden, reports_malformed, reports_rate_limited,
    reports_unauthenticated, reports_unavailable, survives_a_dropped_body,
};
pub use manifest::{carries_a_readable_catalogue, describes_its_configuration, describes_itself};
pub use paging::{keeps_its_total, moves_forward, rejects_a_foreign_position, replays_a_page, resumes_anywhere};
pub use reading::{
    keeps_ids, refers_to_known_accounts, refuses_unavailable_processes, reports_each_record_once, reports_every_record,
};
pub use reclaim::{answers_each_order_on_its_own, preflights_each_order, reclaims_once, restores};
pub use setup::sets_up_every_grant;
