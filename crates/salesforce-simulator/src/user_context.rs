//! The user of a call, with permissions and faults: what the user can see.

use std::sync::Arc;

use crate::faults::Faults;
use crate::org::Org;
use crate::org::rows::Row;
use crate::permissions::{Permission, Permissions};
use crate::schema::{Field, LinkTable, Object, Table};

/// The user of a data call, with the API version.
#[derive(Clone)]
pub(crate) struct UserContext {
    pub(crate) user: u32,
    pub(crate) permissions: Permissions,
    /// The major API version.
    pub(crate) version: u16,
    pub(crate) now: i64,
    pub(crate) faults: Arc<Faults>,
}

impl UserContext {
    pub(crate) fn has(&self, permission: Permission) -> bool {
        self.permissions.has(permission)
    }

    /// Says whether the user can see the object. If not, queries fail with INVALID_TYPE.
    pub(crate) fn sees(&self, object: &Object) -> bool {
        let hidden = self.faults.hide_objects.iter().any(|name| name.eq_ignore_ascii_case(object.name));
        let permitted = object.needs.is_empty() || self.permissions.has_any(&object.needs);
        !hidden && permitted
    }

    /// Says whether the user can see the field. If not, queries fail with INVALID_FIELD.
    pub(crate) fn sees_field(&self, object: &Object, field: &Field) -> bool {
        let hidden = named(&self.faults.hide_fields, object, field);
        !hidden && (field.needs.is_empty() || self.permissions.has_any(&field.needs))
    }

    /// Says whether the field can be updated.
    pub(crate) fn may_update(&self, object: &Object, field: &Field) -> bool {
        field.updateable && !named(&self.faults.read_only_fields, object, field)
    }

    /// Says whether a bulk job adds a NUL byte to the values of the field.
    pub(crate) fn adds_nul(&self, object: &Object, field: &Field) -> bool {
        named(&self.faults.bulk.nul_fields, object, field)
    }

    pub(crate) fn fields<'a>(&'a self, object: &'static Object) -> impl Iterator<Item = &'static Field> + 'a {
        object.fields.iter().filter(|field| self.sees_field(object, field))
    }

    /// Says whether some rows of the object may be hidden.
    pub(crate) fn is_restricted(&self, object: &Object) -> bool {
        match object.table {
            Table::LoginHistory => self.sees_own_logins_only(),
            Table::User | Table::UserLogin => self.sees_own_user_only(),
            Table::Fixed(_) => object.name == "Profile" && self.sees_own_profile_only(),
            Table::Link(LinkTable::PermissionSet) => self.sees_own_assignments_only(),
            Table::Link(_) | Table::Access => false,
        }
    }

    pub(crate) fn sees_row(&self, org: &Org, object: &Object, row: &Row) -> bool {
        if !self.is_restricted(object) {
            return true;
        }
        match row {
            Row::Login(login) => login.user == self.user,
            Row::User(user) => user.index == self.user,
            Row::Fixed { row, .. } => *row == usize::from(org.user(self.user).profile),
            Row::Link(link) => object.name == "PermissionSetAssignment" && link.user == self.user,
            Row::Access(_) => true,
        }
    }

    fn sees_own_logins_only(&self) -> bool {
        let reads_all = [Permission::ManageUsers, Permission::MonitorLoginHistory];
        self.faults.own_logins_only || !self.permissions.has_any(&reads_all)
    }

    fn sees_own_user_only(&self) -> bool {
        self.faults.private_users && !self.has(Permission::ViewAllUsers)
    }

    fn sees_own_profile_only(&self) -> bool {
        self.faults.profile_filtering && !self.has(Permission::ViewAllProfiles)
    }

    fn sees_own_assignments_only(&self) -> bool {
        !self.permissions.has_any(&[Permission::ViewSetup, Permission::AssignPermissionSets])
    }
}

/// Says whether `names` contains the field, as `Object.Field`.
fn named(names: &[String], object: &Object, field: &Field) -> bool {
    names.iter().any(|name| {
        name.split_once('.')
            .is_some_and(|(owner, own)| owner.eq_ignore_ascii_case(object.name) && own.eq_ignore_ascii_case(field.name))
    })
}
