//! What this connector has to say to an administrator, each said in one place.

use seatgraph_core::{Finding, Process, Severity};

use crate::query::ApiVersion;

macro_rules! object_page {
    ($name:literal) => {
        concat!(
            "https://developer.salesforce.com/docs/atlas.en-us.object_reference.meta/object_reference/sforce_api_objects_",
            $name,
            ".htm"
        )
    };
}

pub(crate) const OAUTH_SETUP: &str = "https://help.salesforce.com/s/articleView?id=xcloud.configure_client_credentials_flow_for_external_client_apps.htm&type=5";
pub(crate) const OAUTH_ERRORS: &str =
    "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_flow_errors.htm&type=5";
pub(crate) const EXTERNAL_CLIENT_APP: &str =
    "https://help.salesforce.com/s/articleView?id=xcloud.create_a_local_external_client_app.htm&type=5";
pub(crate) const JWT_FLOW: &str =
    "https://help.salesforce.com/s/articleView?id=xcloud.remoteaccess_oauth_jwt_flow.htm&type=5";
pub(crate) const USER_LICENSES_HELP: &str =
    "https://help.salesforce.com/s/articleView?id=platform.users_understanding_license_types.htm&type=5";
pub(crate) const PERMISSIONS: &str = "https://help.salesforce.com/s/articleView?id=platform.admin_userperms.htm&type=5";
pub(crate) const ERROR_CODES: &str =
    "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm";
const VERSIONS: &str = "https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/api_rest_eol.htm";
pub(crate) const LIMITS: &str = "https://developer.salesforce.com/docs/atlas.en-us.salesforce_app_limits_cheatsheet.meta/salesforce_app_limits_cheatsheet/salesforce_app_limits_platform_api.htm";
pub(crate) const MY_DOMAIN: &str = "https://help.salesforce.com/s/articleView?id=sf.domain_name_overview.htm&type=5";
pub(crate) const PROFILE: &str = object_page!("profile");
pub(crate) const ORGANIZATION: &str = object_page!("organization");
pub(crate) const USER: &str = object_page!("user");
const USER_LICENSE: &str = object_page!("userlicense");
const PERMISSION_SET_LICENSE: &str = object_page!("permissionsetlicense");
pub(crate) const PERMISSION_SET_LICENSE_ASSIGN: &str = object_page!("permissionsetlicenseassign");
const FEATURE_METRIC: &str = object_page!("activefeaturelicensemetric");
pub(crate) const USER_LOGIN: &str = object_page!("userlogin");
const LOGIN_HISTORY: &str = object_page!("loginhistory");
const USAGE_ENTITLEMENT: &str = object_page!("tenantusageentitlement");

/// What an error code asks of an administrator, whatever was being done; `None` when it depends on that.
pub(crate) fn of_code(code: &str, words: &str) -> Option<Finding> {
    let finding = match code {
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => Finding::new(
            "API_DISABLED",
            Severity::Error,
            "The user or the edition may not use the API.",
            "Give the user API Enabled; if the edition has no API, ask Salesforce to add it.",
        ),
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => Finding::new(
            "PASSWORD_EXPIRED",
            Severity::Error,
            "The password of the user that the connection acts as has expired.",
            "Set a new password for that user, and give it Password Never Expires.",
        ),
        "TXN_SECURITY_METERING_ERROR" => Finding::new(
            "TRANSACTION_SECURITY",
            Severity::Error,
            "The organisation's transaction security policies stop the connection.",
            "Give the user Exempt from Transaction Security.",
        ),
        "REQUEST_LIMIT_EXCEEDED" if !words.contains("Concurrent") => Finding::new(
            "DAILY_LIMIT_REACHED",
            Severity::Warning,
            "The organisation's API calls of the last 24 hours are used up.",
            "Nothing, or ask Salesforce for more calls; the work goes on when the window has moved.",
        ),
        _ => return None,
    };
    let docs = if finding.code == "DAILY_LIMIT_REACHED" { LIMITS } else { ERROR_CODES };
    Some(finding.with_seen(seen(code, words)).with_docs(docs))
}

/// Joins a code and its words.
pub(crate) fn seen(code: &str, words: &str) -> String {
    if words.is_empty() { code.to_owned() } else { format!("{code}: {words}") }
}

pub(crate) fn not_salesforce(seen: impl Into<String>) -> Finding {
    Finding::new(
        "NOT_SALESFORCE",
        Severity::Error,
        "The address does not answer as a Salesforce organisation does.",
        "Set instanceUrl to the My Domain address that Setup → My Domain shows.",
    )
    .with_seen(seen)
    .with_docs(MY_DOMAIN)
}

pub(crate) fn version_too_old(newest: ApiVersion) -> Finding {
    Finding::new(
        "API_VERSION_TOO_OLD",
        Severity::Error,
        format!("The organisation serves no API version from {} on.", ApiVersion::OLDEST),
        "Check instanceUrl: every Salesforce organisation serves newer versions than that.",
    )
    .with_seen(format!("newest version served: {newest}"))
    .with_docs(VERSIONS)
}

pub(crate) fn version_not_served(configured: ApiVersion, spoken: ApiVersion) -> Finding {
    Finding::new(
        "API_VERSION_NOT_SERVED",
        Severity::Info,
        format!("The organisation does not serve the configured API version; {spoken} is spoken instead."),
        format!("Set apiVersion to {spoken}."),
    )
    .with_seen(format!("configured: {configured}"))
    .with_docs(VERSIONS)
}

pub(crate) fn view_setup_missing(seen: impl Into<String>) -> Finding {
    Finding::new(
        "PERMISSION_MISSING",
        Severity::Error,
        "The connection does not see the licences, because View Setup and Configuration is missing.",
        "Give the user View Setup and Configuration, in its profile or a permission set.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(USER_LICENSE)
}

pub(crate) fn permission_set_licenses_hidden(seen: impl Into<String>) -> Finding {
    Finding::new(
        "OBJECT_HIDDEN",
        Severity::Error,
        "The connection does not see permission-set licences or who holds them.",
        "Give the user View Setup and Configuration, in its profile or a permission set.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(PERMISSION_SET_LICENSE)
}

pub(crate) fn assignments_hidden(used: i64) -> Finding {
    Finding::new(
        "ASSIGNMENTS_HIDDEN",
        Severity::Warning,
        "Permission-set licences are in use, but the connection sees no assignment of them.",
        "Give the user View Setup and Configuration or Assign Permission Sets.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(format!("{used} in use, no assignment"))
    .with_docs(PERMISSION_SET_LICENSE_ASSIGN)
}

/// A column that the organisation lacks or hides; `without` says what is lost.
pub(crate) fn field_hidden(process: Process, object: &str, field: &str, without: &str) -> Finding {
    Finding::new(
        "FIELD_HIDDEN",
        Severity::Warning,
        format!("The organisation does not show {object}.{field}. {without}"),
        "Make the field visible to the user, unless the organisation does not have the feature it belongs to.",
    )
    .with_process(process)
    .with_seen(format!("{object}.{field} is absent"))
    .with_docs(match object {
        "LoginHistory" => LOGIN_HISTORY,
        "UserLicense" => USER_LICENSE,
        "PermissionSetLicense" => PERMISSION_SET_LICENSE,
        "PermissionSetLicenseAssign" => PERMISSION_SET_LICENSE_ASSIGN,
        "ActiveFeatureLicenseMetric" => FEATURE_METRIC,
        "TenantUsageEntitlement" => USAGE_ENTITLEMENT,
        "UserLogin" => USER_LOGIN,
        _ => USER,
    })
}

/// The connection's permissions cannot be read, so that what is hidden is the only sign of what is missing.
pub(crate) fn permissions_unknown() -> Finding {
    Finding::new(
        "PERMISSIONS_UNKNOWN",
        Severity::Info,
        "The organisation does not say which permissions the connection has.",
        "Compare the user's permissions with the table of each process; what is hidden is listed here all the same.",
    )
    .with_seen("UserPermissionAccess is absent")
    .with_docs(PERMISSIONS)
}

pub(crate) fn license_unreadable() -> Finding {
    Finding::new(
        "LICENSE_UNREADABLE",
        Severity::Warning,
        "The connection does not see the licence of some active users, probably because profile filtering is on.",
        "Give the user View All Profiles.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen("Profile or its licence is null on active users")
    .with_docs(USER)
}

pub(crate) fn frozen_unknown(seen: impl Into<String>) -> Finding {
    Finding::new(
        "FROZEN_UNKNOWN",
        Severity::Info,
        "The connection does not see which users are frozen.",
        "Give the user Manage Users if that is wanted; everything else works without it.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(USER_LOGIN)
}

pub(crate) fn feature_metrics_absent(seen: impl Into<String>) -> Finding {
    Finding::new(
        "FEATURE_TOTALS_UNKNOWN",
        Severity::Info,
        "The organisation does not say how many feature licences it bought, Service Cloud among them.",
        "Nothing, if the edition does not have ActiveFeatureLicenseMetric; otherwise give the user View Setup and \
         Configuration.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(FEATURE_METRIC)
}

pub(crate) fn login_history_hidden(seen: impl Into<String>) -> Finding {
    Finding::new(
        "LOGIN_HISTORY_RESTRICTED",
        Severity::Warning,
        "The connection does not see other users' logins; last use is known from the user record alone.",
        "Give the user Monitor Login History (or Manage Users) to tell people, programs and single sign-on apart.",
    )
    .with_process(Process::PullUserActivity)
    .with_seen(seen)
    .with_docs(LOGIN_HISTORY)
}

pub(crate) fn usage_entitlements_absent() -> Finding {
    Finding::new(
        "OBJECT_HIDDEN",
        Severity::Warning,
        "The organisation does not show usage-based entitlements.",
        "Nothing, if the edition has none; otherwise give the user View Setup and Configuration.",
    )
    .with_process(Process::DownloadConsumption)
    .with_seen("TenantUsageEntitlement is absent")
    .with_docs(USAGE_ENTITLEMENT)
}
