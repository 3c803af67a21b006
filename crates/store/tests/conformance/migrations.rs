//! The migrations: up, down, up again, and equal to what the code believes on both backends.

use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncConnection, AsyncPgConnection, RunQueryDsl};
use seatgraph_store::Backend;
use seatgraph_store::each_backend;
use seatgraph_store::testkit::TestDatabase;

/// Table → column → type, as `Nullable<Text>` and the like.
type Catalogue = BTreeMap<String, BTreeMap<String, String>>;

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    table: String,
    #[diesel(sql_type = Text)]
    column: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    nullable: String,
}

const SCHEMA: [&str; 4] = [
    include_str!("../../src/schema/access.rs"),
    include_str!("../../src/schema/catalogue.rs"),
    include_str!("../../src/schema/connecting.rs"),
    include_str!("../../src/schema/syncing.rs"),
];

/// Reads the tables that the code believes in out of its source and out of the descriptions of records.
fn believed() -> Catalogue {
    let mut tables = seatgraph_store::testkit::record_tables();
    assert!(tables.len() >= 3, "{tables:?}");
    let mut table = String::new();
    for line in SCHEMA.iter().flat_map(|source| source.lines()).map(str::trim) {
        if let Some((column, kind)) = line.strip_suffix(',').and_then(|l| l.split_once(" -> ")) {
            tables.get_mut(&table).unwrap().insert(column.to_owned(), kind.to_owned());
        } else if line.ends_with(") {") {
            table = line.split_once(' ').unwrap().0.to_owned();
            tables.insert(table.clone(), BTreeMap::new());
        }
    }
    tables
}

/// What a type of the code is called by each database.
fn called(kind: &str, backend: Backend) -> String {
    let (inner, optional) = match kind.strip_prefix("Nullable<") {
        Some(inner) => (inner.trim_end_matches('>'), true),
        None => (kind, false),
    };
    let (postgres, sqlite) = match inner {
        "SqlUuid" => ("uuid", "blob"),
        "SqlTimestamp" => ("timestamptz", "bigint"),
        "SqlJson" => ("jsonb", "text"),
        "TextEnum" | "Text" => ("text", "text"),
        "Binary" => ("bytea", "blob"),
        "Bool" => ("bool", "boolean"),
        "BigInt" => ("int8", "bigint"),
        "Integer" => ("int4", "integer"),
        "Date" => ("date", "date"),
        other => panic!("no name for {other}"),
    };
    let name = if backend == Backend::Postgres { postgres } else { sqlite };
    format!("{name}{}", if optional { "?" } else { "" })
}

async fn columns(db: &TestDatabase) -> Vec<Column> {
    match db.backend() {
        Backend::Postgres => {
            let mut connection = AsyncPgConnection::establish(db.url()).await.unwrap();
            diesel::sql_query(
                "SELECT table_name::text AS table, column_name::text AS column, udt_name::text AS kind, \
                 is_nullable::text AS nullable FROM information_schema.columns \
                 WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
            )
            .load(&mut connection)
            .await
            .unwrap()
        }
        Backend::Sqlite => {
            let path = db.url().trim_start_matches("sqlite:").to_owned();
            let mut connection = SqliteConnection::establish(&path).unwrap();
            diesel::RunQueryDsl::load(
                diesel::sql_query(
                    "SELECT m.name AS \"table\", p.name AS \"column\", lower(p.type) AS kind, \
                     iif(p.\"notnull\", 'NO', 'YES') AS nullable FROM sqlite_master m, pragma_table_info(m.name) p \
                     WHERE m.type = 'table' AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\' AND m.name NOT LIKE 'sqlite%'",
                ),
                &mut connection,
            )
            .unwrap()
        }
    }
}

async fn catalogue(db: &TestDatabase) -> Catalogue {
    let mut tables = Catalogue::new();
    for Column { table, column, kind, nullable } in columns(db).await {
        let kind = format!("{kind}{}", if nullable == "YES" { "?" } else { "" });
        tables.entry(table).or_default().insert(column, kind);
    }
    tables
}

each_backend! {
    async fn the_tables_are_what_the_code_believes(db: TestDatabase) {
        let backend = db.backend();
        let mut expected = believed();
        for columns in expected.values_mut() {
            for kind in columns.values_mut() {
                *kind = called(kind, backend);
            }
        }
        assert!(expected.len() > 20, "{} tables were read", expected.len());
        assert_eq!(catalogue(&db).await, expected);
    }

    async fn every_migration_can_be_taken_back_and_made_again(db: TestDatabase) {
        let before = catalogue(&db).await;
        db.pools().revert_migrations().await.unwrap();
        assert_eq!(catalogue(&db).await, Catalogue::new());
        db.pools().migrate().await.unwrap();
        assert_eq!(catalogue(&db).await, before);
    }

    async fn several_processes_may_migrate_at_once(db: TestDatabase) {
        db.pools().revert_migrations().await.unwrap();
        let pools = db.pools();
        let (one, two, three) = tokio::join!(pools.migrate(), pools.migrate(), pools.migrate());
        one.and(two).and(three).unwrap();
        assert_eq!(catalogue(&db).await.len(), believed().len());
    }

    async fn the_clock_can_be_shifted(db: TestDatabase) {
        let before = db.now().await.unwrap();
        db.shift_clock(chrono::Duration::hours(1));
        let after = db.now().await.unwrap();
        assert!(after - before >= chrono::Duration::hours(1), "{before} {after}");
    }

    async fn every_table_and_column_of_postgres_has_a_comment(db: PostgresDatabase) {
        let mut connection = AsyncPgConnection::establish(db.url()).await.unwrap();
        let bare: Vec<Column> = diesel::sql_query(
            "SELECT c.relname::text AS table, coalesce(a.attname::text, '') AS column, '' AS kind, '' AS nullable \
             FROM pg_class c LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped \
             WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND c.relname NOT LIKE '\\_\\_%' \
             AND (col_description(c.oid, a.attnum) IS NULL OR obj_description(c.oid) IS NULL)",
        )
        .load(&mut connection)
        .await
        .unwrap();
        assert_eq!(bare.iter().map(|c| format!("{}.{}", c.table, c.column)).collect::<Vec<_>>(), Vec::<String>::new());
    }
}
