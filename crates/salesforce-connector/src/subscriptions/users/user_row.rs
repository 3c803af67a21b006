//! One row of User, and the account and subscription that it becomes.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use seatgraph_core::{Account, Finding, Process, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::config::Settings;
use crate::findings;
use crate::query::{RecordId, time_or_null};
use crate::subscriptions::feature::{SERVICE_COLUMN, held, license_key};
use crate::subscriptions::kind::kind;

/// The path from a user to its licence; one of the two must be visible.
pub(super) const LICENSE_KEY: &str = "Profile.UserLicense.LicenseDefinitionKey";
pub(super) const LICENSE_NAME: &str = "Profile.UserLicense.Name";

/// Columns that may be hidden, each with what is lost then.
pub(super) const OPTIONAL: [(&str, &str); 17] = [
    (SERVICE_COLUMN, "Service Cloud and Sales Cloud licences cannot be distinguished."),
    ("UserType", "Human, integration and automated accounts cannot be distinguished."),
    ("Name", "Accounts have no display name."),
    ("Email", "Accounts have no e-mail address, and are harder to match with persons."),
    ("Department", "Accounts have no department."),
    ("Title", "Accounts have no title."),
    ("Country", "Accounts have no country."),
    ("EmployeeNumber", "Accounts have no employee number, and are harder to match with persons."),
    ("FederationIdentifier", "Accounts have no federation id, and are harder to match with persons."),
    ("ManagerId", "Accounts have no manager."),
    ("CreatedDate", "The age of an account that never logged in is unknown."),
    ("CompanyName", "Accounts have no company name."),
    ("Division", "Accounts have no division."),
    ("Alias", "Accounts have no alias."),
    ("Profile.Name", "Accounts have no profile."),
    (LICENSE_KEY, "Licences are identified by their names only."),
    (LICENSE_NAME, "Licences are named after their keys."),
];

/// The finding for a hidden column.
pub(crate) fn finding(column: &str) -> Option<Finding> {
    let (column, lost) = OPTIONAL.iter().find(|(name, _)| *name == column)?;
    Some(findings::field_hidden(Process::DownloadSubscriptions, "User", column, lost))
}

/// A row of User.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserRow {
    pub(super) id: RecordId,
    username: String,
    is_active: bool,
    profile: Option<Profile>,
    user_permissions_support_user: Option<bool>,
    user_type: Option<String>,
    name: Option<String>,
    email: Option<String>,
    department: Option<String>,
    title: Option<String>,
    country: Option<String>,
    employee_number: Option<String>,
    federation_identifier: Option<String>,
    manager_id: Option<RecordId>,
    #[serde(default, deserialize_with = "time_or_null")]
    created_date: Option<DateTime<Utc>>,
    company_name: Option<String>,
    division: Option<String>,
    alias: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Profile {
    name: Option<String>,
    user_license: Option<LicenseName>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseName {
    license_definition_key: Option<String>,
    name: Option<String>,
}

/// The licence behind a user's profile: its key and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct License {
    key: String,
    name: String,
}

impl UserRow {
    /// The licence; `None` when the user has no profile or its licence is not visible.
    pub(super) fn license(&self) -> Option<License> {
        let license = self.profile.as_ref()?.user_license.as_ref()?;
        let name = license.name.clone().filter(|name| !name.is_empty());
        let key = license_key(license.license_definition_key.clone(), name.as_deref())?;
        Some(License { name: name.unwrap_or_else(|| key.clone()), key })
    }

    /// The subscription that an active user holds through its licence.
    pub(super) fn subscription(&self, license: Option<&License>) -> Option<Subscription> {
        let license = license.filter(|_| self.is_active)?;
        let (identifier, pool) = held(&license.key, &license.name, self.user_permissions_support_user == Some(true));
        Some(Subscription { account: self.id.to_string(), identifier, pool: Some(pool), assigned_at: None })
    }

    pub(super) fn into_account(self, settings: &Settings, license: Option<&License>, frozen: Option<bool>) -> Account {
        let license = license.map(|license| (license.key.as_str(), license.name.as_str()));
        let kind = kind(settings, self.user_type.as_deref(), license);
        let attributes = [
            ("profile", self.profile.and_then(|profile| profile.name)),
            ("userType", self.user_type),
            ("division", self.division),
            ("alias", self.alias),
        ];
        let attributes = attributes.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Account {
            external_id: self.id.into_string(),
            username: self.username,
            email: self.email,
            display_name: self.name,
            kind,
            active: self.is_active,
            frozen,
            company: self.company_name,
            department: self.department,
            title: self.title,
            country: self.country,
            cost_center: None,
            employee_number: self.employee_number,
            federation_id: self.federation_identifier,
            manager: self.manager_id.map(RecordId::into_string),
            created_at: self.created_date,
            attributes: attributes.collect::<BTreeMap<_, _>>(),
        }
    }
}

/// Reads a row of UserLogin; `None` when it does not say whether the user is frozen.
pub(super) fn frozen(row: &Value) -> Option<(RecordId, bool)> {
    Some((RecordId::parse(row.get("UserId")?.as_str()?)?, row.get("IsFrozen")?.as_bool()?))
}
