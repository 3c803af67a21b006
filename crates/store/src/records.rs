//! One description for each kind of record: its columns, its key, and how each value is read from what the connector
//! reported. The table, the row that readers get, the merge of a page, the counts and the retirement follow from it.
//!
//! A description is written with [`record!`], one file per kind.

mod account;
mod pool;
mod sql;
mod subscription;
#[cfg(test)]
mod tests;
mod value;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Identifier, IdentifierKey, RecordKind};
use uuid::Uuid;

pub use account::Account;
pub(crate) use account::table::accounts;
pub use pool::PoolRow;
pub(crate) use pool::table::license_pools;
pub use subscription::Subscription;
pub(crate) use subscription::table::subscriptions;
pub(crate) use value::{SqlScalar, Value, ValueType, clean, clean_key, folded};

use crate::{AccountId, IdentifierId, PoolId, ProfileId};

/// The kinds that are stored, each after those that it refers to.
pub(crate) static KINDS: [&Kind; 3] = [&pool::KIND, &account::KIND, &subscription::KIND];

/// A kind of record as its table holds it.
pub(crate) struct Kind {
    pub(crate) kind: RecordKind,
    pub(crate) table: &'static str,
    /// The columns of the unique index by which a reported record finds its row.
    pub(crate) key: &'static [&'static str],
    /// All columns, those that a merge writes in the order of a [`Row`].
    pub(crate) columns: &'static [Column],
    /// Lists what the records of a batch refer to.
    pub(crate) mentions: fn(&Batch) -> Mentions<'_>,
    /// Makes the rows of a batch.
    pub(crate) rows: fn(&Batch, &References) -> Rows,
}

/// A column of a kind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    pub(crate) name: &'static str,
    pub(crate) value_type: ValueType,
    pub(crate) write: Write,
    /// The SQL type as the description spells it, for the comparison with the databases' catalogues.
    #[cfg(feature = "testkit")]
    pub(crate) declared: &'static str,
}

/// When a merge writes a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Write {
    /// With a new row only.
    Once,
    /// Always; a row that differs in it is updated.
    Compared,
    /// With a new row, and with this expression when another column made the row differ.
    Derived(&'static str),
    /// Never.
    Never,
}

/// The values of a record, in the order of the columns that a merge writes. The first is the id that a new row gets.
pub(crate) type Row = Vec<Value>;

/// The rows of a batch: unique and sorted by their key, because one statement cannot touch a row twice, and so that two
/// writers never wait for each other.
#[derive(Debug, Default)]
pub(crate) struct Rows {
    pub(crate) rows: Vec<Row>,
    /// The unknown accounts that records refer to, once for each record left out.
    pub(crate) orphans: Vec<String>,
}

/// A record of the connector contract, and what it refers to.
pub(crate) trait Record: Sized {
    /// The records of this kind in a batch.
    fn all(batch: &Batch) -> &[Self];

    /// The external id of the account it belongs to. A record of an unknown account is rejected.
    fn account(&self) -> Option<&str> {
        None
    }

    /// The identifier it is of.
    fn identifier(&self) -> Option<&Identifier> {
        None
    }

    /// The pool it draws on. A pool that the vendor never listed counts as none.
    fn pool(&self) -> Option<&IdentifierKey> {
        None
    }
}

/// What the records of a batch refer to.
#[derive(Debug, Default)]
pub(crate) struct Mentions<'a> {
    pub(crate) accounts: Vec<&'a str>,
    pub(crate) identifiers: Vec<&'a Identifier>,
    pub(crate) pools: bool,
}

impl<'a> Mentions<'a> {
    pub(crate) fn of<R: Record>(records: &'a [R]) -> Self {
        Self {
            accounts: records.iter().filter_map(R::account).collect(),
            identifiers: records.iter().filter_map(R::identifier).collect(),
            pools: records.iter().any(|record| record.pool().is_some()),
        }
    }
}

/// What the values of a row are made of besides the record: the profile, the time, and the ids of what it refers to.
#[derive(Debug)]
pub(crate) struct References {
    pub(crate) profile: ProfileId,
    pub(crate) now: DateTime<Utc>,
    pub(crate) accounts: HashMap<String, AccountId>,
    pub(crate) identifiers: HashMap<IdentifierKey, IdentifierId>,
    pub(crate) pools: HashMap<IdentifierKey, PoolId>,
}

impl References {
    pub(crate) fn new(
        profile: ProfileId,
        now: DateTime<Utc>,
        identifiers: HashMap<IdentifierKey, IdentifierId>,
    ) -> Self {
        Self { profile, now, accounts: HashMap::new(), identifiers, pools: HashMap::new() }
    }

    pub(crate) fn account(&self, external_id: &str) -> Option<AccountId> {
        self.accounts.get(&*clean(external_id)).copied()
    }

    pub(crate) fn identifier(&self, key: &IdentifierKey) -> Option<IdentifierId> {
        self.identifiers.get(&*clean_key(key)).copied()
    }

    pub(crate) fn pool(&self, key: Option<&IdentifierKey>) -> Option<PoolId> {
        self.pools.get(&*clean_key(key?)).copied()
    }
}

impl Kind {
    /// The columns that a merge writes.
    pub(crate) fn written(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| column.write != Write::Never)
    }

    /// The columns in which a row may differ from what was reported.
    pub(crate) fn compared(&self) -> impl Iterator<Item = &Column> {
        self.written().filter(|column| column.write == Write::Compared && !self.key.contains(&column.name))
    }

    pub(crate) fn has(&self, column: &str) -> bool {
        self.columns.iter().any(|described| described.name == column)
    }

    /// Takes the values of the key out of a row.
    pub(crate) fn key_of(&self, row: &[Value]) -> Vec<Value> {
        let key = |name: &&str| self.written().zip(row).find(|(column, _)| column.name == *name);
        self.key.iter().filter_map(key).map(|(_, value)| value.clone()).collect()
    }

    /// Makes the rows of `records`, leaving out those whose account is unknown. Of several records with one key the last
    /// counts.
    pub(crate) fn collect<R: Record>(
        &self,
        records: &[R],
        references: &References,
        values: fn(&R, &References) -> Row,
    ) -> Rows {
        let (mut unique, mut orphans) = (BTreeMap::new(), BTreeSet::new());
        for record in records {
            if let Some(unknown) = record.account().filter(|name| references.account(name).is_none()) {
                let identifier = record.identifier().map(|identifier| clean_key(&identifier.id).into_owned());
                orphans.insert((clean(unknown).into_owned(), identifier));
                continue;
            }
            let row = values(record, references);
            unique.insert(self.key_of(&row), row);
        }
        let mut rows: Vec<Row> = unique.into_values().collect();
        // In the order of the keys, so that a list by id is the same for every batch of these records.
        rows.iter_mut().for_each(|row| row[0] = Value::Id(Uuid::now_v7()));
        Rows { rows, orphans: orphans.into_iter().map(|(account, _)| account).collect() }
    }
}

/// Describes a kind of record.
///
/// ```ignore
/// record! {
///     /// A login in an organisation.
///     pub struct Account(AccountId) in accounts(profile_id, external_id);
///     Account from |account: seatgraph_core::Account, references|
///     columns {
///         /// The vendor's immutable id.
///         external_id: String as Text = &account.external_id,
///     }
/// }
/// ```
///
/// gives the table `accounts`, the row `Account` and the description `KIND`. Every kind has `id`, `profile_id`,
/// `first_seen_at`, `updated_at` and `retired_at` besides its own columns:
///
/// - `columns` are written and compared,
/// - `unread` ones too, but they are no part of the row,
/// - `derived` ones are written with a new row, and updated by an expression,
/// - `kept` ones belong to other writers.
macro_rules! record {
    (
        $(#[$doc:meta])*
        pub struct $row:ident($id:ident) in $table:ident($($key:ident),+);
        $kind:ident from |$record:ident: $source:ty, $references:ident|
        columns { $($(#[$about:meta])* $column:ident: $type:ty as $sql:ty = $value:expr,)+ }
        $(unread { $($unread:ident as $unread_sql:ty = $unread_value:expr,)+ })?
        $(derived { $(
            $(#[$derived_about:meta])*
            $derived:ident: $derived_type:ty as $derived_sql:ty = $derived_value:expr, then $update:literal,
        )+ })?
        $(kept { $($(#[$kept_about:meta])* $kept:ident: $kept_type:ty as $kept_sql:ty,)+ })?
    ) => {
        pub(crate) mod table {
            diesel::table! {
                use diesel::sql_types::*;
                use crate::types::sql::*;
                $table (id) {
                    id -> SqlUuid,
                    profile_id -> SqlUuid,
                    $($column -> $sql,)+
                    $($($unread -> $unread_sql,)+)?
                    $($($derived -> $derived_sql,)+)?
                    $($($kept -> $kept_sql,)+)?
                    first_seen_at -> SqlTimestamp,
                    updated_at -> SqlTimestamp,
                    retired_at -> Nullable<SqlTimestamp>,
                }
            }
        }

        use self::table::$table;

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, diesel::Queryable, diesel::Selectable)]
        #[diesel(table_name = $table, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
        pub struct $row {
            /// ID.
            pub id: $crate::$id,
            /// The profile.
            pub profile_id: $crate::ProfileId,
            $($(#[$about])* pub $column: $type,)+
            $($($(#[$derived_about])* pub $derived: $derived_type,)+)?
            $($($(#[$kept_about])* pub $kept: $kept_type,)+)?
            /// Time when a sync first reported it.
            pub first_seen_at: chrono::DateTime<chrono::Utc>,
            /// Time when a sync last changed it.
            pub updated_at: chrono::DateTime<chrono::Utc>,
            /// Time when a sync found it missing.
            pub retired_at: Option<chrono::DateTime<chrono::Utc>>,
        }

        fn values($record: &$source, $references: &$crate::records::References) -> $crate::records::Row {
            use $crate::records::Value;
            vec![
                Value::Null,
                Value::from($references.profile),
                $(Value::from($value),)+
                $($(Value::from($unread_value),)+)?
                $($(Value::from($derived_value),)+)?
                Value::from($references.now),
                Value::from($references.now),
            ]
        }

        /// How the kind is stored.
        pub(crate) static KIND: $crate::records::Kind = {
            use diesel::sql_types::*;
            use $crate::records::{Kind, Mentions, Record, Write, column};
            use $crate::types::sql::*;
            Kind {
                kind: seatgraph_core::RecordKind::$kind,
                table: stringify!($table),
                key: &[$(stringify!($key)),+],
                columns: &[
                    column!(id, SqlUuid, Write::Once),
                    column!(profile_id, SqlUuid, Write::Once),
                    $(column!($column, $sql, Write::Compared),)+
                    $($(column!($unread, $unread_sql, Write::Compared),)+)?
                    $($(column!($derived, $derived_sql, Write::Derived($update)),)+)?
                    column!(first_seen_at, SqlTimestamp, Write::Once),
                    column!(updated_at, SqlTimestamp, Write::Derived("excluded.updated_at")),
                    $($(column!($kept, $kept_sql, Write::Never),)+)?
                    column!(retired_at, Nullable<SqlTimestamp>, Write::Never),
                ],
                mentions: |batch| Mentions::of(<$source>::all(batch)),
                rows: |batch, references| KIND.collect(<$source>::all(batch), references, values),
            }
        };
    };
}

macro_rules! column {
    ($name:ident, $declared:ty, $write:expr) => {
        $crate::records::Column {
            name: stringify!($name),
            value_type: <$declared as $crate::records::SqlScalar>::TYPE,
            write: $write,
            #[cfg(feature = "testkit")]
            declared: stringify!($declared),
        }
    };
}

pub(crate) use {column, record};
