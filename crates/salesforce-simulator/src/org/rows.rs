//! Reading rows: by ordinal, by id, by user.

use super::Org;
use super::links::{self, FIRST_CREATED, LINK_SLOTS, Link};
use super::logins::{self, LOGIN_SLOTS, Login};
use super::user::User;
use crate::id::Id;
use crate::permissions::Permissions;
use crate::schema::{LinkTable, Object, Table};

/// A row of any object.
pub(crate) enum Row {
    User(User),
    Login(Login),
    Link(Link),
    Fixed { table: usize, row: usize },
    Access(Permissions),
}

impl Org {
    /// Reads the row at an ordinal, if it exists.
    pub(crate) fn row(&self, object: &Object, ordinal: u64, running: Permissions) -> Option<Row> {
        match object.table {
            Table::User | Table::UserLogin => {
                let index = u32::try_from(ordinal).ok().filter(|index| *index < self.users)?;
                Some(Row::User(self.user(index)))
            }
            Table::LoginHistory => {
                let index = u32::try_from(ordinal / LOGIN_SLOTS).ok().filter(|index| *index < self.users)?;
                logins::login(&self.original_user(index), ordinal % LOGIN_SLOTS, self.reference_time).map(Row::Login)
            }
            Table::Link(table) => self.link(table, ordinal).map(Row::Link),
            Table::Fixed(table) => {
                let row = usize::try_from(ordinal).ok()?;
                (row < self.fixed_tables.tables[table].len()).then_some(Row::Fixed { table, row })
            }
            Table::Access => (ordinal == 0).then_some(Row::Access(running)),
        }
    }

    pub(crate) fn link(&self, table: LinkTable, ordinal: u64) -> Option<Link> {
        let changes = &self.links[table as usize];
        if ordinal >= FIRST_CREATED {
            return changes.created.get(&ordinal).copied();
        }
        let user = u32::try_from(ordinal / LINK_SLOTS).ok().filter(|user| *user < self.users)?;
        if changes.deleted.contains(&ordinal) {
            return None;
        }
        let original = links::original(table, &self.original_user(user)).find(|link| link.ordinal == ordinal);
        original.map(|link| self.follow_profile(table, link))
    }

    /// The ordinals of an object that may have a row, ascending, from (inclusive) and to (exclusive).
    pub(crate) fn ordinals<'a>(
        &'a self,
        object: &Object,
        from: u64,
        to: u64,
    ) -> Box<dyn DoubleEndedIterator<Item = u64> + 'a> {
        let end = u64::from(self.users);
        let users = |slots: u64| {
            let first = (from / slots).min(end);
            (first as u32)..to.div_ceil(slots).clamp(first, end) as u32
        };
        let within = move |ordinal: &u64| (from..to).contains(ordinal);
        match object.table {
            Table::User | Table::UserLogin => Box::new(from.min(end)..to.min(end)),
            Table::LoginHistory => Box::new(users(LOGIN_SLOTS).flat_map(move |user| {
                let logins = logins::logins_of(&self.original_user(user), self.reference_time);
                logins.map(|login| login.ordinal).filter(within).collect::<Vec<_>>()
            })),
            Table::Link(table) => {
                let created = self.links[table as usize].created.range(from..to.max(from));
                let original = users(LINK_SLOTS).flat_map(move |user| {
                    let links = links::original(table, &self.original_user(user));
                    links.map(|link| link.ordinal).filter(within).collect::<Vec<_>>()
                });
                Box::new(original.chain(created.map(|(ordinal, _)| *ordinal)))
            }
            Table::Fixed(table) => {
                let end = self.fixed_tables.tables[table].len() as u64;
                Box::new(from.min(end)..to.min(end))
            }
            Table::Access => Box::new(from.min(1)..to.min(1)),
        }
    }

    /// Says whether all ordinals have a row, so that counting does not read rows.
    pub(crate) fn is_dense(&self, object: &Object) -> bool {
        matches!(object.table, Table::User | Table::UserLogin | Table::Fixed(_))
    }

    /// The end of the ordinals of a dense object (exclusive).
    pub(crate) fn last_ordinal(&self, object: &Object) -> u64 {
        match object.table {
            Table::Fixed(table) => self.fixed_tables.tables[table].len() as u64,
            _ => u64::from(self.users),
        }
    }

    /// The ordinals of the rows of some users, ascending.
    pub(crate) fn ordinals_of_users(&self, object: &Object, users: &[u32]) -> Vec<u64> {
        let users = users.iter().copied().filter(|user| *user < self.users);
        let mut ordinals: Vec<u64> = match object.table {
            Table::LoginHistory => users
                .flat_map(|user| logins::logins_of(&self.original_user(user), self.reference_time))
                .map(|login| login.ordinal)
                .collect(),
            Table::Link(table) => {
                let users: Vec<u32> = users.collect();
                let created = self.links[table as usize].created.values();
                let created = created.filter(|link| users.contains(&link.user)).map(|link| link.ordinal);
                let original = users
                    .iter()
                    .flat_map(|user| links::original(table, &self.original_user(*user)))
                    .map(|link| link.ordinal);
                original.chain(created).collect()
            }
            _ => users.map(u64::from).collect(),
        };
        ordinals.sort_unstable();
        ordinals
    }

    /// The ordinal of an id. The row may not exist.
    pub(crate) fn ordinal(&self, object: &Object, id: Id) -> Option<u64> {
        let ours = id.prefix() == object.prefix && id.pod() == self.pod;
        if ours { id.number().checked_sub(1) } else { None }
    }

    /// The index of a user by id; `None` if there is no such user.
    pub(crate) fn user_index(&self, id: Id) -> Option<u32> {
        if id.prefix() != *b"005" || id.pod() != self.pod {
            return None;
        }
        let index = id.number().checked_sub(1)?;
        u32::try_from(index).ok().filter(|index| *index < self.users)
    }
}
