//! Profiles, jobs, and what sync runs found.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// One SaaS organisation, tracked through one alias.
    integration_profiles (id) {
        id -> SqlUuid,
        connector -> Text,
        name -> Text,
        alias_id -> Nullable<SqlUuid>,
        state -> TextEnum,
        organization_id -> Nullable<Text>,
        organization_name -> Nullable<Text>,
        sandbox -> Nullable<Bool>,
        edition -> Nullable<Text>,
        organization_checked_at -> Nullable<SqlTimestamp>,
        schedule_every -> TextEnum,
        schedule_at -> Nullable<Text>,
        schedule_time_zone -> Text,
        next_run_at -> Nullable<SqlTimestamp>,
        allowance_limit -> Nullable<BigInt>,
        allowance_used -> Nullable<BigInt>,
        allowance_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
        deleted_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What a profile does, and how well.
    profile_processes (profile_id, process) {
        profile_id -> SqlUuid,
        process -> TextEnum,
        enabled -> Bool,
        health -> TextEnum,
        bookmark -> Nullable<SqlJson>,
        last_succeeded_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Durable work of every kind, leased by workers.
    jobs (id) {
        id -> SqlUuid,
        kind -> Text,
        payload_version -> Integer,
        payload -> SqlJson,
        profile_id -> Nullable<SqlUuid>,
        state -> TextEnum,
        substate -> Nullable<Text>,
        reason -> Nullable<Text>,
        priority -> Integer,
        available_at -> Nullable<SqlTimestamp>,
        attempt -> Integer,
        fence -> BigInt,
        lease_owner -> Nullable<SqlUuid>,
        leased_until -> Nullable<SqlTimestamp>,
        cancel_requested_at -> Nullable<SqlTimestamp>,
        last_sequence -> BigInt,
        idempotency_key -> Nullable<Text>,
        unique_key -> Nullable<Text>,
        queued_at -> SqlTimestamp,
        started_at -> Nullable<SqlTimestamp>,
        finished_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Next scheduled slot of each job kind that runs for the whole installation.
    job_schedules (kind) {
        kind -> Text,
        next_at -> SqlTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// One execution of a profile's read processes: what only a sync has beside its job.
    sync_runs (id) {
        id -> SqlUuid,
        profile_id -> SqlUuid,
        trigger -> TextEnum,
        processes -> SqlJson,
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
        run_id -> SqlUuid,
        ordinal -> Integer,
        name -> Text,
        process -> Nullable<TextEnum>,
        state -> TextEnum,
        done -> BigInt,
        total -> Nullable<BigInt>,
        cursor -> Nullable<SqlJson>,
        bookmark -> Nullable<SqlJson>,
        started_at -> Nullable<SqlTimestamp>,
        finished_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The records a run has named so far; what is missing here at the end is gone.
    sync_seen (run_id, kind, record_id) {
        run_id -> SqlUuid,
        kind -> TextEnum,
        record_id -> SqlUuid,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Vendor rows that a run left out.
    sync_rejections (id) {
        id -> SqlUuid,
        run_id -> SqlUuid,
        process -> TextEnum,
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
        id -> SqlUuid,
        profile_id -> SqlUuid,
        run_id -> Nullable<SqlUuid>,
        process -> Nullable<TextEnum>,
        code -> Text,
        severity -> TextEnum,
        message -> Text,
        seen -> Nullable<Text>,
        remedy -> Text,
        docs_url -> Nullable<Text>,
        at -> SqlTimestamp,
        of_consent -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The event log of each stream, numbered without gaps.
    events (stream_kind, stream_id, sequence) {
        stream_kind -> TextEnum,
        stream_id -> SqlUuid,
        sequence -> BigInt,
        at -> SqlTimestamp,
        body -> SqlJson,
    }
}
