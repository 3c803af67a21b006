//! Connections: aliases, consents and their secrets.

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
    /// Which installation this database belongs to; one row. A copy of it next to another installation touches no vendor.
    instance (id) {
        id -> Integer,
        epoch -> Guid,
        generation -> BigInt,
        adopted_at -> Nullable<Instant>,
        adopted_because -> Nullable<Text>,
    }
}
