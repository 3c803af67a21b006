//! What subscriptions stand for, and evidence of use.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Publisher, product and edition that identifiers stand for.
    software_models (id) {
        id -> SqlUuid,
        publisher -> Text,
        product -> Text,
        edition -> Text,
        category -> Nullable<Text>,
        origin -> TextEnum,
        search_text -> Text,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// What vendors call the things that are held, and what they stand for.
    subscription_identifiers (id) {
        id -> SqlUuid,
        connector -> Text,
        kind -> Text,
        key -> Text,
        name -> Text,
        model_id -> Nullable<SqlUuid>,
        resolved_by -> Nullable<TextEnum>,
        first_seen_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Evidence of use, one row per account and kind.
    activities (account_id, kind) {
        account_id -> SqlUuid,
        kind -> TextEnum,
        last_at -> SqlTimestamp,
        source -> Text,
        day_map -> Binary,
    }
}
