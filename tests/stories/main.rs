//! What people do with the product, through its front door, on both databases.

#![cfg(test)]

mod access;
mod assertions;
mod canary;
mod census;
mod consent;
mod crash;
mod delegation;
mod demo;
mod door;
mod keys;
mod lifecycle;
mod operations;
mod person;
mod progress;
mod quarantine;
mod refused_consents;
mod setup;
mod two_organizations;

seatgraph_store::test_main!(
    access,
    assertions,
    canary,
    census,
    consent,
    crash,
    delegation,
    demo,
    door,
    keys,
    lifecycle,
    operations,
    progress,
    quarantine,
    refused_consents,
    setup,
    two_organizations,
);
