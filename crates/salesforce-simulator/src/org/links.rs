//! Assignments of permission-set licences, permission sets and package licences.

use std::collections::{BTreeMap, HashSet};

use super::catalogue::{
    self, INTEGRATION, LICENSES, PERMISSION_SETS, PSL_ANALYTICS, PSL_API, PSL_FIELD_SERVICE, PSL_IDENTITY, PSL_SALES,
    PSL_SERVICE, PSL_UNKNOWN, SFDC,
};
use super::user::User;
use crate::schema::LinkTable;

/// The record numbers reserved for each user.
pub(crate) const LINK_SLOTS: u64 = 8;
/// The first number of rows that writes create.
pub(crate) const FIRST_CREATED: u64 = 1 << 40;

/// The assignment of a permission-set licence, a permission set or a package licence to a user.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Link {
    pub(crate) ordinal: u64,
    pub(crate) user: u32,
    pub(crate) target: u32,
    pub(crate) created: i64,
}

/// Rows that writes added to and removed from one table.
#[derive(Clone, Default)]
pub(crate) struct LinkChanges {
    pub(crate) deleted: HashSet<u64>,
    pub(crate) created: BTreeMap<u64, Link>,
    next: u64,
}

impl LinkChanges {
    pub(crate) fn next_ordinal(&mut self) -> u64 {
        self.next += 1;
        FIRST_CREATED + self.next
    }
}

/// The original rows of a user, in the order of their slots. `user` is without changes.
pub(crate) fn original(table: LinkTable, user: &User) -> impl Iterator<Item = Link> + use<> {
    let (index, created) = (user.index, user.created);
    let targets = match table {
        LinkTable::PermissionSetLicense => permission_set_licenses(user),
        LinkTable::PermissionSet => permission_sets(user),
        LinkTable::Package => packages(user),
    };
    targets.into_iter().enumerate().filter_map(move |(slot, target)| {
        target.map(|target| Link {
            ordinal: u64::from(index) * LINK_SLOTS + slot as u64,
            user: index,
            target,
            created: created + 3600,
        })
    })
}

fn permission_set_licenses(user: &User) -> [Option<u32>; 6] {
    let mut targets = [None; 6];
    // Only internal users have package licences; most inactive users have none.
    if !user.is_internal() || !user.active && !user.random.one_in(60, 3) {
        return targets;
    }
    let license = usize::from(user.license);
    let random = user.random;
    if license == INTEGRATION {
        targets[0] = Some(PSL_API);
        return targets;
    }
    if license == SFDC {
        targets[0] = match user.is_support_user() {
            true => (!random.one_in(61, 3)).then_some(PSL_SERVICE),
            false => random.one_in(62, 2).then_some(PSL_SALES),
        };
    }
    targets[1] = random.one_in(63, 10).then_some(PSL_ANALYTICS);
    targets[2] = random.one_in(64, 12).then_some(PSL_FIELD_SERVICE);
    targets[3] = random.one_in(65, 60).then_some(PSL_IDENTITY);
    targets[4] = random.one_in(66, 40).then_some(PSL_UNKNOWN);
    targets
}

/// Slot 0 is the permission set of the profile; the others are custom ones.
fn permission_sets(user: &User) -> [Option<u32>; 6] {
    let mut targets = [None; 6];
    targets[0] = Some(u32::from(user.profile));
    if !user.is_internal() {
        return targets;
    }
    let licenses = permission_set_licenses(user);
    let profiles = profile_count();
    for (index, (_, _, needed)) in PERMISSION_SETS.iter().enumerate() {
        let given = match needed {
            Some(license) => licenses.contains(&Some(*license)),
            None => user.random.one_in(70 + index as u64, 6),
        };
        targets[index + 1] = given.then_some(profiles + index as u32);
    }
    targets
}

fn packages(user: &User) -> [Option<u32>; 6] {
    let standard = user.is_internal() && usize::from(user.license) != INTEGRATION;
    let random = user.random;
    let mut targets = [None; 6];
    targets[0] = (usize::from(user.license) == SFDC && random.one_in(80, 10)).then_some(0);
    targets[1] = (standard && random.one_in(81, 6)).then_some(1);
    targets[2] = (standard && random.one_in(82, 50)).then_some(2);
    targets
}

/// The number of profiles. Their permission sets come before the custom ones.
pub(crate) fn profile_count() -> u32 {
    LICENSES.iter().map(|license| license.profiles.len() as u32).sum()
}

/// The permission-set licence that a permission set requires.
pub(crate) fn license_of_permission_set(permission_set: u32) -> Option<u32> {
    let custom = permission_set.checked_sub(profile_count())?;
    catalogue::PERMISSION_SETS.get(custom as usize)?.2
}
