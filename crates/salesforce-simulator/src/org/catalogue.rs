//! Data of the organisation: licences, profiles, permission sets, packages and names.

/// A user licence, its share of the users in per mille, and its profiles.
pub(crate) struct License {
    pub(crate) key: &'static str,
    pub(crate) name: &'static str,
    /// Its product in the Seatgraph catalogue, if it has one.
    pub(crate) product: Option<&'static str>,
    pub(crate) share: u64,
    pub(crate) user_type: &'static str,
    pub(crate) profiles: &'static [&'static str],
}

const fn license(
    key: &'static str,
    name: &'static str,
    product: Option<&'static str>,
    share: u64,
    user_type: &'static str,
    profiles: &'static [&'static str],
) -> License {
    License { key, name, product, share, user_type, profiles }
}

pub(crate) const SFDC: usize = 0;
pub(crate) const INTEGRATION: usize = 9;
pub(crate) const FIRST_UNKNOWN: usize = 10;
pub(crate) const LAST_UNKNOWN: usize = 11;
pub(crate) const GUEST: usize = 12;
pub(crate) const AUTOMATED: usize = 13;
pub(crate) const CLOUD_INTEGRATION: usize = 14;

/// The licences in the order of their ids. The shares add up to 1000.
pub(crate) const LICENSES: [License; 15] = [
    license(
        "SFDC",
        "Salesforce",
        None,
        520,
        "Standard",
        &["System Administrator", "Sales Representative", "Sales Manager", "Service Agent", "API Integration"],
    ),
    license("AUL", "Salesforce Platform", Some("Platform"), 120, "Standard", &["Standard Platform User"]),
    license("AUL_LIGHT", "Salesforce Platform Light", Some("Platform"), 10, "Standard", &["Platform Light User"]),
    license("AUL1", "Salesforce Platform One", Some("Platform"), 3, "Standard", &["Platform One User"]),
    license(
        "PID_Customer_Community",
        "Customer Community",
        Some("Customer Community"),
        90,
        "CspLitePortal",
        &["Customer Community User"],
    ),
    license(
        "PID_Customer_Community_Login",
        "Customer Community Login",
        Some("Customer Community"),
        60,
        "CspLitePortal",
        &["Customer Community Login User"],
    ),
    license(
        "PID_Partner_Community",
        "Partner Community",
        Some("Partner Community"),
        50,
        "PowerPartner",
        &["Partner Community User"],
    ),
    license(
        "PID_Company_Community",
        "Company Communities",
        Some("Company Community"),
        40,
        "Standard",
        &["Company Communities User"],
    ),
    license("CSN_User", "Chatter Free", Some("Chatter"), 70, "CsnOnly", &["Chatter Free User"]),
    license(
        "Salesforce_Integration",
        "Salesforce Integration",
        None,
        8,
        "Standard",
        &["Salesforce API Only System Integrations"],
    ),
    license("ACME_FIELD_OPERATIONS", "Acme Field Operations", None, 12, "Standard", &["Acme Field Operator"]),
    license("NORTHWIND_INSIGHT", "Northwind Insight", None, 10, "Standard", &["Northwind Insight UserContext"]),
    license("PID_Guest_User", "Guest User License", None, 3, "Guest", &["Help Centre Profile"]),
    license(
        "PID_Analytics_Cloud_Integration_User",
        "Analytics Cloud Integration User",
        None,
        2,
        "AutomatedProcess",
        &["Analytics Cloud Integration User"],
    ),
    license(
        "PID_Cloud_Integration_User",
        "Cloud Integration User",
        None,
        2,
        "CloudIntegrationUser",
        &["Cloud Integration User"],
    ),
];

/// The products of the Seatgraph catalogue.
pub(crate) const PRODUCTS: [&str; 7] = [
    "Sales Cloud",
    "Service Cloud",
    "Platform",
    "Customer Community",
    "Partner Community",
    "Company Community",
    "Chatter",
];

/// The index of the administrator profile.
pub(crate) const ADMINISTRATOR_PROFILE: u16 = 0;
/// The index of the profile of the running user.
pub(crate) const API_PROFILE: u16 = 4;

/// All profiles with the index of their licence, in the order of their ids.
pub(crate) fn profiles() -> impl Iterator<Item = (usize, &'static str)> {
    LICENSES.iter().enumerate().flat_map(|(index, license)| license.profiles.iter().map(move |name| (index, *name)))
}

/// A permission-set licence.
pub(crate) struct PermissionSetLicense {
    pub(crate) key: &'static str,
    pub(crate) label: &'static str,
    /// Expired some weeks ago, with assignments left.
    pub(crate) expired: bool,
}

const fn psl(key: &'static str, label: &'static str, expired: bool) -> PermissionSetLicense {
    PermissionSetLicense { key, label, expired }
}

pub(crate) const PSL_SALES: u32 = 0;
pub(crate) const PSL_SERVICE: u32 = 1;
pub(crate) const PSL_API: u32 = 2;
pub(crate) const PSL_ANALYTICS: u32 = 3;
pub(crate) const PSL_FIELD_SERVICE: u32 = 4;
pub(crate) const PSL_IDENTITY: u32 = 5;
pub(crate) const PSL_UNKNOWN: u32 = 6;

pub(crate) const PERMISSION_SET_LICENSES: [PermissionSetLicense; 7] = [
    psl("SalesUserPsl", "Sales User", false),
    psl("ServiceUserPsl", "Service User", false),
    psl("SalesforceAPIIntegrationPsl", "Salesforce API Integration", false),
    psl("EinsteinAnalyticsPlusPsl", "CRM Analytics Plus", false),
    psl("FieldServiceMobilePsl", "Field Service Mobile", false),
    psl("IdentityConnectPsl", "Identity Connect", true),
    psl("AcmeDispatchPsl", "Acme Dispatch", false),
];

/// Custom permission sets: name, label, and the permission-set licence that it requires.
pub(crate) const PERMISSION_SETS: [(&str, &str, Option<u32>); 5] = [
    ("Contract_Approver", "Contract Approver", None),
    ("Knowledge_Author", "Knowledge Author", None),
    ("Analytics_Viewer", "Analytics UserContext", Some(PSL_ANALYTICS)),
    ("Field_Technician", "Field Technician", Some(PSL_FIELD_SERVICE)),
    ("Export_Reports", "Export Reports", None),
];

/// Managed packages: namespace, free licences (-1 is a site licence), status.
pub(crate) const PACKAGES: [(&str, i64, &str); 3] =
    [("acmesign", 20, "Active"), ("docforge", -1, "Active"), ("routeplan", 0, "Expired")];

/// The feature licences: field of User, and feature type of the metric.
pub(crate) const FEATURES: [(&str, &str); 12] = [
    ("UserPermissionsSupportUser", "SupportUser"),
    ("UserPermissionsMarketingUser", "MarketingUser"),
    ("UserPermissionsOfflineUser", "OfflineUser"),
    ("UserPermissionsCallCenterAutoLogin", ""),
    ("UserPermissionsSFContentUser", "SFContentUser"),
    ("UserPermissionsKnowledgeUser", "KnowledgeUser"),
    ("UserPermissionsInteractionUser", "InteractionUser"),
    ("UserPermissionsJigsawProspectingUser", "JigsawProspectingUser"),
    ("UserPermissionsSiteforceContributorUser", "SiteforceContributorUser"),
    ("UserPermissionsSiteforcePublisherUser", "SiteforcePublisherUser"),
    ("UserPermissionsWorkDotComUserFeature", "WorkDotComUserFeature"),
    ("UserPermissionsMobileUser", "MobileUser"),
];
/// The bit of the Service Cloud feature.
pub(crate) const SUPPORT_USER: u16 = 1;

pub(crate) const ROLES: [&str; 6] = ["CEO", "VP Sales", "VP Service", "Sales Region", "Service Desk", "Operations"];

pub(crate) const FIRST_NAMES: [&str; 32] = [
    "Ada",
    "Bruno",
    "Chiara",
    "Deepak",
    "Elif",
    "Felix",
    "Grace",
    "Hiroshi",
    "Ines",
    "Jonas",
    "Kateryna",
    "Liam",
    "Mei",
    "Nadia",
    "Oluwaseun",
    "Priya",
    "Quentin",
    "Rosa",
    "Søren",
    "Tariq",
    "Ursula",
    "Vikram",
    "Wanda",
    "Xavier",
    "Yuki",
    "Zoë",
    "Łukasz",
    "José",
    "Anaïs",
    "Björn",
    "Aoife",
    "Mohammed",
];
pub(crate) const LAST_NAMES: [&str; 32] = [
    "Adeyemi",
    "Bauer",
    "Costa",
    "Dubois",
    "Eriksson",
    "Fischer",
    "García",
    "Haddad",
    "Ivanova",
    "Johansson",
    "Kowalski",
    "Lovelace",
    "Müller",
    "Nakamura",
    "O'Brien",
    "Patel",
    "Quispe",
    "Rossi",
    "Schmidt",
    "Tanaka",
    "Usman",
    "Varga",
    "Weber",
    "Xu",
    "Yılmaz",
    "Zhang",
    "Ångström",
    "Çelik",
    "de la Cruz",
    "van Dijk",
    "MacDonald",
    "Nguyen",
];
pub(crate) const DEPARTMENTS: [&str; 10] = [
    "Sales",
    "Customer Service",
    "Marketing",
    "Finance",
    "Human Resources",
    "Engineering",
    "Legal & Compliance",
    "Operations",
    "Field Service",
    "Partner Management",
];
pub(crate) const TITLES: [&str; 8] = [
    "Account Executive",
    "Support Specialist",
    "Team Lead",
    "Analyst",
    "Director",
    "Consultant",
    "VP \"Global\" Sales\\Service",
    "Engineer",
];
pub(crate) const COUNTRIES: [&str; 8] = ["DE", "FR", "GB", "JP", "BR", "IN", "US", "NG"];
pub(crate) const CITIES: [&str; 8] = ["Berlin", "Lyon", "Leeds", "Osaka", "São Paulo", "Pune", "Denver", "Lagos"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_add_up_to_the_whole() {
        assert_eq!(LICENSES.iter().map(|license| license.share).sum::<u64>(), 1000);
    }

    #[test]
    fn the_constants_point_to_the_named_profiles() {
        let names: Vec<_> = profiles().map(|(_, name)| name).collect();
        assert_eq!(names[usize::from(ADMINISTRATOR_PROFILE)], "System Administrator");
        assert_eq!(names[usize::from(API_PROFILE)], "API Integration");
    }
}
