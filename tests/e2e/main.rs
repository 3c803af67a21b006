//! End-to-end tests over HTTP, on both databases.

#![cfg(test)]

mod access;
mod assertions;
mod configuration;
mod consent;
mod consent_flow;
mod counts;
mod crash;
mod delegation;
mod demo;
mod keys;
mod leaks;
mod lifecycle;
mod operations;
mod progress;
mod quarantine;
mod refused_consents;
mod setup;
mod two_organizations;

seatgraph_store::test_main!(
    access,
    assertions,
    configuration,
    consent,
    counts,
    crash,
    delegation,
    demo,
    keys,
    leaks,
    lifecycle,
    operations,
    progress,
    quarantine,
    refused_consents,
    setup,
    two_organizations,
);
