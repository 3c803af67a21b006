//! The steps of the set-up, with the labels of Salesforce's Setup pages.

use seatgraph_core::{BlockingFinding, DoneWhen, GrantType, SetupContext, SetupField, SetupStep, SetupValue, Severity};

use crate::findings::{EXTERNAL_CLIENT_APP, JWT_FLOW, MY_DOMAIN, OAUTH_SETUP, PERMISSIONS, USER_LICENSES_HELP};
use crate::manifest::MANIFEST;

/// The role that can do these steps.
const ADMINISTRATOR: &str = "Salesforce administrator";

const fn from_warning(code: &'static str) -> BlockingFinding {
    BlockingFinding { code, from: Severity::Warning }
}

const fn from_error(code: &'static str) -> BlockingFinding {
    BlockingFinding { code, from: Severity::Error }
}

const LICENSE: &[BlockingFinding] =
    &[from_warning("LICENSE_OF_CONNECTION"), from_error("OAUTH_USER_INACTIVE"), from_error("PASSWORD_EXPIRED")];

const ACCESS: &[BlockingFinding] = &[
    from_error("PERMISSION_MISSING"),
    from_error("API_DISABLED"),
    from_error("CONNECTION_REFUSED"),
    from_error("OBJECT_HIDDEN"),
    from_warning("PROFILES_HIDDEN"),
    from_warning("USERS_HIDDEN"),
    from_warning("LICENSE_UNREADABLE"),
];

const FLOW: &[BlockingFinding] = &[from_error("OAUTH_FLOW_DISABLED"), from_error("OAUTH_REDIRECT_MISMATCH")];
const SCOPES: &[BlockingFinding] =
    &[from_error("SCOPE_MISSING"), from_error("OAUTH_SCOPES"), from_error("OAUTH_NO_REFRESH_TOKEN")];
const POLICIES: &[BlockingFinding] = &[
    from_error("OAUTH_NOT_APPROVED"),
    from_error("OAUTH_IP_RESTRICTED"),
    from_error("OAUTH_AUTHENTICATION_FAILURE"),
    from_error("TRANSACTION_SECURITY"),
];
const RUN_AS: &[BlockingFinding] = &[from_error("OAUTH_NO_RUN_AS_USER")];
const KEY: &[BlockingFinding] = &[from_error("OAUTH_CLIENT_UNKNOWN"), from_error("OAUTH_CLIENT_REFUSED")];
const DOMAIN: &[BlockingFinding] = &[from_error("OAUTH_WRONG_DOMAIN"), from_error("NOT_SALESFORCE")];

/// The steps in Salesforce for one grant, in order.
pub(super) fn steps(context: &SetupContext<'_>) -> Vec<SetupStep> {
    let grant = context.grant;
    let mut steps = vec![user(grant), PERMISSION_SET.step(), external_client_app(), connected_app()];
    steps.extend([flow(context), scopes(grant)]);
    if grant == GrantType::JwtBearer {
        steps.push(CERTIFICATE.step());
    }
    steps.push(policies(grant));
    if grant == GrantType::ClientCredentials {
        steps.push(RUN_AS_USER.step());
    }
    steps.extend([consumer_key(grant), MY_DOMAIN_URL.step()]);
    steps
}

/// A step with the same texts for every grant.
struct Text {
    key: &'static str,
    title: &'static str,
    instructions: &'static str,
    done_when: DoneWhen,
    blocked_by: &'static [BlockingFinding],
    docs: &'static str,
}

impl Text {
    fn step(&self) -> SetupStep {
        SetupStep::at_vendor(self.key, self.title, ADMINISTRATOR, self.done_when)
            .with_instructions(self.instructions)
            .with_blocking_findings(self.blocked_by)
            .with_docs(self.docs)
    }

    /// The step with a last sentence for one grant.
    fn step_with(&self, sentence: &str) -> SetupStep {
        let instructions = format!("{} {sentence}", self.instructions);
        self.step().with_instructions(instructions.trim_end())
    }
}

const CONNECTED_USER: Text = Text {
    key: "CONNECTION_USER",
    title: "Create a user for the connection",
    instructions: "Open Setup → Users → New User. Choose the user licence Salesforce. If the connection only reads, the user \
                   licence Salesforce Integration with the permission-set licence Salesforce API Integration is \
                   sufficient. Choose a profile whose login hours and IP ranges allow logins from the gateway.",
    done_when: DoneWhen::Organization,
    blocked_by: LICENSE,
    docs: USER_LICENSES_HELP,
};

const PERMISSION_SET: Text = Text {
    key: "PERMISSION_SET",
    title: "Import a permission set and assign it",
    instructions: "Choose one of the permission sets listed here. With the Salesforce CLI, save it under its file name in \
                   force-app/main/default/permissionsets and run: sf project deploy start --source-dir \
                   force-app/main/default/permissionsets. With Workbench, create a zip file of package.xml and \
                   permissionsets/NAME.permissionset and choose migration → Deploy. Then open Setup → Permission Sets, \
                   select the permission set, choose Manage Assignments, and add the connected user.",
    done_when: DoneWhen::Organization,
    blocked_by: ACCESS,
    docs: PERMISSIONS,
};

const CERTIFICATE: Text = Text {
    key: "CERTIFICATE",
    title: "Upload the certificate of the signing key",
    instructions: "In the app's settings, under the JWT bearer flow, upload the certificate (PEM) of the private key that \
                   the gateway signs with. Do not upload the private key.",
    done_when: DoneWhen::Token,
    blocked_by: &[],
    docs: JWT_FLOW,
};

const APP_POLICIES: Text = Text {
    key: "APP_POLICIES",
    title: "Allow the user to use the app",
    instructions: "In the app's policies, set the permitted users as listed here and add the permission set to the app. \
                   Relax IP restrictions unless the gateway's IP address is trusted (Setup → Network Access).",
    done_when: DoneWhen::Token,
    blocked_by: POLICIES,
    docs: OAUTH_SETUP,
};

const RUN_AS_USER: Text = Text {
    key: "RUN_AS_USER",
    title: "Set the Run As user of the app",
    instructions: "In the app's policies, enable the client credentials flow and enter the username of the connected user \
                   under Run As. Do not enter the e-mail address.",
    done_when: DoneWhen::Token,
    blocked_by: RUN_AS,
    docs: OAUTH_SETUP,
};

const MY_DOMAIN_URL: Text = Text {
    key: "MY_DOMAIN",
    title: "Note the My Domain URL",
    instructions: "Setup → My Domain shows it: https://NAME.my.salesforce.com, or for a sandbox \
                   https://NAME--SANDBOX.sandbox.my.salesforce.com. Do not use the URL of the Lightning pages or \
                   login.salesforce.com.",
    done_when: DoneWhen::Address,
    blocked_by: DOMAIN,
    docs: MY_DOMAIN,
};

fn other(label: &str, value: &str) -> SetupValue {
    SetupValue::new(SetupField::Other, label, value)
}

fn user(grant: GrantType) -> SetupStep {
    CONNECTED_USER.step_with(match grant {
        GrantType::AuthorizationCode => "Log in as this user when you authorize the connection.",
        GrantType::ClientCredentials => "The app runs as this user.",
        GrantType::JwtBearer => "Note the username; the gateway signs assertions for it.",
    })
}

fn external_client_app() -> SetupStep {
    let text = Text {
        key: "EXTERNAL_CLIENT_APP",
        title: "Create an External Client App",
        instructions: "Open Setup → External Client App Manager → New External Client App. Enter a name and a contact e-mail \
                       address, and choose the distribution state listed here.",
        done_when: DoneWhen::Application,
        blocked_by: &[],
        docs: EXTERNAL_CLIENT_APP,
    };
    text.step().with_values([other("External Client App Name", "Seatgraph"), other("Distribution State", "Local")])
}

fn connected_app() -> SetupStep {
    let text = Text {
        key: "CONNECTED_APP",
        title: "Or use a Connected App (legacy)",
        instructions: "Only if the organisation has a Connected App for this purpose, or can still create one: open Setup → \
                       App Manager, and choose New Connected App or edit the existing one. Its settings have the same \
                       names as below. Its policies are under Manage → Edit Policies.",
        done_when: DoneWhen::Application,
        blocked_by: &[],
        docs: OAUTH_SETUP,
    };
    text.step().instead_of("EXTERNAL_CLIENT_APP")
}

fn flow(context: &SetupContext<'_>) -> SetupStep {
    const NO_REDIRECT: &str = "In the app's settings, choose Enable OAuth. Salesforce requires a callback URL, although this \
                               flow does not use it. Under Flow Enablement,";
    let callback = SetupValue::new(SetupField::CallbackUrl, "Callback URL", context.callback_url.as_str());
    let (instructions, values, docs): (_, &[(&str, &str)], _) = match context.grant {
        GrantType::AuthorizationCode => (
            "In the app's settings, choose Enable OAuth and enter the callback URL exactly as shown. Under Security, \
             require the secret for the web server flow and for the refresh token flow, require PKCE, and enable \
             refresh token rotation. The gateway supports all of them."
                .to_owned(),
            &[
                ("Require Proof Key for Code Exchange (PKCE)", "on"),
                ("Enable Refresh Token Rotation", "on"),
                ("Require Secret for Web Server Flow", "on"),
                ("Require Secret for Refresh Token Flow", "on"),
            ],
            OAUTH_SETUP,
        ),
        GrantType::ClientCredentials => (
            format!(
                "{NO_REDIRECT} enable the client credentials flow. If users also authorize through an app, create a \
                 second app for this flow, because the settings conflict."
            ),
            &[("Enable Client Credentials Flow", "on"), ("Require Proof Key for Code Exchange (PKCE)", "off")],
            OAUTH_SETUP,
        ),
        GrantType::JwtBearer => {
            (format!("{NO_REDIRECT} enable the JWT bearer flow."), &[("Enable JWT Bearer Flow", "on")], JWT_FLOW)
        }
    };
    let values = values.iter().map(|(label, value)| other(label, value));
    SetupStep::at_vendor("OAUTH_FLOW", "Enable OAuth", ADMINISTRATOR, DoneWhen::Token)
        .with_instructions(instructions)
        .with_values([callback].into_iter().chain(values))
        .with_blocking_findings(FLOW)
        .with_docs(docs)
}

/// The label in Salesforce's list of scopes.
fn scope_label(scope: &str) -> &str {
    match scope {
        "api" => "Manage user data via APIs (api)",
        "refresh_token" => "Perform requests at any time (refresh_token, offline_access)",
        other => other,
    }
}

fn scopes(grant: GrantType) -> SetupStep {
    let text = Text {
        key: "SCOPES",
        title: "Select the scopes",
        instructions: "In the app's OAuth settings, move only the scopes listed here to Selected OAuth Scopes.",
        done_when: DoneWhen::Scopes,
        blocked_by: SCOPES,
        docs: OAUTH_SETUP,
    };
    let scopes = MANIFEST.scopes(grant).into_iter();
    let values = scopes.map(|scope| SetupValue::new(SetupField::Scope, scope_label(scope), scope));
    text.step_with(match grant {
        GrantType::ClientCredentials => "Salesforce ignores other scopes in the client credentials flow.",
        GrantType::AuthorizationCode | GrantType::JwtBearer => "",
    })
    .with_values(values)
}

fn policies(grant: GrantType) -> SetupStep {
    let sentence = match grant {
        GrantType::AuthorizationCode => {
            "Choose that refresh tokens are valid until revoked, or that they expire after 30 days without use."
        }
        GrantType::ClientCredentials | GrantType::JwtBearer => "",
    };
    let permitted = other("Permitted Users", "Admin approved users are pre-authorized");
    APP_POLICIES.step_with(sentence).with_values([permitted])
}

fn consumer_key(grant: GrantType) -> SetupStep {
    let (title, values) = match grant {
        GrantType::JwtBearer => ("Copy the consumer key", "the consumer key"),
        _ => ("Copy the consumer key and the consumer secret", "the consumer key and the consumer secret"),
    };
    SetupStep::at_vendor("CONSUMER_KEY", title, ADMINISTRATOR, DoneWhen::Application)
        .with_instructions(format!(
            "Open the app's Settings → OAuth Settings → Consumer Key and Secret. Salesforce verifies your identity before it \
             shows them. Enter {values} in the gateway, or send them to its administrator by a secure channel. A new app \
             takes 2 to 10 minutes to become known."
        ))
        .with_blocking_findings(KEY)
        .with_docs(OAUTH_SETUP)
}
