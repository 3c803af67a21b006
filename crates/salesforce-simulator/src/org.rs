//! The organisation: generated from a seed, changed by writes and control endpoints.

pub(crate) mod catalogue;
pub(crate) mod fixed_tables;
pub(crate) mod getters;
pub(crate) mod links;
pub(crate) mod logins;
pub(crate) mod random;
pub(crate) mod rows;
pub(crate) mod user;
pub(crate) mod writes;

use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use self::fixed_tables::FixedTables;
use self::links::{Link, LinkChanges};
use self::user::User;
use crate::id::{Id, Pod};
use crate::schema::{self, LinkTable};

/// The changes to a user.
#[derive(Clone, Default)]
pub(crate) struct Change {
    pub(crate) active: Option<bool>,
    pub(crate) frozen: Option<bool>,
    pub(crate) locked: Option<bool>,
    pub(crate) profile: Option<u16>,
    pub(crate) role: Option<Option<u16>>,
    pub(crate) manager: Option<Option<u32>>,
    pub(crate) features: Option<u16>,
    pub(crate) last_login: Option<Option<i64>>,
    pub(crate) modified: Option<i64>,
    /// Text fields by name; `None` clears the field.
    pub(crate) texts: BTreeMap<&'static str, Option<String>>,
}

/// A Salesforce organisation.
pub(crate) struct Org {
    pub(crate) seed: u64,
    pub(crate) pod: Pod,
    /// The time to which all dates are relative.
    pub(crate) reference_time: i64,
    /// The number of users. Users with a higher index were removed.
    pub(crate) users: u32,
    pub(crate) changes: HashMap<u32, Change>,
    pub(crate) links: [LinkChanges; 3],
    pub(crate) fixed_tables: FixedTables,
    logins: OnceLock<Vec<(i64, u64)>>,
}

impl Org {
    pub(crate) fn generate(seed: u64, users: u32, now: i64) -> Self {
        let mut org = Self {
            seed,
            pod: Pod::of(seed),
            reference_time: now,
            users: users.max(1),
            changes: HashMap::new(),
            links: Default::default(),
            fixed_tables: FixedTables::default(),
            logins: OnceLock::new(),
        };
        org.fixed_tables = fixed_tables::create(&org);
        org
    }

    pub(crate) fn id(&self) -> Id {
        self.id_of("Organization", 0)
    }

    pub(crate) fn name(&self) -> String {
        format!("Acme {}", self.seed)
    }

    pub(crate) fn user_id(&self, index: u32) -> Id {
        Id::new(*b"005", self.pod, u64::from(index) + 1)
    }

    pub(crate) fn id_of(&self, object: &str, ordinal: u64) -> Id {
        Id::new(schema::known(object).prefix, self.pod, ordinal + 1)
    }

    /// Generates a user, without changes.
    pub(crate) fn original_user(&self, index: u32) -> User {
        User::generate(self.seed, index, self.reference_time)
    }

    /// Generates a user, with changes.
    pub(crate) fn user(&self, index: u32) -> User {
        let mut user = self.original_user(index);
        let Some(change) = self.changes.get(&index) else { return user };
        user.changed = true;
        user.active = change.active.unwrap_or(user.active);
        user.frozen = change.frozen.unwrap_or(user.frozen);
        user.locked = change.locked.unwrap_or(user.locked);
        user.role = change.role.unwrap_or(user.role);
        user.manager = change.manager.unwrap_or(user.manager);
        user.features = change.features.unwrap_or(user.features);
        user.last_login = change.last_login.unwrap_or(user.last_login);
        user.modified = change.modified.unwrap_or(user.modified);
        if let Some(profile) = change.profile {
            user.profile = profile;
            user.license = fixed_tables::license_of_profile(profile);
        }
        user
    }

    pub(crate) fn all_users(&self) -> impl Iterator<Item = User> {
        (0..self.users).map(|index| self.user(index))
    }

    /// The rows of one user in a link table, with changes.
    pub(crate) fn links_of(&self, table: LinkTable, user: u32) -> Vec<Link> {
        let changes = &self.links[table as usize];
        let mut links: Vec<Link> = links::original(table, &self.original_user(user))
            .filter(|link| !changes.deleted.contains(&link.ordinal))
            .map(|link| self.follow_profile(table, link))
            .collect();
        links.extend(changes.created.values().filter(|link| link.user == user));
        links
    }

    /// A change of profile replaces the permission set of the profile.
    fn follow_profile(&self, table: LinkTable, mut link: Link) -> Link {
        let shadows = table == LinkTable::PermissionSet && link.ordinal.is_multiple_of(links::LINK_SLOTS);
        if shadows && let Some(profile) = self.changes.get(&link.user).and_then(|change| change.profile) {
            link.target = u32::from(profile);
        }
        link
    }

    /// All logins as (time, ordinal), sorted.
    pub(crate) fn logins(&self) -> &[(i64, u64)] {
        self.logins.get_or_init(|| {
            let mut index: Vec<(i64, u64)> = (0..self.users)
                .flat_map(|user| logins::logins_of(&self.original_user(user), self.reference_time))
                .map(|login| (login.time, login.ordinal))
                .collect();
            index.sort_unstable();
            index
        })
    }

    /// Removes the users with the highest ids, with their assignments.
    pub(crate) fn remove_users(&mut self, count: u32) {
        self.users = self.users.saturating_sub(count).max(1);
        let users = self.users;
        for changes in &mut self.links {
            changes.created.retain(|_, link| link.user < users);
        }
        fixed_tables::recount(self);
    }
}
