//! Connections: aliases, consents and their secrets.

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// A named connection with its credentials; a parent shares its properties with its children.
    connection_aliases (id) {
        id -> SqlUuid,
        connector -> Text,
        name -> Text,
        parent_id -> Nullable<SqlUuid>,
        instance_url -> Nullable<Text>,
        properties -> SqlJson,
        grant_type -> Nullable<TextEnum>,
        credential_state -> TextEnum,
        client_id -> Nullable<Text>,
        granted_scopes -> SqlJson,
        principal -> Nullable<Text>,
        username -> Nullable<Text>,
        obtained_at -> Nullable<SqlTimestamp>,
        created_at -> SqlTimestamp,
        updated_at -> SqlTimestamp,
        refreshing_until -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Consents that were begun and have not come back; each is taken once.
    authorizations (state_hash) {
        state_hash -> Binary,
        alias_id -> SqlUuid,
        begun_by -> Text,
        client_id -> Text,
        redirect_uri -> Text,
        sealed -> Binary,
        expires_at -> SqlTimestamp,
        link_id -> Nullable<SqlUuid>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Links that let somebody without an account here consent for one alias, once.
    delegated_links (id) {
        id -> SqlUuid,
        alias_id -> SqlUuid,
        token_hash -> Binary,
        created_by -> Text,
        client_id -> Nullable<Text>,
        sealed -> Nullable<Binary>,
        created_at -> SqlTimestamp,
        expires_at -> SqlTimestamp,
        used_at -> Nullable<SqlTimestamp>,
        revoked_at -> Nullable<SqlTimestamp>,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Encrypted credentials of aliases; never read without the key.
    sealed_secrets (alias_id, purpose) {
        alias_id -> SqlUuid,
        purpose -> TextEnum,
        sealed -> Binary,
        updated_at -> SqlTimestamp,
    }
}

diesel::table! {
    use diesel::sql_types::*;
    use crate::types::sql::*;
    /// Which installation this database belongs to; one row. A copy of it next to another installation touches no vendor.
    instance (id) {
        id -> Integer,
        epoch -> SqlUuid,
        generation -> BigInt,
        adopted_at -> Nullable<SqlTimestamp>,
        adopted_because -> Nullable<Text>,
    }
}
