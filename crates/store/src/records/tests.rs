//! Every kind on both databases: a merge rewrites a row when a column differs, and only then.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, TimeDelta, TimeZone, Utc};
use seatgraph_core::{Account, Batch, Identifier, Pool, RecordKind, Subscription};

use super::{KINDS, Kind, References, Row, Value, ValueType, Write};
use crate::db::with_tx;
use crate::sync::merge::{Merge, Merged};
use crate::testkit::{TestDatabase, database};
use crate::types::Json;
use crate::{AccountId, Backend, IdentifierId, PoolId, ProfileId, Result};

const PROFILE: &str = "INSERT INTO integration_profiles (id, connector, name, state, schedule_every, \
                       schedule_time_zone, created_at, updated_at, deleted_at) VALUES ";
const IDENTIFIER: &str = "INSERT INTO subscription_identifiers (id, connector, kind, key, name, first_seen_at, \
                          updated_at) VALUES ";

fn noon() -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap()
}

/// Writes an id or a time as the backend's own literal.
fn literal(db: &TestDatabase, value: &Value) -> String {
    match (db.backend(), value) {
        (Backend::Postgres, Value::Id(id)) => format!("'{id}'"),
        (Backend::Sqlite, Value::Id(id)) => format!("x'{}'", id.simple()),
        (Backend::Postgres, Value::Time(at)) => format!("'{}'", at.to_rfc3339()),
        (Backend::Sqlite, Value::Time(at)) => at.timestamp_micros().to_string(),
        _ => unreachable!("neither an id nor a time"),
    }
}

/// One record of each kind that refers to the others, and the rows that it needs around it.
async fn record_of_each(db: &TestDatabase) -> (Batch, References) {
    let identifier = Identifier::new("USER_LICENSE", "SFDC", "Salesforce");
    let (profile, identifier_id) = (ProfileId::generate(), IdentifierId::generate());
    let (now, profile_sql) = (literal(db, &noon().into()), literal(db, &profile.into()));
    let row = format!("({profile_sql}, 'x', 'x', 'DRAFT', 'MANUAL', 'UTC', {now}, {now}, {now})");
    db.execute(&[PROFILE, &row].concat()).await.unwrap();
    let id = literal(db, &identifier_id.into());
    let row = format!("({id}, 'x', 'USER_LICENSE', 'SFDC', 'Salesforce', {now}, {now})");
    db.execute(&[IDENTIFIER, &row].concat()).await.unwrap();
    let batch = Batch {
        pools: vec![Pool {
            identifier: identifier.clone(),
            total: Some(7),
            used: None,
            status: Some("Active".to_owned()),
            expires: None,
        }],
        accounts: vec![Account::new("005", "ada@example.test")],
        subscriptions: vec![Subscription {
            account: "005".to_owned(),
            pool: Some(identifier.id.clone()),
            identifier: identifier.clone(),
            assigned_at: None,
        }],
        ..Batch::default()
    };
    (batch, References::new(profile, noon(), HashMap::from([(identifier.id, identifier_id)])))
}

async fn merge(db: &TestDatabase, kind: &'static Kind, row: &Row) -> Merged {
    let row = row.clone();
    let merged: Result<Merged> = with_tx!(db, Page, |c, _now| c.merge(kind, vec![row.clone()], None).await);
    merged.unwrap()
}

/// A value of the column that differs from the one that stands there.
fn other(column: &super::Column, value: &Value) -> Value {
    match (value, column.value_type) {
        (Value::Bool(value), _) => Value::Bool(!value),
        (Value::Integer(value), _) => Value::Integer(value + 1),
        (Value::Text(_), _) if column.declared == "TextEnum" => Value::from("AUTOMATED"),
        (Value::Text(value), _) => Value::Text(format!("{value}x")),
        (Value::Time(value), _) => Value::Time(*value + TimeDelta::microseconds(1)),
        (Value::Date(value), _) => Value::Date(*value + TimeDelta::days(1)),
        (Value::Json(_), _) => Value::from(&BTreeMap::from([("a".to_owned(), "b".to_owned())])),
        (Value::Id(_), _) => Value::Null,
        (Value::Bytes(_), _) => unreachable!("no kind has bytes"),
        (Value::Null, ValueType::Bool) => Value::Bool(false),
        (Value::Null, ValueType::Integer) => Value::Integer(0),
        (Value::Null, ValueType::Text) => Value::from(""),
        (Value::Null, ValueType::Date) => Value::Date(NaiveDate::default()),
        (Value::Null, ValueType::Time) => Value::Time(noon()),
        (Value::Null, ValueType::Json) => Value::Json(Json("{}".to_owned())),
        (Value::Null, ValueType::Id) => unreachable!("the record refers to everything"),
    }
}

/// Compares one column at a time, there and back: what is there may become nothing, and nothing something.
async fn every_column_is_compared(db: &TestDatabase, kind: &'static Kind, mut row: Row) {
    let unchanged = Merged { seen: 1, added: 0, changed: 0 };
    for (place, column) in kind.written().enumerate() {
        let context = format!("{}.{} on {:?}", kind.table, column.name, db.backend());
        if column.write != Write::Compared || kind.key.contains(&column.name) {
            continue;
        }
        let before = row[place].clone();
        for value in [other(column, &before), before] {
            row[place] = value;
            assert_eq!(merge(db, kind, &row).await, Merged { changed: 1, ..unchanged }, "{context}");
            assert_eq!(merge(db, kind, &row).await, unchanged, "{context}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_row_is_rewritten_when_a_column_differs_and_only_then() {
    for backend in [Backend::Sqlite, Backend::Postgres] {
        let Some(db) = database(backend).await else { continue };
        let (batch, mut references) = record_of_each(&db).await;
        for kind in KINDS {
            let rows = (kind.rows)(&batch, &references);
            assert_eq!((rows.rows.len(), rows.orphans.len()), (1, 0), "{}", kind.table);
            let row = rows.rows[0].clone();
            assert_eq!(row.len(), kind.written().count(), "{}", kind.table);
            assert_eq!(merge(&db, kind, &row).await, Merged { seen: 1, added: 1, changed: 0 }, "{}", kind.table);
            // A record that comes again is sent under a new id, at a later time.
            references.now += TimeDelta::hours(1);
            let again = (kind.rows)(&batch, &references).rows.remove(0);
            assert_ne!(again, row);
            assert_eq!(merge(&db, kind, &again).await, Merged { seen: 1, added: 0, changed: 0 }, "{}", kind.table);
            every_column_is_compared(&db, kind, again).await;
            let Value::Id(id) = row[0] else { unreachable!("a row begins with its id") };
            if kind.kind == RecordKind::Account {
                references.accounts.insert("005".to_owned(), AccountId::from_uuid(id));
            }
            if kind.kind == RecordKind::Pool {
                references.pools.insert(batch.pools[0].identifier.id.clone(), PoolId::from_uuid(id));
            }
        }
    }
}

#[test]
fn a_description_names_each_column_once_and_its_key_among_them() {
    for kind in KINDS {
        let mut names: Vec<_> = kind.columns.iter().map(|column| column.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), kind.columns.len(), "{}", kind.table);
        assert!(kind.key.iter().all(|key| names.contains(key)), "{}", kind.table);
        assert!(kind.compared().next().is_some(), "{}", kind.table);
    }
}

#[test]
fn of_records_with_one_key_the_last_counts_and_one_of_an_unknown_account_is_left_out() {
    let identifier = Identifier::new("USER_LICENSE", "SFDC", "Salesforce");
    let (known, holder) = (IdentifierId::generate(), AccountId::generate());
    let mut references =
        References::new(ProfileId::generate(), noon(), HashMap::from([(identifier.id.clone(), known)]));
    references.accounts.insert("a\u{fffd}".to_owned(), holder);
    let held = |account: &str, assigned_at| Subscription {
        account: account.to_owned(),
        pool: None,
        identifier: identifier.clone(),
        assigned_at,
    };
    let subscriptions = vec![held("a\0", None), held("b", None), held("a\u{fffd}", Some(noon()))];
    let batch = Batch { subscriptions, ..Batch::default() };
    let rows = (super::subscription::KIND.rows)(&batch, &references);
    assert_eq!(rows.orphans, ["b"]);
    assert_eq!(rows.rows.len(), 1);
    assert!(rows.rows[0].contains(&Value::Time(noon())));
    assert_eq!(super::subscription::KIND.key_of(&rows.rows[0]), [holder.into(), known.into()]);
}
