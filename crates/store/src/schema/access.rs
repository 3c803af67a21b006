//! Callers, their rights, and the audit log.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Tokens by which programs are known; what each may do stands in role_assignments.
    api_tokens (id) {
        id -> SqlUuid,
        name -> Text,
        hash -> Binary,
        hint -> Text,
        created_by -> Text,
        created_at -> SqlTimestamp,
        expires_at -> Nullable<SqlTimestamp>,
        last_used_at -> Nullable<SqlTimestamp>,
        revoked_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Who may do what, and on which profile.
    role_assignments (id) {
        id -> SqlUuid,
        holder_kind -> TextEnum,
        holder -> Text,
        role -> TextEnum,
        profile_id -> Nullable<SqlUuid>,
        assigned_by -> Text,
        assigned_at -> SqlTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Who did what, before and after it; only ever added to, each row chained to the one before it.
    audit_events (sequence) {
        sequence -> BigInt,
        at -> SqlTimestamp,
        attempt -> SqlUuid,
        actor -> Text,
        actor_name -> Text,
        came_from -> Text,
        action -> Text,
        outcome -> TextEnum,
        subject -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        note -> Nullable<Text>,
        trace_id -> Text,
        profile_id -> Nullable<SqlUuid>,
        previous_hash -> Binary,
        hash -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// The end of the audit log. Its one row is locked while a row is added.
    audit_head (id) {
        id -> Integer,
        sequence -> BigInt,
        hash -> Binary,
        sealed_key -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Logins that were begun; each is finished at most once.
    login_attempts (state_hash) {
        state_hash -> Binary,
        browser_hash -> Binary,
        sealed -> Binary,
        return_path -> Text,
        created_at -> SqlTimestamp,
        used_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// People who are, or were, logged in.
    sessions (id) {
        id -> SqlUuid,
        token_hash -> Binary,
        issuer -> Text,
        subject -> Text,
        name -> Text,
        email -> Nullable<Text>,
        groups -> SqlJson,
        id_token -> Nullable<Binary>,
        created_at -> SqlTimestamp,
        last_seen_at -> SqlTimestamp,
        expires_at -> SqlTimestamp,
        ended_at -> Nullable<SqlTimestamp>,
    }
}
