//! Assigning and removing permission-set licences, permission sets and package licences.

use super::{Editor, Members, no_access};
use crate::id::Id;
use crate::org::fixed_tables::{self, PACKAGE_LICENSE, PERMISSION_SET_LICENSE};
use crate::org::links::{self, FIRST_CREATED, LINK_SLOTS};
use crate::permissions::Permission;
use crate::refusal::Refusal;
use crate::schema::{Kind, LinkTable, Object};

impl Editor<'_> {
    /// Adds a row with the checked members, and returns its ordinal.
    pub(super) fn assign(
        &mut self,
        table: LinkTable,
        object: &'static Object,
        members: &Members,
    ) -> Result<u64, Refusal> {
        self.check_right_to_assign(table)?;
        let (user, target) = self.ends(object, members)?;
        if self.org.links_of(table, user).iter().any(|link| link.target == target) {
            let message = "duplicate value found: the user already has this assignment";
            return Err(Refusal::bad("DUPLICATE_VALUE", message));
        }
        match table {
            LinkTable::PermissionSetLicense => {
                if !self.org.user(user).is_internal() {
                    let message = "permission set licenses can only be assigned to internal users";
                    return Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message).with_field("AssigneeId"));
                }
                self.check_pool(PERMISSION_SET_LICENSE, target)?;
            }
            LinkTable::PermissionSet => self.check_license(user, target)?,
            LinkTable::Package => self.check_pool(PACKAGE_LICENSE, target)?,
        }
        Ok(self.org.add_link(table, user, target, self.now()))
    }

    /// Removes an existing row.
    pub(super) fn remove(&mut self, table: LinkTable, ordinal: u64) -> Result<(), Refusal> {
        self.check_right_to_assign(table)?;
        let link = self.org.link(table, ordinal).ok_or_else(Refusal::not_found)?;
        match table {
            LinkTable::PermissionSetLicense => self.check_not_needed(link.user, link.target)?,
            LinkTable::PermissionSet if ordinal < FIRST_CREATED && ordinal.is_multiple_of(LINK_SLOTS) => {
                let message = "a permission set owned by a profile can not be unassigned";
                return Err(Refusal::bad("INVALID_CROSS_REFERENCE_KEY", message));
            }
            _ => {}
        }
        self.org.remove_link(table, ordinal);
        if table == LinkTable::PermissionSet && self.context.faults.free_license_with_permission_set {
            self.free_unneeded_license(link.user, link.target);
        }
        Ok(())
    }

    fn check_right_to_assign(&self, table: LinkTable) -> Result<(), Refusal> {
        let needed = match table {
            LinkTable::Package => Permission::ManageUsers,
            _ => Permission::AssignPermissionSets,
        };
        if self.context.has(needed) { Ok(()) } else { Err(no_access()) }
    }

    /// The user and the target of a new row.
    fn ends(&self, object: &'static Object, members: &Members) -> Result<(u32, u32), Refusal> {
        let mut user = None;
        let mut target = None;
        for field in object.fields.iter().filter(|field| field.createable && field.kind == Kind::Reference) {
            let value = members.iter().find(|(name, _)| name.eq_ignore_ascii_case(field.name));
            let id = value.and_then(|(_, value)| Id::parse(value.as_str()?));
            let parent = field.parent.as_ref().map(|parent| &crate::schema::objects()[parent.object]);
            let found = id.zip(parent).and_then(|(id, parent)| {
                let ordinal = self.org.ordinal(parent, id)?;
                self.org.row(parent, ordinal, self.context.permissions)?;
                u32::try_from(ordinal).ok()
            });
            let found = found.ok_or_else(|| {
                Refusal::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id").with_field(field.name)
            })?;
            if parent.is_some_and(|parent| parent.name == "User") { user = Some(found) } else { target = Some(found) }
        }
        user.zip(target).ok_or_else(|| Refusal::bad("REQUIRED_FIELD_MISSING", "Required fields are missing"))
    }

    fn check_pool(&self, pool: usize, row: u32) -> Result<(), Refusal> {
        let key = match pool {
            PERMISSION_SET_LICENSE => crate::org::catalogue::PERMISSION_SET_LICENSES[row as usize].key,
            _ => crate::org::catalogue::PACKAGES[row as usize].0,
        };
        let by_fault = self.context.faults.full_pools.iter().any(|full| full == key);
        if by_fault || fixed_tables::seats_left(self.org, pool, row as usize) <= 0 {
            return Err(Refusal::bad("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"));
        }
        Ok(())
    }

    /// A permission set requires that its licence is assigned first.
    fn check_license(&self, user: u32, permission_set: u32) -> Result<(), Refusal> {
        match links::license_of_permission_set(permission_set) {
            Some(license) if !self.licenses_held(user).contains(&license) => {
                let message = "the user needs the permission set license of this permission set";
                Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message).with_field("PermissionSetId"))
            }
            _ => Ok(()),
        }
    }

    fn needs_license(&self, user: u32, license: u32) -> bool {
        let held = self.org.links_of(LinkTable::PermissionSet, user);
        held.iter().any(|link| links::license_of_permission_set(link.target) == Some(license))
    }

    fn check_not_needed(&self, user: u32, license: u32) -> Result<(), Refusal> {
        if self.needs_license(user, license) {
            let message = "the user still has a permission set that requires this permission set license";
            return Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message));
        }
        Ok(())
    }

    fn free_unneeded_license(&mut self, user: u32, permission_set: u32) {
        let Some(license) = links::license_of_permission_set(permission_set) else { return };
        if self.needs_license(user, license) {
            return;
        }
        for link in self.org.links_of(LinkTable::PermissionSetLicense, user) {
            if link.target == license {
                self.org.remove_link(LinkTable::PermissionSetLicense, link.ordinal);
            }
        }
    }
}
