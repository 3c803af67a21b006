//! The contract tests. Each is a function of a fixture, so that a violation is a value and mutants can be tried.
//!
//! Every test makes organisations of its own and leaves nothing behind, so they run side by side. A test that
//! needs what the manifest or the fixture does not have is [`Skipped`](crate::NotMet::Skipped).
//!
//! A new test goes to every connector at once: its name goes into the list in `lib.rs`, and into
//! `tests/mutants` goes a flaw that it catches.

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
