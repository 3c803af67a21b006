//! The properties of a Salesforce connection, nothing secret, and what may be wrong with them.

use schemars::JsonSchema;
use seatgraph_core::http::is_this_machine;
use seatgraph_core::{Error, ErrorKind, Finding, Result, Severity};
use serde::Deserialize;
use url::{Host, Url};

use crate::query::ApiVersion;

/// Login history goes back six months at the vendor.
const LONGEST_LOOKBACK_DAYS: u16 = 180;

/// How to reach one Salesforce organisation, and how to read it.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The organisation's My Domain address, `https://acme.my.salesforce.com` for example. Setup → My Domain shows
    /// it. Not the address of the Lightning pages, and not login.salesforce.com.
    #[schemars(url)]
    pub instance_url: String,

    /// Whom a signed assertion addresses, for the JWT bearer grant: `https://test.salesforce.com` for sandboxes and
    /// scratch organisations, `https://login.salesforce.com` for all others. Left out, the instance URL decides. An
    /// Experience Cloud site's users need the site's address.
    #[serde(default)]
    #[schemars(url)]
    pub jwt_audience: Option<String>,

    /// The API version to speak. An organisation that does not serve it is asked in the newest older one that it
    /// serves, and the diagnosis says so. At least v58.0.
    #[serde(default = "defaults::api_version")]
    #[schemars(regex(pattern = r"^v?[0-9]{2,3}(\.0)?$"))]
    pub api_version: String,

    /// How many users or logins one page asks for.
    #[serde(default = "defaults::page_size")]
    #[schemars(range(min = 200, max = 2000))]
    pub page_size: u16,

    /// How many days of login history the first activity pull reads. Later pulls go on from where it ended.
    #[serde(default = "defaults::login_history_lookback_days")]
    #[schemars(range(min = 1, max = 180))]
    pub login_history_lookback_days: u16,

    /// How many minutes of login history each later pull reads again, for rows that the vendor wrote late.
    #[serde(default = "defaults::login_history_overlap_minutes")]
    #[schemars(range(min = 0, max = 1440))]
    pub login_history_overlap_minutes: u16,

    /// From how many rows on login history is asked for by query jobs of Bulk API 2.0, 25 pages a job. That takes far
    /// fewer of the organisation's API calls; short histories are read faster without. An organisation that does not
    /// give login history so is asked page by page.
    #[serde(default = "defaults::login_history_bulk_rows")]
    pub login_history_bulk_rows: u32,

    /// The user licences that belong to systems, not people, by definition key or by name; `*` at either end stands
    /// for anything. Their accounts are of kind INTEGRATION.
    #[serde(default = "defaults::integration_licenses")]
    pub integration_licenses: Vec<String>,

    /// The values of `User.UserType` that mark users which Salesforce itself made. Their accounts are of kind
    /// AUTOMATED.
    #[serde(default = "defaults::automated_user_types")]
    pub automated_user_types: Vec<String>,

    /// The values of `User.UserType` that mark people. Any other value gives an account of kind UNKNOWN.
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

/// A configuration that was looked through: what the rest of the crate works with.
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
    /// Looks the configuration through.
    pub(crate) fn settings(&self) -> Result<Settings> {
        within("pageSize", self.page_size, 200, 2000)?;
        within("loginHistoryLookbackDays", self.login_history_lookback_days, 1, LONGEST_LOOKBACK_DAYS)?;
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

fn invalid(property: &'static str, fault: &str, remedy: &str) -> Error {
    let message = format!("property {property} {fault}");
    Error::new(ErrorKind::ConfigInvalid, message.clone()).with("property", property).with_finding(Finding::new(
        "CONFIG_INVALID",
        Severity::Error,
        message,
        remedy,
    ))
}

fn within(property: &'static str, value: u16, least: u16, most: u16) -> Result<()> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let remedy = format!("Set {property} to a number from {least} to {most}.");
    Err(invalid(property, &format!("is {value}, outside {least} to {most}"), &remedy))
}

fn api_version(text: &str) -> Result<ApiVersion> {
    let wrong = |fault: &str| {
        let remedy = format!("Set apiVersion to v66.0, or another version from {} on.", ApiVersion::OLDEST);
        invalid("apiVersion", fault, &remedy)
    };
    let version = ApiVersion::parse(text).ok_or_else(|| wrong("is not a version such as v66.0"))?;
    if version < ApiVersion::OLDEST {
        return Err(wrong("is older than this connector speaks"));
    }
    Ok(version)
}

fn instance_url(text: &str) -> Result<Url> {
    let my_domain = "Enter the My Domain address that Setup → My Domain shows, https://acme.my.salesforce.com for \
                     example, without anything behind the host.";
    let wrong = |fault: &str| invalid("instanceUrl", fault, my_domain);
    let url = Url::parse(text.trim()).map_err(|e| wrong(&format!("is not an address: {e}")))?;
    let host = url.host().ok_or_else(|| wrong("names no host"))?;
    match url.scheme() {
        "https" => {}
        "http" if is_this_machine(&url) => {}
        _ => return Err(wrong("must begin with https")),
    }
    if let Host::Domain(name) = &host
        && let Some(fault) = not_an_api_host(name)
    {
        return Err(wrong(fault));
    }
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must be scheme and host alone"));
    }
    Ok(url)
}

/// Keeps the text as it was written, because the vendor compares it as text.
fn audience(text: &str) -> Result<String> {
    let remedy = "Enter https://login.salesforce.com, https://test.salesforce.com or the address of an Experience Cloud \
                  site, or leave it out.";
    let wrong = |fault: &str| invalid("jwtAudience", fault, remedy);
    let url = Url::parse(text.trim()).map_err(|e| wrong(&format!("is not an address: {e}")))?;
    if url.scheme() == "https" || is_this_machine(&url) {
        Ok(text.trim().to_owned())
    } else {
        Err(wrong("must begin with https"))
    }
}

fn not_an_api_host(name: &str) -> Option<&'static str> {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    if name.ends_with(".lightning.force.com") {
        Some("is the address of the Lightning pages, which answers no API calls")
    } else if name.ends_with(".salesforce-setup.com") {
        Some("is the address of the Setup pages, which answers no API calls")
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
    fn a_my_domain_address_is_accepted() {
        for url in ["https://acme.my.salesforce.com", "https://acme--uat.sandbox.my.salesforce.com/"] {
            assert!(config(url).settings().is_ok(), "{url}");
        }
    }

    #[test]
    fn plain_http_is_for_loopback_alone() {
        for url in ["http://127.0.0.1:8080", "http://localhost:9", "http://[::1]:1"] {
            assert!(config(url).settings().is_ok(), "{url}");
        }
        for url in ["http://acme.my.salesforce.com", "http://10.0.0.1", "ftp://127.0.0.1"] {
            assert_eq!(config(url).settings().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{url}");
        }
    }

    #[test]
    fn a_host_that_answers_no_api_calls_is_refused_with_a_remedy() {
        for url in ["https://acme.lightning.force.com", "https://acme.my.SALESFORCE-SETUP.com"] {
            let error = config(url).settings().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::ConfigInvalid, "{url}");
            assert_eq!(error.get("property"), Some("instanceUrl"));
            assert!(error.finding().unwrap().remedy.contains("My Domain"));
        }
    }

    #[test]
    fn an_address_with_a_path_or_a_password_is_refused() {
        for url in ["https://acme.my.salesforce.com/services", "https://u:p@acme.my.salesforce.com", "acme"] {
            assert_eq!(config(url).settings().unwrap_err().kind(), ErrorKind::ConfigInvalid, "{url}");
        }
    }

    #[test]
    fn an_audience_is_an_address_and_stays_as_written() {
        let with =
            |audience: &str| Config { jwt_audience: Some(audience.into()), ..config("https://acme.my.salesforce.com") };
        let site = "https://acme.my.site.com/customers";
        assert_eq!(with(site).settings().unwrap().jwt_audience.as_deref(), Some(site));
        for bad in ["login.salesforce.com", "http://login.salesforce.com", ""] {
            assert_eq!(with(bad).settings().unwrap_err().get("property"), Some("jwtAudience"), "{bad}");
        }
    }

    #[test]
    fn numbers_outside_their_range_are_refused() {
        let mut config = config("https://acme.my.salesforce.com");
        config.login_history_lookback_days = 181;
        assert_eq!(config.settings().unwrap_err().get("property"), Some("loginHistoryLookbackDays"));
    }

    #[test]
    fn a_version_below_the_floor_is_refused() {
        let mut config = config("https://acme.my.salesforce.com");
        config.api_version = "v57.0".into();
        assert_eq!(config.settings().unwrap_err().get("property"), Some("apiVersion"));
    }

    #[test]
    fn the_schema_shows_the_defaults() {
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
