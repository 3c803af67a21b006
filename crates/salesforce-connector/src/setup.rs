//! What a Salesforce administrator does before a connection works, and the permission sets that save most of it.
//!
//! New Connected Apps can no longer be created unless Salesforce switches that on again, so the External Client App
//! comes first, and the Connected App is the way for an organisation that has one already.

mod permission_sets;
mod steps;

use seatgraph_core::{Setup, SetupContext};

/// Everything that is done in Salesforce for one grant.
pub(crate) fn setup(context: &SetupContext<'_>) -> Setup {
    Setup { steps: steps::steps(context), permission_sets: permission_sets::documents(), remarks: remarks() }
}

/// What a permission set cannot express.
fn remarks() -> Vec<String> {
    const REMARKS: [&str; 4] = [
        "A permission set gives permissions and no licence: the connection's user needs a Salesforce user licence of its \
         own, or a Salesforce Integration licence where it only reads.",
        "Salesforce's own page asks for a user with admin permissions, an administrator's profile for example, to take \
         licences back. A profile cannot be imported as a permission set; Seatgraph_Reclaim holds the permissions of it \
         that are used.",
        "Login hours and login IP ranges are the profile's, and hold for the API too: give the user a profile that lets \
         it in at any hour and from the gateway's address.",
        "Whether users are private (Setup → Sharing Settings) and whether profiles are filtered (Setup → User Management \
         Settings) are the organisation's settings; View All Users and View All Profiles see past them.",
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
    fn the_external_client_app_comes_first_and_the_connected_app_stands_in_for_it() {
        for grant in [GrantType::AuthorizationCode, GrantType::ClientCredentials, GrantType::JwtBearer] {
            let setup = under(grant);
            let place = |key| setup.steps.iter().position(|step| step.key == key).unwrap();
            assert!(place("EXTERNAL_CLIENT_APP") < place("CONNECTED_APP"), "{grant:?}");
            assert_eq!(setup.steps[place("CONNECTED_APP")].instead_of, Some("EXTERNAL_CLIENT_APP"));
            assert!(setup.steps.iter().all(|step| step.place == SetupPlace::Vendor && step.docs_url.is_some()));
        }
    }

    #[test]
    fn each_grant_has_its_own_switches() {
        assert!(keys(GrantType::ClientCredentials).contains(&"RUN_AS_USER"));
        assert!(!keys(GrantType::AuthorizationCode).contains(&"RUN_AS_USER"));
        assert!(keys(GrantType::JwtBearer).contains(&"CERTIFICATE"));
        assert!(!keys(GrantType::ClientCredentials).contains(&"CERTIFICATE"));
    }

    #[test]
    fn people_consent_with_a_callback_and_a_lasting_scope_and_programs_with_neither() {
        let consent = under(GrantType::AuthorizationCode);
        assert_eq!(values(&consent, SetupField::Scope), ["api", "refresh_token"]);
        let callback = ["https://gateway.example/oauth/salesforce/callback"];
        assert_eq!(values(&consent, SetupField::CallbackUrl), callback);
        let program = under(GrantType::ClientCredentials);
        assert_eq!(values(&program, SetupField::Scope), ["api"]);
        // The form wants an address even where nobody is ever sent to it.
        assert_eq!(values(&program, SetupField::CallbackUrl), callback);
    }
}
