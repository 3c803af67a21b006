//! Profiles, jobs, and what sync runs found.

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
