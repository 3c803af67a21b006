//! What subscriptions stand for, and evidence of use.

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
    /// Evidence of use, one row per account and kind.
    activities (account_id, kind) {
        account_id -> Guid,
        kind -> Word,
        last_at -> Instant,
        source -> Text,
        day_map -> Binary,
    }
}
