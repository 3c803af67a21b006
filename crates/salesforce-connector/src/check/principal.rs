//! Who the connection is, where, and under which licence.

use seatgraph_core::{Error, ErrorKind, Finding, Organization, Principal, Process, Result, Severity};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::config::Settings;
use crate::describe::said;
use crate::dialect::CODE;
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

/// Reads who the token belongs to. The resource list tells it to everybody; the page made for it wants another scope.
pub(super) async fn identity(org: &Org) -> Result<RecordId> {
    let told = match org.get::<Root>("").await {
        Ok(root) => root.identity,
        Err(e) if matches!(e.kind(), ErrorKind::Forbidden) => return Err(refused_altogether(e)),
        Err(e) if matches!(e.kind(), ErrorKind::NotFound | ErrorKind::Malformed) => None,
        Err(e) => return Err(e),
    };
    let told = told.as_deref().and_then(|url| url.trim_end_matches('/').rsplit('/').next());
    if let Some(user) = told.and_then(RecordId::parse) {
        return Ok(user);
    }
    let info: UserInfo = org.http().get("/services/oauth2/userinfo").json_body().await?;
    let nobody = || Error::new(ErrorKind::Malformed, "identity is no record id").with("json_path", "user_id");
    RecordId::parse(&info.user_id).ok_or_else(nobody)
}

/// What every connection may ask; one that may not, may nothing.
fn refused_altogether(error: Error) -> Error {
    if error.finding().is_some() {
        return error;
    }
    let finding = Finding::new(
        "CONNECTION_REFUSED",
        Severity::Error,
        "Salesforce accepts the credential and refuses everything that is asked with it.",
        "Give the user API Enabled, and look at the app's policies and the organisation's network access.",
    );
    let seen = said(&error);
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

/// Reads the organisation.
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

/// Says when the organisation is a copy.
pub(super) fn sandbox(organization: &Organization) -> Option<Finding> {
    organization.sandbox.then(|| {
        Finding::new(
            "SANDBOX",
            Severity::Info,
            "The organisation is a sandbox: its users and licences are copies, and nothing in it is paid for by seat.",
            "Nothing, when that is meant; otherwise set instanceUrl to the My Domain address of the production \
             organisation.",
        )
        .with_seen("Organization.IsSandbox is true")
        .with_docs(ORGANIZATION)
    })
}

/// The user that the connection acts as.
#[derive(Debug)]
pub(super) struct Itself {
    pub(super) principal: Principal,
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

/// Reads the connection's own user, with its licence where that is shown.
pub(super) async fn itself(link: &crate::Salesforce, me: &RecordId) -> Result<Itself> {
    let own = || {
        let mine = format!("Id = {}", text_literal(me.as_str()));
        Select::from("User").columns(["Id", "Username"]).filter(mine)
    };
    let licensed = own().columns(["Profile.UserLicense.LicenseDefinitionKey", "Profile.UserLicense.Name"]);
    let row: UserRow = match one(&link.org, &licensed).await {
        Err(e) if matches!(e.get(CODE), Some("INVALID_FIELD" | "INVALID_TYPE")) => one(&link.org, &own()).await?,
        row => row?,
    };
    let license = row.profile.and_then(|profile| profile.user_license);
    let license = license.and_then(|license| {
        let key = license_key(license.license_definition_key, license.name.as_deref())?;
        Some((key, license.name.unwrap_or_default()))
    });
    let principal = Principal { external_id: row.id.into_string(), username: row.username };
    Ok(Itself { principal, license })
}

/// Says when the connection's user has a licence that may not be enough.
pub(super) fn license_finding(settings: &Settings, itself: &Itself) -> Option<Finding> {
    let (key, name) = itself.license.as_ref()?;
    let finding = if is_crm(key) {
        return None;
    } else if is_integration(settings, key, name) {
        Finding::new(
            "INTEGRATION_LICENSE",
            Severity::Info,
            "The connection's user has an integration licence. It can read, but not hold every permission that taking \
             licences back needs.",
            "Give the user a Salesforce licence when licences are to be taken back.",
        )
        .with_process(Process::ReclaimSubscription)
    } else {
        Finding::new(
            "LICENSE_OF_CONNECTION",
            Severity::Warning,
            "The connection's user has no Salesforce licence of its own, and may see less than it should.",
            "Give the user a Salesforce licence.",
        )
    };
    let seen = if name.is_empty() { key.clone() } else { format!("{name} ({key})") };
    Some(finding.with_seen(seen).with_docs(OAUTH_SETUP))
}

/// Reads the only row of an answer.
pub(super) async fn one<R: DeserializeOwned>(org: &Org, select: &Select) -> Result<R> {
    let answer = org.query(select).await?;
    let row = answer.records.into_iter().next();
    let row = row.ok_or_else(|| Error::new(ErrorKind::NotFound, "no row").with("object", select.object()))?;
    serde_path_to_error::deserialize(row).map_err(|e| {
        Error::new(ErrorKind::Malformed, "row is not understood")
            .with("object", select.object())
            .with("json_path", format!("records[0].{}", e.path()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Config;

    fn told(key: &str, name: &str) -> Option<(String, Severity)> {
        let config = serde_json::json!({ "instanceUrl": "https://acme.my.salesforce.com" });
        let config: Config = serde_json::from_value(config).unwrap();
        let principal = Principal { external_id: "005xx000001SwiUAAS".into(), username: "svc@acme.example".into() };
        let itself = Itself { principal, license: Some((key.into(), name.into())) };
        license_finding(&config.settings().unwrap(), &itself).map(|finding| (finding.code, finding.severity))
    }

    #[test]
    fn a_connection_without_a_salesforce_licence_is_told_so() {
        assert_eq!(told("SFDC", "Salesforce"), None);
        assert_eq!(told("x", "Salesforce Integration"), Some(("INTEGRATION_LICENSE".into(), Severity::Info)));
        assert_eq!(told("AUL", "Salesforce Platform"), Some(("LICENSE_OF_CONNECTION".into(), Severity::Warning)));
    }
}
