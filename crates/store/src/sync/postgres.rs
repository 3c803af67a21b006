//! Merging on PostgreSQL: a page is sent as arrays.
//!
//! Existing rows are looked up one by one in their unique index (`LATERAL … LIMIT 1`). Otherwise the planner reads the
//! whole profile for every page of a first load, because there are no statistics yet.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{BoxedSqlQuery, SqlQuery};
use diesel::sql_types::{Array, BigInt, Binary, Bool, Date, Nullable, Text};
use diesel_async::RunQueryDsl;
use uuid::Uuid;

use super::evidence::Evidence;
use super::merge::{Merge, Merged};
use crate::db::PgConn;
use crate::records::{Kind, Row, Value, ValueType};
use crate::types::StoredEnum;
use crate::types::sql::{SqlJson, SqlTimestamp, SqlUuid, TextEnum};
use crate::{AccountId, ProfileId, Result, RunId};

type Query = BoxedSqlQuery<'static, Pg, SqlQuery>;

const ACCOUNTS: &str = "SELECT a.id, a.external_id FROM UNNEST($2) AS i (external_id) CROSS JOIN LATERAL \
                        (SELECT a.id, a.external_id FROM accounts a WHERE a.profile_id = $1 \
                        AND a.external_id = i.external_id LIMIT 1) a";

const EVIDENCE: &str = "INSERT INTO activities (account_id, kind, last_at, source, day_map) \
                        SELECT * FROM UNNEST($1, $2, $3, $4, $5) ON CONFLICT (account_id, kind) DO UPDATE SET \
                        last_at = excluded.last_at, source = excluded.source, day_map = excluded.day_map";

const IDLENESS: &str = "UPDATE accounts SET last_activity_at = n.at, idle_since = n.at \
                        FROM (SELECT id, max(at) AS at FROM UNNEST($1, $2) AS i (id, at) GROUP BY id) n \
                        WHERE accounts.id = n.id \
                        AND (accounts.last_activity_at IS NULL OR accounts.last_activity_at < n.at)";

#[derive(QueryableByName)]
struct Counts {
    #[diesel(sql_type = BigInt)]
    added: i64,
    #[diesel(sql_type = BigInt)]
    changed: i64,
    #[diesel(sql_type = BigInt)]
    seen: i64,
}

#[derive(QueryableByName)]
struct AccountName {
    #[diesel(sql_type = SqlUuid)]
    id: AccountId,
    #[diesel(sql_type = Text)]
    external_id: String,
}

/// Merges arrays of columns and counts what that did. A row returned with the ID that was sent is new. With
/// `marks`, the last parameter is the run that records them as seen.
fn statement(kind: &Kind, marks: bool) -> String {
    let (table, columns, key) = (kind.table, kind.column_list(), kind.key.join(", "));
    let width = kind.written().count();
    let arrays = (1..=width).map(|place| format!("${place}")).collect::<Vec<_>>().join(", ");
    let (seen, seen_count) = if marks {
        let seen = format!(
            ", named AS (SELECT id FROM merged UNION SELECT t.id FROM incoming i CROSS JOIN LATERAL \
             (SELECT t.id FROM {table} t WHERE {same_key} LIMIT 1) t), \
             seen AS (INSERT INTO sync_seen (run_id, kind, record_id) SELECT ${run}, '{name}', id FROM named \
             ORDER BY id ON CONFLICT DO NOTHING RETURNING 1)",
            same_key = kind.same_key("t", "i"),
            run = width + 1,
            name = kind.kind.as_text(),
        );
        (seen, "(SELECT count(*) FROM seen)")
    } else {
        (String::new(), "(SELECT count(*) FROM incoming)")
    };
    format!(
        "WITH incoming AS (SELECT * FROM UNNEST({arrays}) AS i ({columns})), \
         merged AS (INSERT INTO {table} ({columns}) SELECT {columns} FROM incoming ORDER BY {key} {update} \
         RETURNING id){seen} \
         SELECT (SELECT count(*) FROM merged JOIN incoming USING (id)) AS added, \
         (SELECT count(*) FROM merged WHERE id NOT IN (SELECT id FROM incoming)) AS changed, {seen_count} AS seen",
        update = kind.on_conflict("IS DISTINCT FROM"),
    )
}

/// Turns rows into columns.
fn transposed(rows: Vec<Row>, width: usize) -> Vec<Vec<Value>> {
    let mut columns: Vec<Vec<Value>> = (0..width).map(|_| Vec::with_capacity(rows.len())).collect();
    for row in rows {
        debug_assert_eq!(row.len(), width, "a row has a value for each column that is written");
        for (column, value) in columns.iter_mut().zip(row) {
            column.push(value);
        }
    }
    columns
}

/// Binds a column as an array.
fn bind(query: Query, value_type: ValueType, values: Vec<Value>) -> Query {
    macro_rules! array {
        ($sql:ty, $variant:ident) => {
            query.bind::<Array<Nullable<$sql>>, _>(
                values
                    .into_iter()
                    .map(|value| match value {
                        Value::$variant(value) => Some(value),
                        Value::Null => None,
                        other => unreachable!("a column of {value_type:?} does not hold {other:?}"),
                    })
                    .collect::<Vec<_>>(),
            )
        };
    }
    match value_type {
        ValueType::Bool => array!(Bool, Bool),
        ValueType::Integer => array!(BigInt, Integer),
        ValueType::Text => array!(Text, Text),
        ValueType::Date => array!(Date, Date),
        ValueType::Time => array!(SqlTimestamp, Time),
        ValueType::Id => array!(SqlUuid, Id),
        ValueType::Json => array!(SqlJson, Json),
    }
}

/// Collects one column of the evidence.
macro_rules! column {
    ($rows:expr, |$row:ident| $value:expr) => {
        $rows.iter().map(|$row| $value).collect::<Vec<_>>()
    };
}

impl Merge for PgConn {
    async fn merge(&mut self, kind: &'static Kind, rows: Vec<Row>, seen_by: Option<RunId>) -> Result<Merged> {
        if rows.is_empty() {
            return Ok(Merged::default());
        }
        let mut query = diesel::sql_query(statement(kind, seen_by.is_some())).into_boxed::<Pg>();
        for (column, values) in kind.written().zip(transposed(rows, kind.written().count())) {
            query = bind(query, column.value_type, values);
        }
        if let Some(run) = seen_by {
            query = query.bind::<SqlUuid, _>(run);
        }
        let Counts { added, changed, seen } = query.get_result(self).await?;
        Ok(Merged { seen, added, changed })
    }

    async fn retire_rows(&mut self, kind: &'static Kind, ids: Vec<Uuid>, now: DateTime<Utc>) -> Result<i64> {
        let retire = format!(
            "UPDATE {} SET retired_at = $1, updated_at = $1 WHERE id = ANY($2) AND retired_at IS NULL",
            kind.table
        );
        let retired = diesel::sql_query(retire).bind::<SqlTimestamp, _>(now).bind::<Array<SqlUuid>, _>(ids);
        Ok(i64::try_from(retired.execute(self).await?).unwrap_or(i64::MAX))
    }

    async fn account_ids(&mut self, profile: ProfileId, names: Vec<String>) -> Result<HashMap<String, AccountId>> {
        let found = diesel::sql_query(ACCOUNTS).bind::<SqlUuid, _>(profile).bind::<Array<Text>, _>(names);
        let found: Vec<AccountName> = found.load(self).await?;
        Ok(found.into_iter().map(|account| (account.external_id, account.id)).collect())
    }

    async fn write_evidence(&mut self, evidence: Vec<Evidence>) -> Result<()> {
        let accounts = column!(evidence, |e| e.account);
        let times = column!(evidence, |e| e.last_at);
        diesel::sql_query(EVIDENCE)
            .bind::<Array<SqlUuid>, _>(&accounts)
            .bind::<Array<TextEnum>, _>(column!(evidence, |e| e.kind))
            .bind::<Array<SqlTimestamp>, _>(&times)
            .bind::<Array<Text>, _>(column!(evidence, |e| e.source.as_str()))
            .bind::<Array<Binary>, _>(column!(evidence, |e| e.days.as_bytes()))
            .execute(self)
            .await?;
        diesel::sql_query(IDLENESS)
            .bind::<Array<SqlUuid>, _>(&accounts)
            .bind::<Array<SqlTimestamp>, _>(&times)
            .execute(self)
            .await?;
        Ok(())
    }
}
