//! The steps themselves, in the words of Salesforce's Setup.

use seatgraph_core::{Doubt, GrantType, SetupContext, SetupField, SetupProof, SetupStep, SetupValue, Severity};

use crate::findings::{EXTERNAL_CLIENT_APP, JWT_FLOW, MY_DOMAIN, OAUTH_SETUP, PERMISSIONS, USER_LICENSES_HELP};
use crate::manifest::MANIFEST;

/// The role that may see and change what these steps are about.
const ADMINISTRATOR: &str = "Salesforce administrator";

const fn from_warning(code: &'static str) -> Doubt {
    Doubt { code, from: Severity::Warning }
}

const fn from_error(code: &'static str) -> Doubt {
    Doubt { code, from: Severity::Error }
}

const LICENSE: &[Doubt] =
    &[from_warning("LICENSE_OF_CONNECTION"), from_error("OAUTH_USER_INACTIVE"), from_error("PASSWORD_EXPIRED")];

const SEES_TOO_LITTLE: &[Doubt] = &[
    from_error("PERMISSION_MISSING"),
    from_error("API_DISABLED"),
    from_error("CONNECTION_REFUSED"),
    from_error("OBJECT_HIDDEN"),
    from_warning("PROFILES_HIDDEN"),
    from_warning("USERS_HIDDEN"),
    from_warning("LICENSE_UNREADABLE"),
];

const FLOW: &[Doubt] = &[from_error("OAUTH_FLOW_DISABLED"), from_error("OAUTH_REDIRECT_MISMATCH")];
const SCOPES: &[Doubt] =
    &[from_error("SCOPE_MISSING"), from_error("OAUTH_SCOPES"), from_error("OAUTH_NO_REFRESH_TOKEN")];
const POLICIES: &[Doubt] = &[
    from_error("OAUTH_NOT_APPROVED"),
    from_error("OAUTH_IP_RESTRICTED"),
    from_error("OAUTH_AUTHENTICATION_FAILURE"),
    from_error("TRANSACTION_SECURITY"),
];
const RUN_AS: &[Doubt] = &[from_error("OAUTH_NO_RUN_AS_USER")];
const KEY: &[Doubt] = &[from_error("OAUTH_CLIENT_UNKNOWN"), from_error("OAUTH_CLIENT_REFUSED")];
const DOMAIN: &[Doubt] = &[from_error("OAUTH_WRONG_DOMAIN"), from_error("NOT_SALESFORCE")];

/// Everything that is done in Salesforce for one grant, in order.
pub(super) fn steps(context: &SetupContext<'_>) -> Vec<SetupStep> {
    let grant = context.grant;
    let mut steps =
        vec![user(grant), permission_set(), external_client_app(), connected_app(), flow(context), scopes(grant)];
    if grant == GrantType::JwtBearer {
        steps.push(certificate());
    }
    steps.push(policies(grant));
    if grant == GrantType::ClientCredentials {
        steps.push(run_as_user());
    }
    steps.extend([consumer_key(grant), my_domain()]);
    steps
}

fn step(key: &'static str, title: &'static str, proof: SetupProof) -> SetupStep {
    SetupStep::at_vendor(key, title, ADMINISTRATOR, proof)
}

fn other(label: &str, value: &str) -> SetupValue {
    SetupValue::new(SetupField::Other, label, value)
}

fn user(grant: GrantType) -> SetupStep {
    let then = match grant {
        GrantType::AuthorizationCode => "The person who consents later logs in as this user.",
        GrantType::ClientCredentials => "The app acts as this user.",
        GrantType::JwtBearer => "The gateway signs for this user; note its username.",
    };
    step("CONNECTION_USER", "Give the connection a user of its own", SetupProof::Organization)
        .with_instructions(format!(
            "Setup → Users → New User. Choose the user licence Salesforce; Salesforce Integration, with the \
             permission-set licence Salesforce API Integration, is enough for a connection that only reads. Give it a \
             profile without login hours and IP ranges that would keep the gateway out. {then}"
        ))
        .with_doubts(LICENSE)
        .with_docs(USER_LICENSES_HELP)
}

fn permission_set() -> SetupStep {
    step("PERMISSION_SET", "Import a permission set and assign it", SetupProof::Organization)
        .with_instructions(
            "Pick one of the permission sets listed here. With the Salesforce CLI, save it under its file name in \
             force-app/main/default/permissionsets and run: sf project deploy start --source-dir \
             force-app/main/default/permissionsets. With Workbench, zip package.xml and \
             permissionsets/NAME.permissionset and choose migration → Deploy. Then open Setup → Permission Sets → the \
             set → Manage Assignments, and add the connection's user.",
        )
        .with_doubts(SEES_TOO_LITTLE)
        .with_docs(PERMISSIONS)
}

fn external_client_app() -> SetupStep {
    step("EXTERNAL_CLIENT_APP", "Create an External Client App", SetupProof::Application)
        .with_instructions(
            "Setup → External Client App Manager → New External Client App. Enter a name and a contact e-mail, and \
             choose the distribution state listed here.",
        )
        .with_values([other("External Client App Name", "Seatgraph"), other("Distribution State", "Local")])
        .with_docs(EXTERNAL_CLIENT_APP)
}

fn connected_app() -> SetupStep {
    step("CONNECTED_APP", "Or use a Connected App (legacy)", SetupProof::Application)
        .with_instructions(
            "Only where the organisation has a Connected App for this already, or may still create one: Setup → App \
             Manager → New Connected App, or Edit on the one there is. The settings below carry the same names; its \
             policies are behind Manage → Edit Policies.",
        )
        .instead_of("EXTERNAL_CLIENT_APP")
        .with_docs(OAUTH_SETUP)
}

fn flow(context: &SetupContext<'_>) -> SetupStep {
    let callback = SetupValue::new(SetupField::CallbackUrl, "Callback URL", context.callback_url.as_str());
    let (instructions, switches): (_, &[(&str, &str)]) = match context.grant {
        GrantType::AuthorizationCode => (
            "In the app's settings, tick Enable OAuth and enter the callback URL exactly as it stands here. Under \
             Security, require the secret for the web server flow and the refresh flow, require PKCE, and switch on \
             refresh token rotation: the gateway does all of it.",
            &[
                ("Require Proof Key for Code Exchange (PKCE)", "on"),
                ("Enable Refresh Token Rotation", "on"),
                ("Require Secret for Web Server Flow", "on"),
                ("Require Secret for Refresh Token Flow", "on"),
            ],
        ),
        GrantType::ClientCredentials => (
            "In the app's settings, tick Enable OAuth. The callback URL must be filled in, though nobody is sent there. \
             Under Flow Enablement, tick the client credentials flow. An app that people consent to as well needs \
             settings that are in this flow's way; make a second app for that.",
            &[("Enable Client Credentials Flow", "on"), ("Require Proof Key for Code Exchange (PKCE)", "off")],
        ),
        GrantType::JwtBearer => (
            "In the app's settings, tick Enable OAuth. The callback URL must be filled in, though nobody is sent there. \
             Under Flow Enablement, tick the JWT bearer flow.",
            &[("Enable JWT Bearer Flow", "on")],
        ),
    };
    let switches = switches.iter().map(|(label, value)| other(label, value));
    let docs = if context.grant == GrantType::JwtBearer { JWT_FLOW } else { OAUTH_SETUP };
    step("OAUTH_FLOW", "Switch OAuth on", SetupProof::Token)
        .with_instructions(instructions)
        .with_values([callback].into_iter().chain(switches))
        .with_doubts(FLOW)
        .with_docs(docs)
}

/// What Salesforce's list of scopes calls them.
fn scope_label(scope: &str) -> &str {
    match scope {
        "api" => "Manage user data via APIs (api)",
        "refresh_token" => "Perform requests at any time (refresh_token, offline_access)",
        other => other,
    }
}

fn scopes(grant: GrantType) -> SetupStep {
    let scopes = MANIFEST.scopes(grant);
    let scopes = scopes.into_iter().map(|scope| SetupValue::new(SetupField::Scope, scope_label(scope), scope));
    let only = match grant {
        GrantType::ClientCredentials => " Salesforce drops the other scopes under client credentials.",
        GrantType::AuthorizationCode | GrantType::JwtBearer => "",
    };
    step("SCOPES", "Select the scopes", SetupProof::Scopes)
        .with_instructions(format!(
            "In the app's OAuth settings, move the scopes listed here to Selected OAuth Scopes, and no others.{only}"
        ))
        .with_values(scopes)
        .with_doubts(SCOPES)
        .with_docs(OAUTH_SETUP)
}

fn certificate() -> SetupStep {
    step("CERTIFICATE", "Upload the certificate of the signing key", SetupProof::Token)
        .with_instructions(
            "In the app's settings, under the JWT bearer flow, upload the certificate (PEM) whose private key the \
             gateway signs with. The private key stays with you and the gateway; Salesforce never sees it.",
        )
        .with_docs(JWT_FLOW)
}

fn policies(grant: GrantType) -> SetupStep {
    let tokens = match grant {
        GrantType::AuthorizationCode => {
            " Let refresh tokens be valid until revoked, or expire after 30 days without use; never immediately."
        }
        GrantType::ClientCredentials | GrantType::JwtBearer => "",
    };
    let permitted = other("Permitted Users", "Admin approved users are pre-authorized");
    step("APP_POLICIES", "Let the user use the app", SetupProof::Token)
        .with_instructions(format!(
            "In the app's policies, set the permitted users as listed here and add the permission set to the app. Relax \
             IP restrictions unless the gateway's address is among the trusted ones (Setup → Network Access).{tokens}"
        ))
        .with_values([permitted])
        .with_doubts(POLICIES)
        .with_docs(OAUTH_SETUP)
}

fn run_as_user() -> SetupStep {
    step("RUN_AS_USER", "Name the user that the app acts as", SetupProof::Token)
        .with_instructions(
            "In the app's policies, tick the client credentials flow and enter the connection's user under Run As: its \
             username, not its e-mail address.",
        )
        .with_doubts(RUN_AS)
        .with_docs(OAUTH_SETUP)
}

fn consumer_key(grant: GrantType) -> SetupStep {
    let (title, which) = match grant {
        GrantType::JwtBearer => ("Copy the consumer key", "the consumer key"),
        _ => ("Copy consumer key and secret", "the consumer key and the consumer secret"),
    };
    step("CONSUMER_KEY", title, SetupProof::Application)
        .with_instructions(format!(
            "Settings → OAuth Settings → Consumer Key and Secret. Salesforce verifies who you are, then shows them: hand \
             {which} to whoever enters them in the gateway, by no channel that keeps them. A new app is known to \
             Salesforce only after 2 to 10 minutes."
        ))
        .with_doubts(KEY)
        .with_docs(OAUTH_SETUP)
}

fn my_domain() -> SetupStep {
    step("MY_DOMAIN", "Note the My Domain address", SetupProof::Address)
        .with_instructions(
            "Setup → My Domain shows it: https://NAME.my.salesforce.com, or https://NAME--SANDBOX.sandbox.my.\
             salesforce.com of a sandbox. The gateway needs this address, not the one of the Lightning pages and not \
             login.salesforce.com.",
        )
        .with_doubts(DOMAIN)
        .with_docs(MY_DOMAIN)
}
