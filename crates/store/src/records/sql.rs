//! The statements that follow from a description, as far as both databases share them.

use super::{Column, Kind, Write};
use crate::types::StoredEnum;

/// The external ids of rows that a run rejected; `$2` is the run.
const REJECTED: &str = "SELECT r.external_id FROM sync_rejections r WHERE r.run_id = $2 AND r.external_id IS NOT NULL";

fn list<'a>(columns: impl Iterator<Item = &'a Column>, prefix: &str) -> String {
    columns.map(|column| format!("{prefix}{}", column.name)).collect::<Vec<_>>().join(", ")
}

impl Kind {
    /// `id, profile_id, …`: the columns that a merge writes.
    pub(crate) fn column_list(&self) -> String {
        list(self.written(), "")
    }

    /// What an insert does with a row that exists: it updates one that differs or was retired, and leaves the others
    /// alone. `differs` is the database's inequality that treats nulls as values.
    pub(crate) fn on_conflict(&self, differs: &str) -> String {
        let table = self.table;
        let mut set: Vec<String> =
            self.compared().map(|column| format!("{name} = excluded.{name}", name = column.name)).collect();
        for column in self.written() {
            if let Write::Derived(update) = column.write {
                set.push(format!("{} = {update}", column.name));
            }
        }
        let old = list(self.compared(), &format!("{table}."));
        let new = list(self.compared(), "excluded.");
        format!(
            "ON CONFLICT ({key}) DO UPDATE SET {set}, retired_at = NULL \
             WHERE ({old}) {differs} ({new}) OR {table}.retired_at IS NOT NULL",
            key = self.key.join(", "),
            set = set.join(", "),
        )
    }

    /// `t.external_id = i.external_id AND …`: says that two rows have the same key.
    pub(crate) fn same_key(&self, left: &str, right: &str) -> String {
        self.key.iter().map(|key| format!("{left}.{key} = {right}.{key}")).collect::<Vec<_>>().join(" AND ")
    }

    /// The live rows of profile `$1`, as `t`.
    pub(crate) fn live(&self) -> String {
        format!("FROM {} t WHERE t.profile_id = $1 AND t.retired_at IS NULL", self.table)
    }

    /// The live rows of profile `$1` that run `$2` did not see. An account whose row was rejected exists, with all it
    /// holds. `keyed` makes the database look each row up by its key.
    pub(crate) fn unseen(&self, keyed: &str) -> String {
        let spared = if self.has("external_id") {
            format!(" AND t.external_id NOT IN ({REJECTED})")
        } else if self.has("account_id") {
            format!(
                " AND t.account_id NOT IN (SELECT a.id FROM accounts a WHERE a.profile_id = $1 \
                 AND a.external_id IN ({REJECTED}))"
            )
        } else {
            String::new()
        };
        format!(
            "{live} AND NOT EXISTS (SELECT 1 FROM sync_seen s WHERE s.run_id = $2 AND s.kind = '{kind}' \
             AND s.record_id = t.id{keyed}){spared}",
            live = self.live(),
            kind = self.kind.as_text(),
        )
    }
}
