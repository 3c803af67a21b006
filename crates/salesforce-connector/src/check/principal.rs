//! Which user and organisation the connection belongs to, and under which licence.

use seatgraph_core::{Error, ErrorKind, Finding, Organization, Process, Result, Severity, VendorUser};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::config::Settings;
use crate::errors::{CODE, reported};
use crate::findings::{OAUTH_SETUP, ORGANIZATION};
use crate::query::{Org, RecordId, Select, text_literal};
use crate::subscriptions::feature::{is_crm, license_key};
use crate::subscriptions::kind::is_integration;

#[derive(Deserialize)]
struct Root {
    identity: Option<String>,
}

#[derive(Deserialize)]
struct UserInfo {
    user_id: String,
}

/// Reads the id of the connected user. The resource list names it under every scope; userinfo needs another one.
pub(super) async fn identity(org: &Org) -> Result<RecordId> {
    let url = match org.get::<Root>("").await {
        Ok(root) => root.identity,
        Err(e) if e.kind() == ErrorKind::Forbidden => return Err(connection_refused(e)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Malformed) => None,
        Err(e) => return Err(e),
    };
    let id = url.as_deref().and_then(|url| url.trim_end_matches('/').rsplit('/').next());
    if let Some(user) = id.and_then(RecordId::parse) {
        return Ok(user);
    }
    let info: UserInfo = org.http().get("/services/oauth2/userinfo").json_body().await?;
    let malformed = || Error::new(ErrorKind::Malformed, "user_id is not a record id").with("json_path", "user_id");
    RecordId::parse(&info.user_id).ok_or_else(malformed)
}

/// Every user with API access may read the resource list, so a refusal of it concerns the whole connection.
fn connection_refused(error: Error) -> Error {
    if error.finding().is_some() {
        return error;
    }
    let finding = Finding::new(
        "CONNECTION_REFUSED",
        Severity::Error,
        "Salesforce accepts the credential and refuses every request.",
        "Grant the connected user API Enabled. Then check the app's policies and Setup → Network Access.",
    );
    let seen = reported(&error);
    error.with_finding(finding.with_seen(seen).with_docs(OAUTH_SETUP))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct OrganizationRow {
    id: RecordId,
    name: String,
    is_sandbox: Option<bool>,
    organization_type: Option<String>,
}

/// Reads the organisation's id, name and edition.
pub(super) async fn organization(org: &Org) -> Result<Organization> {
    let select = || Select::from("Organization").columns(["Id", "Name"]).limit(1);
    let row: OrganizationRow = match one(org, &select().columns(["OrganizationType", "IsSandbox"])).await {
        Err(e) if e.get(CODE) == Some("INVALID_FIELD") => one(org, &select()).await?,
        row => row?,
    };
    Ok(Organization {
        external_id: row.id.into_string(),
        name: row.name,
        sandbox: row.is_sandbox.unwrap_or_default(),
        edition: row.organization_type,
    })
}

/// The finding for a sandbox.
pub(super) fn sandbox(organization: &Organization) -> Option<Finding> {
    organization.sandbox.then(|| {
        Finding::new(
            "SANDBOX",
            Severity::Info,
            "The organisation is a sandbox. Its users and licences are copies that are not paid for.",
            "If this is intended, no action is needed. Otherwise set instanceUrl to the My Domain URL of the production \
             organisation.",
        )
        .with_seen("Organization.IsSandbox is true")
        .with_docs(ORGANIZATION)
    })
}

/// The user as whom the connection logs in.
#[derive(Debug)]
pub(super) struct ConnectedUser {
    pub(super) principal: VendorUser,
    /// Key and name.
    license: Option<(String, String)>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserRow {
    id: RecordId,
    username: String,
    profile: Option<ProfileRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ProfileRow {
    user_license: Option<LicenseRow>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseRow {
    license_definition_key: Option<String>,
    name: Option<String>,
}

/// Reads the connected user, with its licence where that is visible.
pub(super) async fn connected_user(org: &Org, id: &RecordId) -> Result<ConnectedUser> {
    let select = || {
        let condition = format!("Id = {}", text_literal(id.as_str()));
        Select::from("User").columns(["Id", "Username"]).filter(condition)
    };
    let with_license = select().columns(["Profile.UserLicense.LicenseDefinitionKey", "Profile.UserLicense.Name"]);
    let row: UserRow = match one(org, &with_license).await {
        Err(e) if matches!(e.get(CODE), Some("INVALID_FIELD" | "INVALID_TYPE")) => one(org, &select()).await?,
        row => row?,
    };
    let license = row.profile.and_then(|profile| profile.user_license);
    let license = license.and_then(|license| {
        let key = license_key(license.license_definition_key, license.name.as_deref())?;
        Some((key, license.name.unwrap_or_default()))
    });
    let principal = VendorUser { external_id: row.id.into_string(), username: row.username };
    Ok(ConnectedUser { principal, license })
}

/// The finding for a connected user whose licence may not be sufficient.
pub(super) fn license_finding(settings: &Settings, user: &ConnectedUser) -> Option<Finding> {
    let (key, name) = user.license.as_ref()?;
    let finding = if is_crm(key) {
        return None;
    } else if is_integration(settings, key, name) {
        Finding::new(
            "INTEGRATION_LICENSE",
            Severity::Info,
            "The connected user has an integration licence, which allows reading but not every permission that reclaim \
             needs.",
            "Assign the connected user a Salesforce licence before you enable reclaim.",
        )
        .with_process(Process::ReclaimSubscription)
    } else {
        Finding::new(
            "LICENSE_OF_CONNECTION",
            Severity::Warning,
            "The connected user has neither a Salesforce licence nor an integration licence, and may not see all data.",
            "Assign the connected user a Salesforce licence.",
        )
    };
    let seen = if name.is_empty() { key.clone() } else { format!("{name} ({key})") };
    Some(finding.with_seen(seen).with_docs(OAUTH_SETUP))
}

/// Reads the only row of a query.
async fn one<R: DeserializeOwned>(org: &Org, select: &Select) -> Result<R> {
    let answer = org.query(select).await?;
    let row = answer.records.into_iter().next();
    let row =
        row.ok_or_else(|| Error::new(ErrorKind::NotFound, "query returned no row").with("object", select.object()))?;
    serde_path_to_error::deserialize(row).map_err(|e| {
        Error::new(ErrorKind::Malformed, "row is malformed")
            .with("object", select.object())
            .with("json_path", format!("records[0].{}", e.path()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn finding(key: &str, name: &str) -> Option<(String, Severity)> {
        let config = serde_json::json!({ "instanceUrl": "https://acme.my.salesforce.com" });
        let config: Config = serde_json::from_value(config).unwrap();
        let principal = VendorUser { external_id: "005xx000001SwiUAAS".into(), username: "svc@acme.example".into() };
        let user = ConnectedUser { principal, license: Some((key.into(), name.into())) };
        license_finding(&config.settings().unwrap(), &user).map(|finding| (finding.code, finding.severity))
    }

    #[test]
    fn a_connected_user_without_a_salesforce_license_gives_a_finding() {
        assert_eq!(finding("SFDC", "Salesforce"), None);
        assert_eq!(finding("x", "Salesforce Integration"), Some(("INTEGRATION_LICENSE".into(), Severity::Info)));
        assert_eq!(finding("AUL", "Salesforce Platform"), Some(("LICENSE_OF_CONNECTION".into(), Severity::Warning)));
    }
}
