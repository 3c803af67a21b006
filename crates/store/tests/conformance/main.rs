//! What the store promises, on both backends.

#![cfg(test)]

mod access;
mod audit;
mod authorizations;
mod delegations;
mod harness;
mod leases;
mod migrations;
mod profiles;
mod queue;
mod retirement;
mod secrets;
mod sessions;
mod sync;
mod timeouts;
mod wakeups;

seatgraph_store::test_main!(
    access,
    audit,
    authorizations,
    delegations,
    leases,
    migrations,
    profiles,
    queue,
    retirement,
    secrets,
    sessions,
    sync,
    timeouts,
    wakeups,
);
