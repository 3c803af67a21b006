//! What the store promises, on both backends.

mod house;
mod leases;
mod profiles;
mod queue;
mod retirement;
mod secrets;
mod sync;
mod wakeups;
