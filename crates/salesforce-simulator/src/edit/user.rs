//! Updates of User and UserLogin: activation, profiles, features, freezing.

use serde_json::Value;

use super::{Editor, Members, fields, no_access};
use crate::id::Id;
use crate::org::Change;
use crate::org::catalogue::{ADMINISTRATOR_PROFILE, FEATURES, LICENSES};
use crate::org::fixed_tables::{self, USER_LICENSE};
use crate::org::user::User;
use crate::permissions::Permission;
use crate::refusal::Refusal;
use crate::schema::{self, LinkTable, Object};

impl Editor<'_> {
    pub(super) fn update_user(&mut self, index: u32, members: &Members) -> Result<(), Refusal> {
        let user = self.org.user(index);
        self.check_right_to_edit(&user)?;
        let change = self.read_change(&user, members)?;
        let activates = change.active.is_some_and(|active| active && !user.active);
        let deactivates = change.active.is_some_and(|active| !active && user.active);
        if deactivates {
            self.check_deactivation(&user)?;
        }
        let stays_active = change.active.unwrap_or(user.active);
        let license = change.profile.map_or(user.license, fixed_tables::license_of_profile);
        if stays_active && (activates || license != user.license) {
            self.check_seat(license)?;
        }
        self.org.change_user(index, Change { modified: Some(self.now()), ..change });
        if deactivates && self.context.faults.free_licenses_on_deactivation {
            for link in self.org.links_of(LinkTable::PermissionSetLicense, index) {
                self.org.remove_link(LinkTable::PermissionSetLicense, link.ordinal);
            }
        }
        Ok(())
    }

    pub(super) fn update_login(&mut self, index: u32, members: &Members) -> Result<(), Refusal> {
        let mut change = Change { modified: Some(self.now()), ..Change::default() };
        for (name, value) in members.iter().filter(|(name, _)| !fields::is_envelope(name)) {
            let flag = value.as_bool();
            if name.eq_ignore_ascii_case("IsFrozen") {
                if !self.context.has(Permission::FreezeUsers) {
                    return Err(no_access());
                }
                change.frozen = flag;
            } else if flag == Some(true) {
                let message = "IsPasswordLocked can only be set to false";
                return Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message).with_field("IsPasswordLocked"));
            } else {
                change.locked = flag;
            }
        }
        self.org.change_user(index, change);
        Ok(())
    }

    fn check_right_to_edit(&self, user: &User) -> Result<(), Refusal> {
        let rights: &[Permission] = match user.is_internal() {
            true => &[Permission::ManageUsers, Permission::ManageInternalUsers],
            false => &[Permission::ManageUsers],
        };
        let machine = matches!(user.user_type(), "AutomatedProcess" | "CloudIntegrationUser");
        if self.context.permissions.has_any(rights) && !machine { Ok(()) } else { Err(no_access()) }
    }

    fn read_change(&self, user: &User, members: &Members) -> Result<Change, Refusal> {
        let mut change = Change::default();
        for (name, value) in members.iter().filter(|(name, _)| !fields::is_envelope(name)) {
            let (_, field) = schema::known("User").field(name).expect("the fields were checked");
            match field.name {
                "IsActive" => change.active = value.as_bool(),
                "ProfileId" => change.profile = Some(self.profile(user, value)?),
                "UserRoleId" => change.role = Some(self.reference("UserRole", value)?.map(|role| role as u16)),
                "ManagerId" => change.manager = Some(self.reference("User", value)?.map(|manager| manager as u32)),
                other => match FEATURES.iter().position(|(feature, _)| *feature == other) {
                    Some(bit) => {
                        let features = change.features.unwrap_or(user.features);
                        let held = value.as_bool().unwrap_or(false);
                        change.features = Some(features & !(1 << bit) | u16::from(held) << bit);
                    }
                    None => {
                        change.texts.insert(field.name, value.as_str().map(str::to_owned));
                    }
                },
            }
        }
        Ok(change)
    }

    /// The ordinal of the referenced row; `None` for null.
    fn reference(&self, object: &str, value: &Value) -> Result<Option<u64>, Refusal> {
        let Some(text) = value.as_str() else { return Ok(None) };
        let object: &Object = schema::known(object);
        let ordinal = Id::parse(text).and_then(|id| self.org.ordinal(object, id));
        let known = ordinal.filter(|ordinal| self.org.row(object, *ordinal, self.context.permissions).is_some());
        known.map(Some).ok_or_else(|| Refusal::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id"))
    }

    /// Reads a new profile, whose licence must be for the same type of user.
    fn profile(&self, user: &User, value: &Value) -> Result<u16, Refusal> {
        let invalid = || Refusal::bad("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id");
        let profile = self.reference("Profile", value)?.ok_or_else(invalid)? as u16;
        let license = &LICENSES[usize::from(fixed_tables::license_of_profile(profile))];
        if license.user_type == user.user_type() { Ok(profile) } else { Err(invalid().with_field("ProfileId")) }
    }

    fn check_seat(&self, license: u8) -> Result<(), Refusal> {
        let key = LICENSES[usize::from(license)].key;
        let by_fault = self.context.faults.full_pools.iter().any(|pool| pool == key);
        if by_fault || fixed_tables::seats_left(self.org, USER_LICENSE, usize::from(license)) <= 0 {
            return Err(Refusal::bad("LICENSE_LIMIT_EXCEEDED", "License Limit Exceeded"));
        }
        Ok(())
    }

    fn check_deactivation(&self, user: &User) -> Result<(), Refusal> {
        let id = self.org.user_id(user.index);
        let blocks = &self.context.faults.blocked_deactivations;
        if let Some(block) = blocks.get(id.as_str()).or_else(|| blocks.get(id.short())) {
            return Err(Refusal::bad(&block.error_code, block.message.clone()).with_field("IsActive"));
        }
        if user.index == self.context.user {
            let message = "You cannot deactivate yourself";
            return Err(Refusal::bad("FIELD_INTEGRITY_EXCEPTION", message).with_field("IsActive"));
        }
        let administrators =
            self.org.all_users().filter(|user| user.active && user.profile == ADMINISTRATOR_PROFILE).take(2);
        if user.profile == ADMINISTRATOR_PROFILE && administrators.count() < 2 {
            return Err(Refusal::bad("CANNOT_DISABLE_LAST_ADMIN", "must keep one active admin"));
        }
        Ok(())
    }
}
