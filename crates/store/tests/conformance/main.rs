//! What the store promises, on both backends.

#![cfg(test)]

mod access;
mod audit;
mod authorizations;
mod delegations;
mod house;
mod leases;
mod migrations;
mod profiles;
mod queue;
mod retirement;
mod secrets;
mod sessions;
mod sync;
mod wakeups;
