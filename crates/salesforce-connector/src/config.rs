//! The properties of a Salesforce connection, and their validation. None of them is secret.

use schemars::JsonSchema;
use seatgraph_core::http::is_loopback;
use seatgraph_core::{Error, ErrorKind, Finding, Result, Severity};
use serde::Deserialize;
use url::{Host, Url};

use crate::version::ApiVersion;

/// Salesforce keeps login history for six months.
const MAX_LOOKBACK_DAYS: u16 = 180;

/// How to reach one Salesforce organisation, and how to read from it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The organisation's My Domain URL, for example `https://acme.my.salesforce.com`. Setup → My Domain shows it. Do
    /// not use the URL of the Lightning pages or login.salesforce.com.
    #[schemars(url)]
    pub instance_url: String,

    /// The audience of the signed assertion in the JWT bearer flow: `https://test.salesforce.com` for sandboxes and
    /// scratch organisations, `https://login.salesforce.com` for others, the URL of the site for users of an Experience
    /// Cloud site. Default: derived from the instance URL.
    #[serde(default)]
    #[schemars(url)]
    pub jwt_audience: Option<String>,

    /// The API version to use, at least v58.0. If the organisation does not serve it, the connector uses the newest
    /// older version and reports that.
    #[serde(default = "defaults::api_version")]
    #[schemars(regex(pattern = r"^v?[0-9]{2,3}(\.0)?$"))]
    pub api_version: String,

    /// The number of users or logins per page.
    #[serde(default = "defaults::page_size")]
    #[schemars(range(min = 200, max = 2000))]
    pub page_size: u16,

    /// The number of days of login history that the first sync of activity reads. Later syncs continue from there.
    #[serde(default = "defaults::login_history_lookback_days")]
    #[schemars(range(min = 1, max = 180))]
    pub login_history_lookback_days: u16,

    /// The number of minutes of login history that each later sync reads again, for rows that Salesforce wrote late.
    #[serde(default = "defaults::login_history_overlap_minutes")]
    #[schemars(range(min = 0, max = 1440))]
    pub login_history_overlap_minutes: u16,

    /// The number of rows from which login history is read by Bulk API 2.0 query jobs, 25 pages per job. Jobs use far
    /// fewer of the organisation's API calls, but short histories are read faster without them. If the organisation
    /// refuses jobs, the history is read page by page.
    #[serde(default = "defaults::login_history_bulk_rows")]
    pub login_history_bulk_rows: u32,

    /// The user licences for integrations, by definition key or name; `*` at either end matches any text. Accounts with
    /// such a licence have the kind INTEGRATION.
    #[serde(default = "defaults::integration_licenses")]
    pub integration_licenses: Vec<String>,

    /// The values of `User.UserType` of users that Salesforce created. Their accounts have the kind AUTOMATED.
    #[serde(default = "defaults::automated_user_types")]
    pub automated_user_types: Vec<String>,

    /// The values of `User.UserType` of humans. Accounts with any other value have the kind UNKNOWN.
    #[serde(default = "defaults::human_user_types")]
    pub human_user_types: Vec<String>,
}

mod defaults {
    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(ToString::to_string).collect()
    }

    pub(super) fn api_version() -> String {
        "v66.0".into()
    }

    pub(super) const fn page_size() -> u16 {
        2000
    }

    pub(super) const fn login_history_lookback_days() -> u16 {
        30
    }

    pub(super) const fn login_history_overlap_minutes() -> u16 {
        15
    }

    pub(super) const fn login_history_bulk_rows() -> u32 {
        20_000
    }

    pub(super) fn integration_licenses() -> Vec<String> {
        words(&[
            "Salesforce Integration",
            "Analytics Cloud Integration User",
            "Cross Org Data Proxy User",
            "XOrg Proxy User",
            "PID_XOrg_Proxy_User",
            "PID_DigitalAgent*",
            "*_INTEGRATION_USER",
        ])
    }

    pub(super) fn automated_user_types() -> Vec<String> {
        words(&["AutomatedProcess", "CloudIntegrationUser", "Guest"])
    }

    pub(super) fn human_user_types() -> Vec<String> {
        words(&[
            "Standard",
            "PowerPartner",
            "CspLitePortal",
            "CustomerSuccess",
            "PowerCustomerSuccess",
            "CsnOnly",
            "SelfService",
        ])
    }
}

/// A validated configuration.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) instance_url: Url,
    pub(crate) jwt_audience: Option<String>,
    pub(crate) api_version: ApiVersion,
    pub(crate) page_size: u32,
    pub(crate) lookback: chrono::Duration,
    pub(crate) overlap: chrono::Duration,
    pub(crate) bulk_rows: u64,
    pub(crate) integration_licenses: Vec<String>,
    pub(crate) automated_user_types: Vec<String>,
    pub(crate) human_user_types: Vec<String>,
}

impl Config {
    /// Validates the configuration.
    pub(crate) fn settings(&self) -> Result<Settings> {
        within("pageSize", self.page_size, 200, 2000)?;
        within("loginHistoryLookbackDays", self.login_history_lookback_days, 1, MAX_LOOKBACK_DAYS)?;
        within("loginHistoryOverlapMinutes", self.login_history_overlap_minutes, 0, 1440)?;
        Ok(Settings {
            instance_url: instance_url(&self.instance_url)?,
            jwt_audience: self.jwt_audience.as_deref().map(audience).transpose()?,
            api_version: api_version(&self.api_version)?,
            page_size: u32::from(self.page_size),
            lookback: chrono::Duration::days(i64::from(self.login_history_lookback_days)),
            overlap: chrono::Duration::minutes(i64::from(self.login_history_overlap_minutes)),
            bulk_rows: u64::from(self.login_history_bulk_rows),
            integration_licenses: self.integration_licenses.clone(),
            automated_user_types: self.automated_user_types.clone(),
            human_user_types: self.human_user_types.clone(),
        })
    }
}

fn invalid(property: &'static str, problem: &str, remedy: &str) -> Error {
    let message = format!("property {property} {problem}");
    Error::new(ErrorKind::ConfigInvalid, message.clone()).with("property", property).with_finding(Finding::new(
        "CONFIG_INVALID",
        Severity::Error,
        message,
        remedy,
    ))
}

fn within(property: &'static str, value: u16, min: u16, max: u16) -> Result<()> {
    if (min..=max).contains(&value) {
        return Ok(());
    }
    let remedy = format!("Set {property} to a number from {min} to {max}.");
    Err(invalid(property, &format!("is {value}, which is not between {min} and {max}"), &remedy))
}

fn api_version(text: &str) -> Result<ApiVersion> {
    let wrong = |problem: &str| {
        let remedy = format!("Set apiVersion to v66.0, or to another version that is at least {}.", ApiVersion::OLDEST);
        invalid("apiVersion", problem, &remedy)
    };
    let version = ApiVersion::parse(text).ok_or_else(|| wrong("is not an API version such as v66.0"))?;
    if version < ApiVersion::OLDEST {
        return Err(wrong("is older than the versions that this connector supports"));
    }
    Ok(version)
}

fn instance_url(text: &str) -> Result<Url> {
    let my_domain = "Enter the My Domain URL that Setup → My Domain shows, for example https://acme.my.salesforce.com, \
                     without a path.";
    let wrong = |problem: &str| invalid("instanceUrl", problem, my_domain);
    let url = Url::parse(text.trim()).map_err(|e| wrong(&format!("is not a URL: {e}")))?;
    let host = url.host().ok_or_else(|| wrong("has no host"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_loopback(&url) => {}
        _ => return Err(wrong("must start with https://")),
    }
    if let Host::Domain(name) = &host
        && let Some(problem) = not_an_api_host(name)
    {
        return Err(wrong(problem));
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must consist of scheme and host only"));
    }
    Ok(url)
}

/// Keeps the text as entered, because Salesforce compares it as text.
fn audience(text: &str) -> Result<String> {
    let remedy = "Enter https://login.salesforce.com, https://test.salesforce.com or the URL of an Experience Cloud site, \
                  or remove the property.";
    let wrong = |problem: &str| invalid("jwtAudience", problem, remedy);
    let url = Url::parse(text.trim()).map_err(|e| wrong(&format!("is not a URL: {e}")))?;
    if url.scheme() == "https" || is_loopback(&url) {
        Ok(text.trim().to_owned())
    } else {
        Err(wrong("must start with https://"))
    }
}

fn not_an_api_host(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with(".lightning.force.com") {
        Some("is the URL of the Lightning pages, which do not serve the API")
    } else if name.ends_with(".salesforce-setup.com") {
        Some("is the URL of the Setup pages, which do not serve the API")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(instance_url: &str) -> Config {
        serde_json::from_value(serde_json::json!({ "instanceUrl": instance_url })).unwrap()
    }

    #[test]
    fn a_my_domain_url_is_accepted() {
        for url in ["https://acme.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com/"] {
            assert!(config(url).settings().is_ok(), "{url}");
        }
    }

    #[test]
    fn plain_http_is_accepted_for_loopback_only() {
        for url in ["http://127.0.0.1:8080", "http://localhost:9", "http://[::1]:1"] {
            assert!(config(url).settings().is_ok(), "{url}");
        }
        for url in ["http://acme.my.salesforce.com", "http://10.0.0.1", "ftp://127.0.0.1"] {
            assert_eq!(config(url).settings().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{url}");
        }
    }

    #[test]
    fn a_host_that_does_not_serve_the_api_is_refused_with_a_remedy() {
        for url in ["https://acme.lightning.force.com", "https://acme.my.SALESFORCE-SETUP.com"] {
            let error = config(url).settings().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{url}");
            assert_eq!(error.get("property"), Some("instanceUrl"));
            assert!(error.finding().unwrap().remedy.contains("My Domain"));
        }
    }

    #[test]
    fn a_url_with_a_path_or_a_password_is_refused() {
        for url in ["https://acme.my.salesforce.com/services", "https://u:p@acme.my.salesforce.com", "acme"] {
            assert_eq!(config(url).settings().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{url}");
        }
    }

    #[test]
    fn an_audience_is_a_url_and_stays_as_entered() {
        let with =
            |audience: &str| Config { jwt_audience: Some(audience.into()), ..config("https://acme.my.salesforce.com") };
        let site = "https://acme.my.site.com/customers";
        assert_eq!(with(site).settings().unwrap().jwt_audience.as_deref(), Some(site));
        for bad in ["login.salesforce.com", "http://login.salesforce.com", ""] {
            assert_eq!(with(bad).settings().unwrap_err().get("property"), Some("jwtAudience"), "{bad}");
        }
    }

    #[test]
    fn a_number_outside_its_range_is_refused() {
        let mut config = config("https://acme.my.salesforce.com");
        config.login_history_lookback_days = 181;
        assert_eq!(config.settings().unwrap_err().get("property"), Some("loginHistoryLookbackDays"));
    }

    #[test]
    fn an_unsupported_version_is_refused() {
        let mut config = config("https://acme.my.salesforce.com");
        config.api_version = "v57.0".into();
        assert_eq!(config.settings().unwrap_err().get("property"), Some("apiVersion"));
    }

    #[test]
    fn the_schema_contains_the_defaults() {
        let schema = schemars::schema_for!(Config).to_value();
        let property = |name: &str| schema["properties"][name]["default"].clone();
        assert_eq!(property("apiVersion"), "v66.0");
        assert_eq!(property("pageSize"), 2000);
        assert_eq!(property("loginHistoryLookbackDays"), 30);
        assert_eq!(
            property("automatedUserTypes"),
            serde_json::json!(["AutomatedProcess", "CloudIntegrationUser", "Guest"])
        );
        assert_eq!(schema["required"], serde_json::json!(["instanceUrl"]));
    }
}
