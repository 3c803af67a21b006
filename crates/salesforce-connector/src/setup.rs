//! How a Salesforce administrator sets up a connection, and permission sets to import.
//!
//! Salesforce no longer allows new Connected Apps by default, so the External Client App comes first. A Connected App is
//! the alternative for an organisation that has one already.

mod permission_sets;
mod steps;

use seatgraph_core::{Setup, SetupContext};

/// The set-up in Salesforce for one grant.
pub(crate) fn setup(context: &SetupContext<'_>) -> Setup {
    Setup { steps: steps::steps(context), permission_sets: permission_sets::documents(), remarks: remarks() }
}

/// Requirements that a permission set cannot express.
fn remarks() -> Vec<String> {
    const REMARKS: [&str; 4] = [
        "A permission set grants no licence. The connected user needs a Salesforce licence, or a Salesforce Integration \
         licence if it only reads.",
        "Salesforce documents that reclaiming licences needs a user with administrator permissions. \
         Seatgraph_Reclaim grants only those that the connector uses.",
        "Login hours and login IP ranges of the profile apply to the API too. Use a profile that allows logins at any hour \
         and from the gateway's IP address.",
        "User sharing (Setup → Sharing Settings) and profile filtering (Setup → User Management Settings) can hide users and \
         profiles. View All Users and View All Profiles override these settings.",
    ];
    REMARKS.map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use seatgraph_core::{GrantType, SetupField, SetupPlace};
    use url::Url;

    use super::*;

    fn under(grant: GrantType) -> Setup {
        let callback_url = Url::parse("https://gateway.example/oauth/salesforce/callback").unwrap();
        setup(&SetupContext { grant, callback_url: &callback_url })
    }

    fn keys(grant: GrantType) -> Vec<&'static str> {
        under(grant).steps.iter().map(|step| step.key).collect()
    }

    fn values(setup: &Setup, field: SetupField) -> Vec<&str> {
        let values = setup.steps.iter().flat_map(|step| &step.values);
        values.filter(|value| value.field == field).map(|value| value.value.as_str()).collect()
    }

    #[test]
    fn the_connected_app_is_an_alternative_to_the_external_client_app() {
        for grant in [GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::JwtBearer] {
            let setup = under(grant);
            let place = |key| setup.steps.iter().position(|step| step.key == key).unwrap();
            assert!(place("EXTERNAL_CLIENT_APP") < place("CONNECTED_APP"), "{grant:?}");
            assert_eq!(setup.steps[place("CONNECTED_APP")].instead_of, Some("EXTERNAL_CLIENT_APP"));
            assert!(setup.steps.iter().all(|step| step.place == SetupPlace::Vendor && step.docs_url.is_some()));
        }
    }

    #[test]
    fn each_grant_has_its_own_steps() {
        assert!(keys(GrantType::ClientCredentials).contains(&"RUN_AS_USER"));
        assert!(!keys(GrantType::AuthorizationCode).contains(&"RUN_AS_USER"));
        assert!(keys(GrantType::JwtBearer).contains(&"CERTIFICATE"));
        assert!(!keys(GrantType::ClientCredentials).contains(&"CERTIFICATE"));
    }

    #[test]
    fn only_the_authorization_code_grant_requests_a_refresh_token() {
        let consent = under(GrantType::AuthorizationCode);
        assert_eq!(values(&consent, SetupField::Scope), ["api", "refresh_token"]);
        let callback = ["https://gateway.example/oauth/salesforce/callback"];
        assert_eq!(values(&consent, SetupField::CallbackUrl), callback);
        let program = under(GrantType::ClientCredentials);
        assert_eq!(values(&program, SetupField::Scope), ["api"]);
        // Salesforce's form requires a callback URL even where no browser is redirected.
        assert_eq!(values(&program, SetupField::CallbackUrl), callback);
    }
}
