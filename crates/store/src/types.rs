//! SQL types with one name and two wire forms, and the Rust types that travel in them.

mod core_enums;
mod sql_json;
mod sql_timestamp;
mod sql_uuid;
mod states;
mod text_enum;

use diesel::backend::Backend;
use diesel::expression::AsExpression;
use diesel::internal::derives::as_expression::Bound;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Nullable;

pub(crate) use sql_json::{Json, read_jsonb, sql_json, write_jsonb};
pub(crate) use sql_uuid::sql_uuid;
pub(crate) use states::StreamKind;
pub use states::{
    AuditOutcome, CredentialState, Health, HolderKind, JobState, ModelOrigin, ProfileState, Purpose, ResolvedBy, Role,
    RunState, ScheduleEvery, StageState, Trigger,
};
pub(crate) use text_enum::StoredEnum;

/// The SQL types of `schema.rs` that Diesel does not have.
pub mod sql {
    use diesel::query_builder::QueryId;
    use diesel::sql_types::{SqlOrd, SqlType};

    /// `uuid`, or a blob of 16 bytes.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 2950, array_oid = 2951))]
    #[diesel(sqlite_type(name = "Binary"))]
    pub struct SqlUuid;

    /// `timestamptz`, or whole microseconds since 1970.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 1184, array_oid = 1185))]
    #[diesel(sqlite_type(name = "Long"))]
    pub struct SqlTimestamp;

    /// `jsonb`, or text.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 3802, array_oid = 3807))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct SqlJson;

    /// Text of an enum.
    #[derive(SqlType, QueryId, Debug, Clone, Copy, Default)]
    #[diesel(postgres_type(oid = 25, array_oid = 1009))]
    #[diesel(sqlite_type(name = "Text"))]
    pub struct TextEnum;

    impl SqlOrd for SqlUuid {}
    impl SqlOrd for SqlTimestamp {}
    impl SqlOrd for TextEnum {}
}

/// Wraps a foreign value on its way into a statement: `retired_at.lt(Bind(now))`, `kind.eq_any(kinds.map(Bind))`.
///
/// Rust lets a foreign type implement how it travels, but not that it is an expression. Reading needs no wrapper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bind<T>(pub T);

impl<T> From<T> for Bind<T> {
    fn from(value: T) -> Self {
        Self(value)
    }
}

impl<T, ST, DB> ToSql<ST, DB> for Bind<T>
where
    DB: Backend,
    T: ToSql<ST, DB> + std::fmt::Debug,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

macro_rules! bind {
    ($($sql:ty),+) => {$(
        impl<T> AsExpression<$sql> for Bind<T> {
            type Expression = Bound<$sql, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }

        impl<T> AsExpression<Nullable<$sql>> for Bind<Option<T>> {
            type Expression = Bound<Nullable<$sql>, Self>;

            fn as_expression(self) -> Self::Expression {
                Bound::new(self)
            }
        }
    )+};
}

bind!(sql::SqlUuid, sql::SqlTimestamp, sql::SqlJson, sql::TextEnum);

/// Lets foreign types be read from columns of our SQL types.
macro_rules! queryable {
    ($sql:ty => $rust:ty) => {
        impl<DB> diesel::deserialize::Queryable<$sql, DB> for $rust
        where
            DB: diesel::backend::Backend,
            $rust: diesel::deserialize::FromSql<$sql, DB>,
        {
            type Row = Self;

            fn build(row: Self) -> diesel::deserialize::Result<Self> {
                Ok(row)
            }
        }
    };
}

use queryable;
