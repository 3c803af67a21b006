//! JSON columns: values that serde can serialise.

use std::collections::BTreeMap;
use std::io::Write;

use diesel::deserialize;
use diesel::pg::Pg;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::Sqlite;
use seatgraph_core::{Cursor, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::queryable;
use super::sql::SqlJson;

/// `jsonb` on the wire begins with its version.
const JSONB_VERSION: u8 = 1;

/// A JSON document, already serialised.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Json(pub(crate) String);

pub(crate) fn write_jsonb(value: &impl Serialize, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
    out.write_all(&[JSONB_VERSION])?;
    serde_json::to_writer(out, value)?;
    Ok(IsNull::No)
}

pub(crate) fn read_jsonb<T: DeserializeOwned>(bytes: &[u8]) -> deserialize::Result<T> {
    let [JSONB_VERSION, json @ ..] = bytes else { return Err("unknown version of jsonb".into()) };
    Ok(serde_json::from_slice(json)?)
}

/// Stores types as JSON.
macro_rules! sql_json {
    ($($rust:ty),+) => {$(
        impl diesel::serialize::ToSql<$crate::types::sql::SqlJson, diesel::pg::Pg> for $rust {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::pg::Pg>,
            ) -> diesel::serialize::Result {
                $crate::types::write_jsonb(self, out)
            }
        }

        impl diesel::deserialize::FromSql<$crate::types::sql::SqlJson, diesel::pg::Pg> for $rust {
            fn from_sql(value: diesel::pg::PgValue<'_>) -> diesel::deserialize::Result<Self> {
                $crate::types::read_jsonb(value.as_bytes())
            }
        }

        impl diesel::serialize::ToSql<$crate::types::sql::SqlJson, diesel::sqlite::Sqlite> for $rust {
            fn to_sql<'b>(
                &'b self,
                out: &mut diesel::serialize::Output<'b, '_, diesel::sqlite::Sqlite>,
            ) -> diesel::serialize::Result {
                out.set_value(serde_json::to_string(self)?);
                Ok(diesel::serialize::IsNull::No)
            }
        }

        impl diesel::deserialize::FromSql<$crate::types::sql::SqlJson, diesel::sqlite::Sqlite> for $rust {
            fn from_sql(mut value: diesel::sqlite::SqliteValue<'_, '_, '_>) -> diesel::deserialize::Result<Self> {
                Ok(serde_json::from_str(value.read_text())?)
            }
        }
    )+};
}

pub(crate) use sql_json;

impl ToSql<SqlJson, Pg> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
        out.write_all(&[JSONB_VERSION])?;
        out.write_all(self.0.as_bytes())?;
        Ok(IsNull::No)
    }
}

impl ToSql<SqlJson, Sqlite> for Json {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
        out.set_value(self.0.as_str());
        Ok(IsNull::No)
    }
}

sql_json!(Value, Map<String, Value>, Vec<String>, Vec<Process>, BTreeMap<String, String>, Cursor);
queryable!(SqlJson => Map<String, Value>);
queryable!(SqlJson => BTreeMap<String, String>);
queryable!(SqlJson => Cursor);
