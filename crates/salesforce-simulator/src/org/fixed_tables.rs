//! Tables with few rows, which are stored.

mod metrics;

use super::Org;
use super::catalogue::{self, FEATURES, LICENSES, PACKAGES, PERMISSION_SET_LICENSES, PERMISSION_SETS, ROLES};
use crate::schema::{self, FIXED_TABLES, LinkTable};
use crate::value::{Value, text};

const ORGANIZATION: usize = 0;
pub(crate) const USER_LICENSE: usize = 1;
pub(crate) const PERMISSION_SET_LICENSE: usize = 2;
pub(crate) const PACKAGE_LICENSE: usize = 8;
const DAY: i64 = 86_400;

type Cells = Vec<Value<'static>>;

/// The rows of all fixed tables.
#[derive(Clone, Default)]
pub(crate) struct FixedTables {
    pub(crate) tables: Vec<Vec<Cells>>,
}

/// Used seats, counted when the organisation is created and when users are removed.
#[derive(Default)]
struct Usage {
    licenses: [i64; LICENSES.len()],
    permission_set_licenses: [i64; PERMISSION_SET_LICENSES.len()],
    packages: [i64; PACKAGES.len()],
    features: [i64; FEATURES.len()],
    recent_features: [i64; FEATURES.len()],
}

impl Usage {
    fn count(org: &Org) -> Self {
        let mut usage = Self::default();
        for user in org.all_users() {
            for link in org.links_of(LinkTable::PermissionSetLicense, user.index) {
                usage.permission_set_licenses[link.target as usize] += 1;
            }
            for link in org.links_of(LinkTable::Package, user.index) {
                usage.packages[link.target as usize] += 1;
            }
            if !user.active {
                continue;
            }
            usage.licenses[usize::from(user.license)] += 1;
            let recent = user.last_login.is_some_and(|login| org.reference_time - login < 30 * DAY);
            for bit in 0..FEATURES.len() {
                let held = i64::from(user.features >> bit & 1);
                usage.features[bit] += held;
                usage.recent_features[bit] += held * i64::from(recent);
            }
        }
        usage
    }
}

/// Builds a row. Audit fields are set, other fields are null.
struct Row<'a> {
    org: &'a Org,
    object: &'static schema::Object,
    cells: Cells,
}

impl<'a> Row<'a> {
    fn new(org: &'a Org, table: &str) -> Self {
        let object = schema::known(table);
        let made = org.reference_time - 800 * DAY;
        let cells = object.fields.iter().map(|field| match field.name {
            "CreatedDate" | "LastModifiedDate" | "SystemModstamp" => Value::Time(made),
            "CreatedById" | "LastModifiedById" => Value::Id(org.user_id(1)),
            "IsDeleted" => Value::Bool(false),
            _ => Value::Null,
        });
        let cells = cells.collect();
        Self { org, object, cells }
    }

    fn with(mut self, field: &str, value: Value<'static>) -> Self {
        let (cell, _) = self.object.field(field).expect("the schema has the field");
        self.cells[cell] = value;
        self
    }

    fn text(self, field: &str, value: &'static str) -> Self {
        self.with(field, text(value))
    }

    fn int(self, field: &str, value: i64) -> Self {
        self.with(field, Value::Int(value))
    }

    fn flag(self, field: &str, value: bool) -> Self {
        self.with(field, Value::Bool(value))
    }

    fn reference(self, field: &str, object: &str, row: usize) -> Self {
        let id = self.org.id_of(object, row as u64);
        self.with(field, Value::Id(id))
    }

    fn date(self, field: &str, days_from_now: i64) -> Self {
        let days = (self.org.reference_time + days_from_now * DAY).div_euclid(DAY);
        self.with(field, Value::Date(u32::try_from(days).expect("dates fit")))
    }
}

/// Creates all fixed tables.
pub(crate) fn create(org: &Org) -> FixedTables {
    let usage = Usage::count(org);
    let tables = FIXED_TABLES.iter().map(|table| match *table {
        "Organization" => vec![organization(org)],
        "UserLicense" => user_licenses(org, &usage),
        "PermissionSetLicense" => permission_set_licenses(org, &usage),
        "Profile" => profiles(org),
        "UserRole" => roles(org),
        "PermissionSet" => permission_sets(org),
        "TenantUsageEntitlement" => metrics::entitlements(org),
        "ActiveFeatureLicenseMetric" => metrics::features(org, &usage),
        _ => packages(org, &usage),
    });
    FixedTables { tables: tables.collect() }
}

/// Counts the used seats again after users were removed.
pub(crate) fn recount(org: &mut Org) {
    let usage = Usage::count(org);
    for (row, used) in usage.licenses.iter().enumerate() {
        *used_cell(org, USER_LICENSE, row) = Value::Int(*used);
    }
    for (row, used) in usage.permission_set_licenses.iter().enumerate() {
        *used_cell(org, PERMISSION_SET_LICENSE, row) = Value::Int(*used);
    }
    for (row, used) in usage.packages.iter().enumerate() {
        *used_cell(org, PACKAGE_LICENSE, row) = Value::Int(*used);
    }
}

/// Adds to the used seats of a row.
pub(crate) fn use_seats(org: &mut Org, table: usize, row: usize, by: i64) {
    let cell = used_cell(org, table, row);
    if let Value::Int(used) = cell {
        *used += by;
    }
}

/// The free seats of a row. A negative total means unlimited.
pub(crate) fn seats_left(org: &Org, table: usize, row: usize) -> i64 {
    let object = schema::known(FIXED_TABLES[table]);
    let total = if table == PACKAGE_LICENSE { "AllowedLicenses" } else { "TotalLicenses" };
    let number = |field: &str| {
        let (cell, _) = object.field(field).expect("a pool has numbers");
        match org.fixed_tables.tables[table][row][cell] {
            Value::Int(number) => number,
            _ => 0,
        }
    };
    if number(total) < 0 { i64::MAX } else { number(total) - number("UsedLicenses") }
}

/// Sets whether the organisation is a sandbox.
pub(crate) fn set_sandbox(org: &mut Org, sandbox: bool) {
    let (cell, _) = schema::known("Organization").field("IsSandbox").expect("an organisation says what it is");
    org.fixed_tables.tables[ORGANIZATION][0][cell] = Value::Bool(sandbox);
}

fn used_cell(org: &mut Org, table: usize, row: usize) -> &mut Value<'static> {
    let (cell, _) = schema::known(FIXED_TABLES[table]).field("UsedLicenses").expect("a pool counts its use");
    &mut org.fixed_tables.tables[table][row][cell]
}

/// The index of the licence of a profile.
pub(crate) fn license_of_profile(profile: u16) -> u8 {
    let (license, _) = catalogue::profiles().nth(usize::from(profile)).expect("profiles are checked on entry");
    license as u8
}

fn organization(org: &Org) -> Cells {
    Row::new(org, "Organization")
        .with("Name", text(org.name()))
        .text("InstanceName", "SIM1")
        .flag("IsSandbox", false)
        .text("OrganizationType", "Enterprise Edition")
        .text("DefaultLocaleSidKey", "en_US")
        .text("TimeZoneSidKey", "Europe/Berlin")
        .text("LanguageLocaleKey", "en_US")
        .cells
}

fn user_licenses(org: &Org, usage: &Usage) -> Vec<Cells> {
    let rows = LICENSES.iter().zip(usage.licenses).map(|(license, used)| {
        let row = Row::new(org, "UserLicense")
            .text("LicenseDefinitionKey", license.key)
            .text("Name", license.name)
            .text("MasterLabel", license.name)
            .text("Status", "Active")
            .int("TotalLicenses", used + used / 10 + 5)
            .int("UsedLicenses", used)
            .with("UsedLicensesLastUpdated", Value::Time(org.reference_time - 5 * 3600));
        match license.key.ends_with("_Login") {
            true => row.int("MonthlyLoginsEntitlement", used * 3 + 100).int("MonthlyLoginsUsed", used * 2 + 7),
            false => row,
        }
    });
    rows.map(|row| row.cells).collect()
}

fn permission_set_licenses(org: &Org, usage: &Usage) -> Vec<Cells> {
    let rows = PERMISSION_SET_LICENSES.iter().zip(usage.permission_set_licenses).map(|(license, used)| {
        Row::new(org, "PermissionSetLicense")
            .text("DeveloperName", license.key)
            .text("Language", "en_US")
            .text("MasterLabel", license.label)
            .text("PermissionSetLicenseKey", license.key)
            .text("Status", if license.expired { "Disabled" } else { "Active" })
            .date("ExpirationDate", if license.expired { -45 } else { 320 })
            .int("TotalLicenses", used + used / 5 + 3)
            .int("UsedLicenses", used)
            .int("MigratableLicenses", 0)
            .flag("IsAvailableForIntegrations", license.key == "SalesforceAPIIntegrationPsl")
    });
    rows.map(|row| row.cells).collect()
}

fn profiles(org: &Org) -> Vec<Cells> {
    let rows = catalogue::profiles().map(|(license, name)| {
        Row::new(org, "Profile")
            .text("Name", name)
            .reference("UserLicenseId", "UserLicense", license)
            .text("UserType", LICENSES[license].user_type)
    });
    rows.map(|row| row.cells).collect()
}

fn roles(org: &Org) -> Vec<Cells> {
    let rows = ROLES.iter().enumerate().map(|(index, name)| {
        let row = Row::new(org, "UserRole")
            .text("Name", name)
            .with("DeveloperName", text(name.replace(' ', "_")))
            .text("PortalType", "None");
        if index == 0 { row } else { row.reference("ParentRoleId", "UserRole", (index - 1) / 2) }
    });
    rows.map(|row| row.cells).collect()
}

fn permission_sets(org: &Org) -> Vec<Cells> {
    let shadows = catalogue::profiles().enumerate().map(|(profile, (license, name))| {
        Row::new(org, "PermissionSet")
            .with("Name", text(format!("X00e_{profile}")))
            .text("Label", name)
            .reference("LicenseId", "UserLicense", license)
            .reference("ProfileId", "Profile", profile)
            .flag("IsOwnedByProfile", true)
            .text("Type", "Profile")
    });
    let custom = PERMISSION_SETS.iter().map(|(name, label, license)| {
        let row = Row::new(org, "PermissionSet")
            .text("Name", name)
            .text("Label", label)
            .flag("IsOwnedByProfile", false)
            .text("Type", "Regular");
        match license {
            Some(license) => row.reference("LicenseId", "PermissionSetLicense", *license as usize),
            None => row,
        }
    });
    let finish = |row: Row<'_>| row.flag("IsCustom", true).flag("HasActivationRequired", false).cells;
    shadows.map(finish).chain(custom.map(finish)).collect()
}

fn packages(org: &Org, usage: &Usage) -> Vec<Cells> {
    let rows = PACKAGES.iter().zip(usage.packages).map(|((namespace, spare, status), used)| {
        Row::new(org, "PackageLicense")
            .text("NamespacePrefix", namespace)
            .text("Status", status)
            .flag("IsProvisioned", true)
            .int("AllowedLicenses", if *spare < 0 { -1 } else { used + spare })
            .int("UsedLicenses", used)
            .flag("IsAvailableForIntegrations", false)
    });
    rows.map(|row| row.cells).collect()
}

impl FixedTables {
    /// The purchased seats of a user licence.
    pub(crate) fn purchased_seats(&self, license: usize) -> u64 {
        let (cell, _) = schema::known("UserLicense").field("TotalLicenses").expect("a pool has a total");
        match self.tables[USER_LICENSE][license][cell] {
            Value::Int(total) => u64::try_from(total).unwrap_or(0),
            _ => 0,
        }
    }
}
