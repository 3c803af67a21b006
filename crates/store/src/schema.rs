//! The tables, by hand: shared SQL types over both backends. A test compares them with both catalogues.
//!
//! The tables of records follow from their descriptions in [`crate::records`].

mod access;
mod catalogue;
mod connecting;
mod syncing;

pub(crate) use access::{api_tokens, audit_events, audit_head, login_attempts, role_assignments, sessions};
pub(crate) use catalogue::{activities, software_models, subscription_identifiers};
pub(crate) use connecting::{authorizations, connection_aliases, delegated_links, instance, sealed_secrets};
pub(crate) use syncing::{
    events, findings, integration_profiles, job_schedules, jobs, profile_processes, sync_rejections, sync_runs,
    sync_seen, sync_stages,
};

pub(crate) use crate::records::{accounts, license_pools, subscriptions};

diesel::joinable!(sealed_secrets -> connection_aliases (alias_id));
diesel::joinable!(integration_profiles -> connection_aliases (alias_id));
diesel::joinable!(profile_processes -> integration_profiles (profile_id));
diesel::joinable!(jobs -> integration_profiles (profile_id));
diesel::joinable!(sync_runs -> integration_profiles (profile_id));
diesel::joinable!(sync_runs -> jobs (id));
diesel::joinable!(sync_stages -> sync_runs (run_id));
diesel::joinable!(sync_seen -> sync_runs (run_id));
diesel::joinable!(sync_rejections -> sync_runs (run_id));
diesel::joinable!(findings -> integration_profiles (profile_id));
diesel::joinable!(findings -> sync_runs (run_id));
diesel::joinable!(subscription_identifiers -> software_models (model_id));
diesel::joinable!(accounts -> integration_profiles (profile_id));
diesel::joinable!(activities -> accounts (account_id));
diesel::joinable!(license_pools -> integration_profiles (profile_id));
diesel::joinable!(license_pools -> subscription_identifiers (identifier_id));
diesel::joinable!(subscriptions -> integration_profiles (profile_id));
diesel::joinable!(subscriptions -> accounts (account_id));
diesel::joinable!(subscriptions -> subscription_identifiers (identifier_id));
diesel::joinable!(subscriptions -> license_pools (pool_id));
diesel::joinable!(role_assignments -> integration_profiles (profile_id));
diesel::allow_tables_to_appear_in_same_query!(
    api_tokens,
    role_assignments,
    connection_aliases,
    delegated_links,
    sealed_secrets,
    integration_profiles,
    profile_processes,
    jobs,
    sync_runs,
    sync_stages,
    sync_seen,
    sync_rejections,
    findings,
    events,
    software_models,
    subscription_identifiers,
    accounts,
    activities,
    license_pools,
    subscriptions,
);
