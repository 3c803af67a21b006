//! One user row, and the account and seat it stands for.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use seatgraph_core::{Account, Finding, Process, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::config::Settings;
use crate::findings;
use crate::query::{RecordId, time_or_null};
use crate::subscriptions::feature::{SERVICE_COLUMN, license_key, seat};
use crate::subscriptions::kind::kind;

/// The way from a user to its licence; one of both must be shown.
pub(super) const LICENSE_KEY: &str = "Profile.UserLicense.LicenseDefinitionKey";
pub(super) const LICENSE_NAME: &str = "Profile.UserLicense.Name";

/// Columns that may be hidden, and what is lost then.
pub(super) const OPTIONAL: [(&str, &str); 17] = [
    (SERVICE_COLUMN, "Service Cloud seats cannot be told from Sales Cloud seats."),
    ("UserType", "People, integrations and automated users cannot be told apart."),
    ("Name", "Accounts have no display name."),
    ("Email", "Accounts have no mail address, and are harder to match with people."),
    ("Department", "Accounts have no department."),
    ("Title", "Accounts have no title."),
    ("Country", "Accounts have no country."),
    ("EmployeeNumber", "Accounts have no employee number, and are harder to match with people."),
    ("FederationIdentifier", "Accounts have no federation id, and are harder to match with people."),
    ("ManagerId", "Accounts have no manager."),
    ("CreatedDate", "How old an account is that never logged in is not known."),
    ("CompanyName", "Accounts have no company name."),
    ("Division", "Accounts have no division."),
    ("Alias", "Accounts have no alias."),
    ("Profile.Name", "Accounts have no profile."),
    (LICENSE_KEY, "Licences are told apart by name alone."),
    (LICENSE_NAME, "Licences are called by their keys."),
];

/// Says what is lost with a hidden column.
pub(crate) fn finding(column: &str) -> Option<Finding> {
    let (column, without) = OPTIONAL.iter().find(|(name, _)| *name == column)?;
    Some(findings::field_hidden(Process::DownloadSubscriptions, "User", column, without))
}

/// A user as the vendor tells it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Person {
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

impl Person {
    /// The licence; `None` when the user has no profile, or the organisation does not show it.
    pub(super) fn license(&self) -> Option<License> {
        let license = self.profile.as_ref()?.user_license.as_ref()?;
        let name = license.name.clone().filter(|name| !name.is_empty());
        let key = license_key(license.license_definition_key.clone(), name.as_deref())?;
        Some(License { name: name.unwrap_or_else(|| key.clone()), key })
    }

    /// The seat that the user occupies: one, as long as it is active.
    pub(super) fn subscription(&self, license: Option<&License>) -> Option<Subscription> {
        let license = license.filter(|_| self.is_active)?;
        let (identifier, pool) = seat(&license.key, &license.name, self.user_permissions_support_user == Some(true));
        Some(Subscription { account: self.id.to_string(), identifier, pool: Some(pool), assigned_at: None })
    }

    pub(super) fn into_account(self, settings: &Settings, license: Option<&License>, frozen: Option<bool>) -> Account {
        let license = license.map(|license| (license.key.as_str(), license.name.as_str()));
        let kind = kind(settings, self.user_type.as_deref(), license);
        let attributes = [
            ("profile", self.profile.and_then(|profile| profile.name)),
            ("userType", self.user_type),
            ("company", self.company_name),
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

/// Reads whether a user is frozen; `None` when the row does not say.
pub(super) fn frozen(row: &Value) -> Option<(RecordId, bool)> {
    Some((RecordId::parse(row.get("UserId")?.as_str()?)?, row.get("IsFrozen")?.as_bool()?))
}
