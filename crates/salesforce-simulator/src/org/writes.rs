//! Changes to the organisation, which also update used seats.

use std::collections::HashMap;

use super::fixed_tables::FixedTables;
use super::fixed_tables::{self, PACKAGE_LICENSE, PERMISSION_SET_LICENSE, USER_LICENSE};
use super::links::Link;
use super::links::LinkChanges;
use super::{Change, Org};
use crate::schema::LinkTable;

/// Everything that writes change, for a rollback.
pub(crate) struct Snapshot {
    changes: HashMap<u32, Change>,
    links: [LinkChanges; 3],
    fixed_tables: FixedTables,
}

impl Org {
    pub(crate) fn snapshot(&self) -> Snapshot {
        Snapshot { changes: self.changes.clone(), links: self.links.clone(), fixed_tables: self.fixed_tables.clone() }
    }

    pub(crate) fn restore(&mut self, snapshot: Snapshot) {
        self.changes = snapshot.changes;
        self.links = snapshot.links;
        self.fixed_tables = snapshot.fixed_tables;
    }

    /// Merges a change into the earlier changes of the user.
    pub(crate) fn change_user(&mut self, index: u32, change: Change) {
        let before = self.user(index);
        let merged = self.changes.entry(index).or_default();
        merged.active = change.active.or(merged.active);
        merged.frozen = change.frozen.or(merged.frozen);
        merged.locked = change.locked.or(merged.locked);
        merged.profile = change.profile.or(merged.profile);
        merged.role = change.role.or(merged.role);
        merged.manager = change.manager.or(merged.manager);
        merged.features = change.features.or(merged.features);
        merged.last_login = change.last_login.or(merged.last_login);
        merged.modified = change.modified.or(merged.modified);
        merged.texts.extend(change.texts);
        let after = self.user(index);
        if before.active {
            fixed_tables::use_seats(self, USER_LICENSE, usize::from(before.license), -1);
        }
        if after.active {
            fixed_tables::use_seats(self, USER_LICENSE, usize::from(after.license), 1);
        }
    }

    /// Adds a row, and returns its ordinal.
    pub(crate) fn add_link(&mut self, table: LinkTable, user: u32, target: u32, now: i64) -> u64 {
        let changes = &mut self.links[table as usize];
        let ordinal = changes.next_ordinal();
        changes.created.insert(ordinal, Link { ordinal, user, target, created: now });
        self.use_link(table, target, 1);
        ordinal
    }

    /// Removes a row; `false` if it did not exist.
    pub(crate) fn remove_link(&mut self, table: LinkTable, ordinal: u64) -> bool {
        let Some(link) = self.link(table, ordinal) else { return false };
        let changes = &mut self.links[table as usize];
        changes.created.remove(&ordinal);
        changes.deleted.insert(ordinal);
        self.use_link(table, link.target, -1);
        true
    }

    fn use_link(&mut self, table: LinkTable, target: u32, by: i64) {
        let pool = match table {
            LinkTable::PermissionSetLicense => PERMISSION_SET_LICENSE,
            LinkTable::Package => PACKAGE_LICENSE,
            LinkTable::PermissionSet => return,
        };
        fixed_tables::use_seats(self, pool, target as usize, by);
    }
}
