//! The values of a row, the same for both databases until they are bound.

use std::borrow::Cow;
use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{BigInt, Bool, Date, Nullable, Text};
use seatgraph_core::{AccountKind, IdentifierKey};
use uuid::Uuid;

use crate::types::{Json, StoredEnum, sql};
use crate::{AccountId, IdentifierId, PoolId, ProfileId, RunId};

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Integer(i64),
    Text(String),
    Date(NaiveDate),
    Time(DateTime<Utc>),
    Id(Uuid),
    Json(Json),
    Bytes(Vec<u8>),
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ValueType {
    Bool,
    Integer,
    Text,
    Date,
    Time,
    Id,
    Json,
}

/// An SQL type that a column of a record may have.
pub(crate) trait SqlScalar {
    /// The type of its values.
    const TYPE: ValueType;
}

macro_rules! scalars {
    ($($sql:ty = $variant:ident;)+) => {$(
        impl SqlScalar for $sql {
            const TYPE: ValueType = ValueType::$variant;
        }
    )+};
}

scalars! {
    Bool = Bool;
    BigInt = Integer;
    Text = Text;
    sql::TextEnum = Text;
    Date = Date;
    sql::SqlTimestamp = Time;
    sql::SqlUuid = Id;
    sql::SqlJson = Json;
}

impl<T: SqlScalar> SqlScalar for Nullable<T> {
    const TYPE: ValueType = T::TYPE;
}

macro_rules! values {
    ($($rust:ty: |$value:ident| $make:expr;)+) => {$(
        impl From<$rust> for Value {
            fn from($value: $rust) -> Self {
                $make
            }
        }
    )+};
}

values! {
    bool: |value| Self::Bool(value);
    i64: |value| Self::Integer(value);
    &str: |value| Self::Text(clean(value).into_owned());
    &String: |value| Self::from(value.as_str());
    String: |value| Self::from(value.as_str());
    AccountKind: |value| Self::Text(value.as_text().to_owned());
    NaiveDate: |value| Self::Date(value);
    DateTime<Utc>: |value| Self::Time(value);
    AccountId: |value| Self::Id(value.as_uuid());
    IdentifierId: |value| Self::Id(value.as_uuid());
    PoolId: |value| Self::Id(value.as_uuid());
    ProfileId: |value| Self::Id(value.as_uuid());
    RunId: |value| Self::Id(value.as_uuid());
    crate::SubscriptionId: |value| Self::Id(value.as_uuid());
    &BTreeMap<String, String>: |value| Self::Json(json_of(value));
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<&Option<String>> for Value {
    fn from(value: &Option<String>) -> Self {
        value.as_deref().map_or(Self::Null, Self::from)
    }
}

fn json_of(texts: &BTreeMap<String, String>) -> Json {
    let clean: BTreeMap<_, _> = texts.iter().map(|(key, value)| (clean(key), clean(value))).collect();
    Json(serde_json::to_string(&clean).expect("a map of texts is JSON"))
}

/// Replaces NUL, the one character that PostgreSQL cannot hold.
pub(crate) fn clean(text: &str) -> Cow<'_, str> {
    if text.contains('\0') { Cow::Owned(text.replace('\0', "\u{fffd}")) } else { Cow::Borrowed(text) }
}

/// Does the same for both parts of a key.
pub(crate) fn clean_key(key: &IdentifierKey) -> Cow<'_, IdentifierKey> {
    match (clean(&key.kind), clean(&key.key)) {
        (Cow::Borrowed(_), Cow::Borrowed(_)) => Cow::Borrowed(key),
        (kind, key) => Cow::Owned(IdentifierKey::new(kind, key)),
    }
}

/// Puts texts into the form that `search_text` holds and searches compare.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}
