//! The findings that several modules report, and the documentation pages they refer to.

use seatgraph_core::{Finding, Process, Severity};

use crate::version::ApiVersion;

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

/// The finding for an error code that means the same in every request; `None` for other codes.
pub(crate) fn of_code(code: &str, message: &str) -> Option<Finding> {
    let finding = match code {
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => Finding::new(
            "API_DISABLED",
            Severity::Error,
            "The connected user or the organisation's edition may not use the API.",
            "Grant the connected user API Enabled. If the edition does not include the API, ask Salesforce to add it.",
        ),
        "INVALID_OPERATION_WITH_EXPIRED_PASSWORD" => Finding::new(
            "PASSWORD_EXPIRED",
            Severity::Error,
            "The password of the connected user has expired.",
            "Set a new password for the connected user, and grant it Password Never Expires.",
        ),
        "TXN_SECURITY_METERING_ERROR" => Finding::new(
            "TRANSACTION_SECURITY",
            Severity::Error,
            "A transaction security policy of the organisation blocks the connected user.",
            "Grant the connected user Exempt from Transaction Security.",
        ),
        "REQUEST_LIMIT_EXCEEDED" if !message.contains("Concurrent") => Finding::new(
            "DAILY_LIMIT_REACHED",
            Severity::Warning,
            "The organisation has used all API calls that it may make in 24 hours.",
            "Wait until the 24-hour window has moved on, or buy more API calls from Salesforce. Syncs continue then.",
        ),
        _ => return None,
    };
    let docs = if finding.code == "DAILY_LIMIT_REACHED" { LIMITS } else { ERROR_CODES };
    Some(finding.with_seen(code_and_message(code, message)).with_docs(docs))
}

/// Joins an error code and its message.
pub(crate) fn code_and_message(code: &str, message: &str) -> String {
    if message.is_empty() { code.to_owned() } else { format!("{code}: {message}") }
}

pub(crate) fn not_salesforce(seen: impl Into<String>) -> Finding {
    Finding::new(
        "NOT_SALESFORCE",
        Severity::Error,
        "The server at instanceUrl does not respond like a Salesforce organisation.",
        "Set instanceUrl to the My Domain URL that Setup → My Domain shows.",
    )
    .with_seen(seen)
    .with_docs(MY_DOMAIN)
}

pub(crate) fn version_too_old(newest: ApiVersion) -> Finding {
    Finding::new(
        "API_VERSION_TOO_OLD",
        Severity::Error,
        format!("The organisation does not serve API version {} or a later one.", ApiVersion::OLDEST),
        "Check instanceUrl. Every Salesforce organisation serves later versions than that.",
    )
    .with_seen(format!("newest version served: {newest}"))
    .with_docs(VERSIONS)
}

pub(crate) fn version_not_served(configured: ApiVersion, used: ApiVersion) -> Finding {
    Finding::new(
        "API_VERSION_NOT_SERVED",
        Severity::Info,
        format!("The organisation does not serve the configured API version. The connector uses {used} instead."),
        format!("Set apiVersion to {used}."),
    )
    .with_seen(format!("configured: {configured}"))
    .with_docs(VERSIONS)
}

pub(crate) fn view_setup_missing(seen: impl Into<String>) -> Finding {
    Finding::new(
        "PERMISSION_MISSING",
        Severity::Error,
        "The connected user cannot read licences, because it lacks View Setup and Configuration.",
        "Grant the connected user View Setup and Configuration, in its profile or a permission set.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(USER_LICENSE)
}

pub(crate) fn permission_set_licenses_hidden(seen: impl Into<String>) -> Finding {
    Finding::new(
        "OBJECT_HIDDEN",
        Severity::Error,
        "The connected user cannot read permission-set licences or their assignments.",
        "Grant the connected user View Setup and Configuration, in its profile or a permission set.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(PERMISSION_SET_LICENSE)
}

pub(crate) fn assignments_hidden(used: i64) -> Finding {
    Finding::new(
        "ASSIGNMENTS_HIDDEN",
        Severity::Warning,
        "Permission-set licences are in use, but the connected user cannot read any assignment of them.",
        "Grant the connected user View Setup and Configuration or Assign Permission Sets.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(format!("{used} licences in use, no assignment visible"))
    .with_docs(PERMISSION_SET_LICENSE_ASSIGN)
}

/// A column that the organisation lacks or hides; `lost` says what is unknown without it.
pub(crate) fn field_hidden(process: Process, object: &str, field: &str, lost: &str) -> Finding {
    Finding::new(
        "FIELD_HIDDEN",
        Severity::Warning,
        format!("The field {object}.{field} is not visible to the connected user. {lost}"),
        "Make the field visible to the connected user, unless the organisation does not have the feature it belongs to.",
    )
    .with_process(process)
    .with_seen(format!("{object}.{field} is not visible"))
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

/// The permissions cannot be read, so only hidden objects and columns show which are missing.
pub(crate) fn permissions_unknown() -> Finding {
    Finding::new(
        "PERMISSIONS_UNKNOWN",
        Severity::Info,
        "The organisation does not show which permissions the connected user has.",
        "Compare the permissions of the connected user with those that each process lists. Objects and fields that are \
         not visible are reported nevertheless.",
    )
    .with_seen("UserPermissionAccess is not visible")
    .with_docs(PERMISSIONS)
}

pub(crate) fn license_unreadable() -> Finding {
    Finding::new(
        "LICENSE_UNREADABLE",
        Severity::Warning,
        "The licence of some active users is not visible, probably because profile filtering is on.",
        "Grant the connected user View All Profiles.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen("Profile or Profile.UserLicense of active users is null")
    .with_docs(USER)
}

pub(crate) fn frozen_unknown(seen: impl Into<String>) -> Finding {
    Finding::new(
        "FROZEN_UNKNOWN",
        Severity::Info,
        "The connected user cannot read which users are frozen.",
        "Grant the connected user Manage Users if you need to know. Everything else works without it.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(USER_LOGIN)
}

pub(crate) fn feature_metrics_hidden(seen: impl Into<String>) -> Finding {
    Finding::new(
        "FEATURE_TOTALS_UNKNOWN",
        Severity::Info,
        "The number of feature licences that were bought, including Service Cloud, is unknown.",
        "If the edition has no ActiveFeatureLicenseMetric, no action is needed. Otherwise grant the connected user View \
         Setup and Configuration.",
    )
    .with_process(Process::DownloadSubscriptions)
    .with_seen(seen)
    .with_docs(FEATURE_METRIC)
}

pub(crate) fn login_history_restricted(seen: impl Into<String>) -> Finding {
    Finding::new(
        "LOGIN_HISTORY_RESTRICTED",
        Severity::Warning,
        "The connected user cannot read the logins of other users. Their last use is known from the user record only.",
        "Grant the connected user Monitor Login History or Manage Users, so that interactive, API and single sign-on \
         logins can be distinguished.",
    )
    .with_process(Process::PullUserActivity)
    .with_seen(seen)
    .with_docs(LOGIN_HISTORY)
}

pub(crate) fn usage_entitlements_hidden() -> Finding {
    Finding::new(
        "OBJECT_HIDDEN",
        Severity::Warning,
        "Usage-based entitlements are not visible to the connected user.",
        "If the edition has none, no action is needed. Otherwise grant the connected user View Setup and Configuration.",
    )
    .with_process(Process::DownloadConsumption)
    .with_seen("TenantUsageEntitlement is not visible")
    .with_docs(USAGE_ENTITLEMENT)
}
