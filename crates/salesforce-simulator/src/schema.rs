//! Objects and fields, parsed from `schema/objects.txt`.

mod parse;

use std::sync::LazyLock;

use crate::permissions::Permission;

/// The fixed tables, in the order of their numbers.
pub(crate) const FIXED_TABLES: [&str; 9] = [
    "Organization",
    "UserLicense",
    "PermissionSetLicense",
    "Profile",
    "UserRole",
    "PermissionSet",
    "TenantUsageEntitlement",
    "ActiveFeatureLicenseMetric",
    "PackageLicense",
];

/// The type of a field, as in describe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Id,
    Reference,
    String,
    Picklist,
    Email,
    Phone,
    Boolean,
    Int,
    Double,
    Percent,
    Date,
    DateTime,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Reference => "reference",
            Self::String => "string",
            Self::Picklist => "picklist",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Boolean => "boolean",
            Self::Int => "int",
            Self::Double => "double",
            Self::Percent => "percent",
            Self::Date => "date",
            Self::DateTime => "datetime",
        }
    }

    pub(crate) fn is_text(self) -> bool {
        matches!(self, Self::String | Self::Picklist | Self::Email | Self::Phone)
    }

    pub(crate) fn is_id(self) -> bool {
        matches!(self, Self::Id | Self::Reference)
    }

    pub(crate) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Double | Self::Percent)
    }
}

/// Where the rows of an object come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    User,
    UserLogin,
    LoginHistory,
    Link(LinkTable),
    /// A fixed table, by its number in [`FIXED_TABLES`].
    Fixed(usize),
    /// The row with the permissions of the running user.
    Access,
}

/// The tables of assignments to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LinkTable {
    PermissionSetLicense = 0,
    PermissionSet = 1,
    Package = 2,
}

/// A field.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) length: u32,
    pub(crate) choices: Vec<String>,
    pub(crate) nillable: bool,
    pub(crate) filterable: bool,
    pub(crate) sortable: bool,
    pub(crate) updateable: bool,
    pub(crate) createable: bool,
    /// The first API version in which the field cannot be filtered.
    pub(crate) filter_until: Option<u16>,
    /// The referenced object, if the field is a reference.
    pub(crate) parent: Option<Parent>,
    /// The field is visible with any of these permissions, or always if empty.
    pub(crate) needs: Vec<Permission>,
    /// The number of the field among the fields of all objects.
    pub(crate) number: usize,
}

/// The target of a reference field.
#[derive(Debug)]
pub(crate) struct Parent {
    pub(crate) object: usize,
    pub(crate) relationship: &'static str,
}

/// An object.
#[derive(Debug)]
pub(crate) struct Object {
    pub(crate) name: &'static str,
    pub(crate) label: &'static str,
    pub(crate) prefix: [u8; 3],
    pub(crate) table: Table,
    pub(crate) needs: Vec<Permission>,
    pub(crate) createable: bool,
    pub(crate) updateable: bool,
    pub(crate) deletable: bool,
    pub(crate) fields: Vec<Field>,
}

impl Object {
    pub(crate) fn field(&self, name: &str) -> Option<(usize, &Field)> {
        self.fields.iter().enumerate().find(|(_, field)| field.name.eq_ignore_ascii_case(name))
    }

    pub(crate) fn relationship(&self, name: &str) -> Option<&Field> {
        let is_it = |parent: &Parent| parent.relationship.eq_ignore_ascii_case(name);
        self.fields.iter().find(|field| field.parent.as_ref().is_some_and(is_it))
    }
}

static OBJECTS: LazyLock<Vec<Object>> = LazyLock::new(|| parse::objects(include_str!("schema/objects.txt")));

/// All objects, in the order of the file.
pub(crate) fn objects() -> &'static [Object] {
    &OBJECTS
}

pub(crate) fn object(name: &str) -> Option<&'static Object> {
    objects().iter().find(|object| object.name.eq_ignore_ascii_case(name))
}

/// Finds an object that is in the file.
pub(crate) fn known(name: &str) -> &'static Object {
    object(name).expect("the schema names this object")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_in_any_case() {
        let user = object("uSER").unwrap();
        assert_eq!(user.name, "User");
        assert_eq!(user.field("lastlogindate").unwrap().1.name, "LastLoginDate");
        assert_eq!(user.relationship("profile").unwrap().name, "ProfileId");
    }

    #[test]
    fn flags_and_options_are_read_from_the_file() {
        let label = object("TenantUsageEntitlement").unwrap().field("MasterLabel").unwrap().1;
        assert!(label.nillable && !label.filterable && !label.sortable);
        let used = object("UserLicense").unwrap().field("UsedLicenses").unwrap().1;
        assert_eq!(used.filter_until, Some(64));
        let kind = object("LoginHistory").unwrap().field("LoginType").unwrap().1;
        assert!(kind.choices.contains(&"Remote Access 2.0".to_owned()));
    }
}
