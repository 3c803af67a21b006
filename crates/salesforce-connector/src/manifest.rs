//! The manifest: processes, permissions, scopes, hosts and catalogue.

use seatgraph_core::{GrantScopes, GrantType, Manifest, Process, ProcessSpec, RecordKind};

use crate::{findings, permissions};

/// Salesforce refuses further scopes under client credentials: an app has no use for a refresh token.
const SCOPES: &[GrantScopes] = &[
    GrantScopes { grant: GrantType::AuthorizationCode, scopes: &["api", "refresh_token"] },
    GrantScopes { grant: GrantType::ClientCredentials, scopes: &["api"] },
    // Never sent: the scopes selected in the app count, and without refresh_token no user can be pre-authorized.
    GrantScopes { grant: GrantType::JwtBearer, scopes: &["api", "refresh_token"] },
];

/// The manifest of the Salesforce connector.
pub(crate) const MANIFEST: Manifest = Manifest {
    key: "salesforce",
    name: "Salesforce CRM",
    version: env!("CARGO_PKG_VERSION"),
    docs_url: Some(findings::OAUTH_SETUP),
    // My Domain, login and instance hosts; then those of Government Cloud and of China.
    hosts: &["salesforce.com", "salesforce.mil", "sfcrmproducts.cn"],
    grants: &[GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::JwtBearer],
    processes: &[
        ProcessSpec {
            process: Process::DownloadSubscriptions,
            snapshot_of: &[RecordKind::Pool, RecordKind::Account, RecordKind::Subscription],
            available: true,
            mandatory: true,
            enabled_by_default: true,
            permissions: permissions::SUBSCRIPTIONS,
            scopes: SCOPES,
        },
        ProcessSpec {
            process: Process::PullUserActivity,
            snapshot_of: &[],
            available: true,
            mandatory: false,
            enabled_by_default: true,
            permissions: permissions::ACTIVITY,
            scopes: SCOPES,
        },
        ProcessSpec {
            process: Process::DownloadConsumption,
            snapshot_of: &[RecordKind::Consumption],
            available: false,
            mandatory: false,
            enabled_by_default: false,
            permissions: permissions::CONSUMPTION,
            scopes: SCOPES,
        },
        ProcessSpec {
            process: Process::ReclaimSubscription,
            snapshot_of: &[],
            available: false,
            mandatory: false,
            enabled_by_default: false,
            permissions: permissions::RECLAIM,
            scopes: SCOPES,
        },
    ],
    catalogue: include_str!("../../../fixtures/salesforce/catalogue.json"),
};

#[cfg(test)]
mod tests {
    use seatgraph_core::{Catalogue, Identifier};

    use super::*;

    fn product(kind: &str, key: &str, name: &str) -> Option<(String, Option<String>)> {
        let catalogue = Catalogue::parse(MANIFEST.catalogue).unwrap();
        catalogue.recognize(&Identifier::new(kind, key, name)).map(|p| (p.product, p.edition))
    }

    #[test]
    fn the_catalogue_has_seven_products() {
        let mut names: Vec<_> =
            Catalogue::parse(MANIFEST.catalogue).unwrap().products().into_iter().map(|p| p.product).collect();
        names.sort();
        names.dedup();
        let expected = [
            "Chatter",
            "Company Community",
            "Customer Community",
            "Partner Community",
            "Platform",
            "Sales Cloud",
            "Service Cloud",
        ];
        assert_eq!(names, expected);
    }

    #[test]
    fn sales_and_service_cloud_have_different_keys() {
        let plain = |name: &str| Some((name.to_owned(), None));
        assert_eq!(product("USER_LICENSE", "SFDC", "Salesforce"), plain("Sales Cloud"));
        assert_eq!(product("USER_LICENSE", "SFDC/SupportUser", "Salesforce"), plain("Service Cloud"));
        assert_eq!(product("FEATURE_LICENSE", "SupportUser", "Service Cloud User"), plain("Service Cloud"));
    }

    #[test]
    fn variants_of_a_license_are_editions_of_its_product() {
        let login = product("USER_LICENSE", "PID_Customer_Community_Login", "Customer Community Login");
        assert_eq!(login, Some(("Customer Community".into(), Some("Login".into()))));
        let light = product("USER_LICENSE", "AUL_LIGHT", "Salesforce Platform Light");
        assert_eq!(light, Some(("Platform".into(), Some("Light".into()))));
    }

    #[test]
    fn a_license_with_an_undocumented_key_is_recognized_by_its_name() {
        for name in ["Company Communities", "Company Community", "Employee Community"] {
            assert_eq!(product("USER_LICENSE", "unheard of", name), Some(("Company Community".into(), None)), "{name}");
        }
        assert_eq!(
            product("USER_LICENSE", "unheard of", "Chatter Free"),
            Some(("Chatter".into(), Some("Free".into())))
        );
    }

    #[test]
    fn an_undocumented_license_is_not_recognized() {
        assert_eq!(product("USER_LICENSE", "PID_Novel", "Novel"), None);
        assert_eq!(product("PERMISSION_SET_LICENSE", "SalesUserPsl", "Sales User"), None);
    }
}
