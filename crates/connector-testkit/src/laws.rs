//! The laws. Each is a function of a fixture, so that a violation is a value and mutants can be tried.
//!
//! Every law makes worlds of its own and leaves nothing behind, so they run side by side. What a law needs and the
//! manifest or the fixture does not have makes it [`Skipped`](crate::NotMet::Skipped).
//!
//! A new law goes to every connector at once: its name goes into the list in `lib.rs`, and into
//! `tests/mutants` goes a flaw that it catches.

mod check;
mod manifest;
mod paging;
mod reading;
mod reclaim;
mod setup;
mod weather;

pub use check::{diagnoses_every_process, finds_instead_of_failing, keeps_secrets, looks_without_touching};
pub use manifest::{carries_a_readable_catalogue, describes_its_configuration, describes_itself};
pub use paging::{gives_up_on_a_foreign_position, keeps_its_total, moves_forward, replays_a_page, resumes_anywhere};
pub use reading::{
    counts_everyone, keeps_ids, knows_every_account, names_everything_once, refuses_what_it_does_not_do,
};
pub use reclaim::{answers_each_order_on_its_own, preflights_each_order, reclaims_once, restores};
pub use setup::sets_up_every_grant;
pub use weather::{
    recovers_a_forgotten_position, renews_its_session, says_forbidden, says_malformed, says_rate_limited,
    says_unauthenticated, says_unavailable, survives_a_dropped_body,
};
