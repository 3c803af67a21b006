//! The tables, by hand: shared SQL types over both backends. A test compares this file with both catalogues.

mod access;

pub(crate) use access::{api_tokens, audit_events, audit_head, login_attempts, role_assignments, sessions};

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// A named connection with its credentials; a parent shares its properties with its children.
    connection_aliases (id) {
        id -> Guid,
        connector -> Text,
        name -> Text,
        parent_id -> Nullable<Guid>,
        instance_url -> Nullable<Text>,
        properties -> Doc,
        grant_type -> Nullable<Word>,
        credential_state -> Word,
        client_id -> Nullable<Text>,
        granted_scopes -> Doc,
        principal -> Nullable<Text>,
        username -> Nullable<Text>,
        obtained_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
        refreshing_until -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Consents that were begun and have not come back; each is taken once.
    authorizations (state_hash) {
        state_hash -> Binary,
        alias_id -> Guid,
        begun_by -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        sealed -> Binary,
        expires_at -> Instant,
        link_id -> Nullable<Guid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Links that let somebody without an account here consent for one alias, once.
    delegated_links (id) {
        id -> Guid,
        alias_id -> Guid,
        token_hash -> Binary,
        created_by -> Text,
        client_id -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Encrypted credentials of aliases; never read without the key.
    sealed_secrets (alias_id, purpose) {
        alias_id -> Guid,
        purpose -> Word,
        sealed -> Binary,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// One SaaS organisation, tracked through one alias.
    integration_profiles (id) {
        id -> Guid,
        connector -> Text,
        name -> Text,
        alias_id -> Nullable<Guid>,
        state -> Word,
        organization_id -> Nullable<Text>,
        organization_name -> Nullable<Text>,
        sandbox -> Nullable<Bool>,
        edition -> Nullable<Text>,
        organization_checked_at -> Nullable<Instant>,
        schedule_every -> Word,
        schedule_at -> Nullable<Text>,
        schedule_time_zone -> Text,
        next_run_at -> Nullable<Instant>,
        allowance_limit -> Nullable<BigInt>,
        allowance_used -> Nullable<BigInt>,
        allowance_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
        deleted_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What a profile does, and how well.
    profile_processes (profile_id, process) {
        profile_id -> Guid,
        process -> Word,
        enabled -> Bool,
        health -> Word,
        bookmark -> Nullable<Doc>,
        last_succeeded_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Durable work of every kind, leased by workers.
    jobs (id) {
        id -> Guid,
        kind -> Text,
        payload_version -> Integer,
        payload -> Doc,
        profile_id -> Nullable<Guid>,
        state -> Word,
        substate -> Nullable<Text>,
        reason -> Nullable<Text>,
        priority -> Integer,
        available_at -> Nullable<Instant>,
        attempt -> Integer,
        fence -> BigInt,
        lease_owner -> Nullable<Guid>,
        leased_until -> Nullable<Instant>,
        cancel_requested_at -> Nullable<Instant>,
        last_sequence -> BigInt,
        idempotency_key -> Nullable<Text>,
        unique_key -> Nullable<Text>,
        queued_at -> Instant,
        started_at -> Nullable<Instant>,
        finished_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Next scheduled slot of each job kind that runs for the whole installation.
    job_schedules (kind) {
        kind -> Text,
        next_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// One execution of a profile's read processes: what only a sync has beside its job.
    sync_runs (id) {
        id -> Guid,
        profile_id -> Guid,
        trigger -> Word,
        processes -> Doc,
        suspect_confirmed -> Bool,
        api_calls -> BigInt,
        accounts_seen -> BigInt,
        accounts_added -> BigInt,
        accounts_changed -> BigInt,
        accounts_retired -> BigInt,
        subscriptions_seen -> BigInt,
        subscriptions_added -> BigInt,
        subscriptions_changed -> BigInt,
        subscriptions_retired -> BigInt,
        rejected -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The parts of a run, with position and progress.
    sync_stages (run_id, ordinal) {
        run_id -> Guid,
        ordinal -> Integer,
        name -> Text,
        process -> Nullable<Word>,
        state -> Word,
        done -> BigInt,
        total -> Nullable<BigInt>,
        cursor -> Nullable<Doc>,
        bookmark -> Nullable<Doc>,
        started_at -> Nullable<Instant>,
        finished_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The records a run has named so far; what is missing here at the end is gone.
    sync_seen (run_id, kind, record_id) {
        run_id -> Guid,
        kind -> Word,
        record_id -> Guid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Vendor rows that a run left out.
    sync_rejections (id) {
        id -> Guid,
        run_id -> Guid,
        process -> Word,
        external_id -> Nullable<Text>,
        code -> Text,
        message -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What people should know of a profile, from a validation or a run.
    findings (id) {
        id -> Guid,
        profile_id -> Guid,
        run_id -> Nullable<Guid>,
        process -> Nullable<Word>,
        code -> Text,
        severity -> Word,
        message -> Text,
        seen -> Nullable<Text>,
        remedy -> Text,
        docs_url -> Nullable<Text>,
        at -> Instant,
        of_consent -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The event log of each stream, numbered without gaps.
    events (stream_kind, stream_id, sequence) {
        stream_kind -> Word,
        stream_id -> Guid,
        sequence -> BigInt,
        at -> Instant,
        body -> Doc,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Publisher, product and edition that identifiers stand for.
    software_models (id) {
        id -> Guid,
        publisher -> Text,
        product -> Text,
        edition -> Text,
        category -> Nullable<Text>,
        origin -> Word,
        search_text -> Text,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What vendors call the things that are held, and what they stand for.
    subscription_identifiers (id) {
        id -> Guid,
        connector -> Text,
        kind -> Text,
        key -> Text,
        name -> Text,
        model_id -> Nullable<Guid>,
        resolved_by -> Nullable<Word>,
        first_seen_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Logins in organisations.
    accounts (id) {
        id -> Guid,
        profile_id -> Guid,
        external_id -> Text,
        username -> Text,
        email -> Nullable<Text>,
        display_name -> Nullable<Text>,
        kind -> Word,
        active -> Bool,
        frozen -> Nullable<Bool>,
        department -> Nullable<Text>,
        title -> Nullable<Text>,
        country -> Nullable<Text>,
        cost_center -> Nullable<Text>,
        employee_number -> Nullable<Text>,
        federation_id -> Nullable<Text>,
        manager_external_id -> Nullable<Text>,
        vendor_created_at -> Nullable<Instant>,
        attributes -> Doc,
        search_text -> Text,
        last_activity_at -> Nullable<Instant>,
        idle_since -> Instant,
        first_seen_at -> Instant,
        updated_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Evidence of use, one row per account and kind.
    activities (account_id, kind) {
        account_id -> Guid,
        kind -> Word,
        last_at -> Instant,
        source -> Text,
        day_map -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What organisations say they bought, per identifier.
    license_pools (id) {
        id -> Guid,
        profile_id -> Guid,
        identifier_id -> Guid,
        total -> Nullable<BigInt>,
        used -> Nullable<BigInt>,
        status -> Nullable<Text>,
        expires_on -> Nullable<Date>,
        first_seen_at -> Instant,
        updated_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// One account holding one subscription identifier.
    subscriptions (id) {
        id -> Guid,
        profile_id -> Guid,
        account_id -> Guid,
        identifier_id -> Guid,
        pool_id -> Nullable<Guid>,
        assigned_at -> Nullable<Instant>,
        first_seen_at -> Instant,
        updated_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Which installation this database belongs to; one row. A copy of it next to another installation touches no vendor.
    instance (id) {
        id -> Integer,
        epoch -> Guid,
        generation -> BigInt,
        adopted_at -> Nullable<Instant>,
        adopted_because -> Nullable<Text>,
    }
}

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
