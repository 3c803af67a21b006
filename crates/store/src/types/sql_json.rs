//! Documents in columns: everything that serde can write, as JSON.

use std::collections::BTreeMap;
use std::io::Write;

use diesel::deserialize::{self, FromSql};
use diesel::pg::{Pg, PgValue};
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sqlite::{Sqlite, SqliteValue};
use seatgraph_core::{Cursor, Process};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::{queryable, sql::SqlJson};
use crate::records::Json;

/// `jsonb` on the wire begins with its version.
const JSONB_VERSION: u8 = 1;

fn write(value: &impl Serialize, out: &mut Output<'_, '_, Pg>) -> serialize::Result {
    out.write_all(&[JSONB_VERSION])?;
    serde_json::to_writer(out, value)?;
    Ok(IsNull::No)
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> deserialize::Result<T> {
    let [JSONB_VERSION, json @ ..] = bytes else { return Err("unknown version of jsonb".into()) };
    Ok(serde_json::from_slice(json)?)
}

macro_rules! sql_json {
    ($($rust:ty),+) => {$(
        impl ToSql<SqlJson, Pg> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Pg>) -> serialize::Result {
                write(self, out)
            }
        }

        impl FromSql<SqlJson, Pg> for $rust {
            fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
                read(value.as_bytes())
            }
        }

        impl ToSql<SqlJson, Sqlite> for $rust {
            fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, Sqlite>) -> serialize::Result {
                out.set_value(serde_json::to_string(self)?);
                Ok(IsNull::No)
            }
        }

        impl FromSql<SqlJson, Sqlite> for $rust {
            fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
                Ok(serde_json::from_str(value.read_text())?)
            }
        }
    )+};
}

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

sql_json!(Value, Map<String, Value>, Vec<String>, Vec<Process>, BTreeMap<String, String>, Cursor, crate::EventBody);
queryable!(SqlJson => Map<String, Value>);
queryable!(SqlJson => BTreeMap<String, String>);
queryable!(SqlJson => Cursor);
