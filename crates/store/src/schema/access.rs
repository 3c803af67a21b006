//! Callers, their rights, and the audit log.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Tokens by which programs are known; what each may do stands in role_assignments.
    api_tokens (id) {
        id -> Guid,
        name -> Text,
        hash -> Binary,
        hint -> Text,
        created_by -> Text,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Who may do what, and on which profile.
    role_assignments (id) {
        id -> Guid,
        holder_kind -> Word,
        holder -> Text,
        role -> Word,
        profile_id -> Nullable<Guid>,
        assigned_by -> Text,
        assigned_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Who did what, before and after it; only ever added to, each row chained to the one before it.
    audit_events (sequence) {
        sequence -> BigInt,
        at -> Instant,
        attempt -> Guid,
        actor -> Text,
        actor_name -> Text,
        came_from -> Text,
        action -> Text,
        outcome -> Word,
        subject -> Nullable<Text>,
        before -> Nullable<Text>,
        after -> Nullable<Text>,
        note -> Nullable<Text>,
        trace_id -> Text,
        profile_id -> Nullable<Guid>,
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
        created_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// People who are, or were, logged in.
    sessions (id) {
        id -> Guid,
        token_hash -> Binary,
        issuer -> Text,
        subject -> Text,
        name -> Text,
        email -> Nullable<Text>,
        groups -> Doc,
        id_token -> Nullable<Binary>,
        created_at -> Instant,
        last_seen_at -> Instant,
        expires_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}
