//! What the store promises, on both backends.

#![cfg(test)]

mod access;
mod audit;
mod authorizations;
mod delegations;
mod harness;
mod leases;
mod migrations;
mod notifier;
mod profiles;
mod queue;
mod retirement;
mod secrets;
mod sessions;
mod sync;
mod timeouts;
mod upgrade;

seatgraph_store::test_main!(
    access,
    audit,
    authorizations,
    delegations,
    leases,
    migrations,
    notifier,
    profiles,
    queue,
    retirement,
    secrets,
    sessions,
    sync,
    timeouts,
    upgrade,
);
