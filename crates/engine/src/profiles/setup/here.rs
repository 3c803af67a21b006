//! Setup steps in the gateway, the same for every vendor.

use seatgraph_core::{BlockingFinding, DoneWhen, GrantType, SetupStep, Severity};

/// Role required for the steps in the gateway.
const INTEGRATOR: &str = "Seatgraph integrator";

const REFUSED: &[BlockingFinding] = &[
    BlockingFinding { code: "CREDENTIAL_MISSING", from: Severity::Error },
    BlockingFinding { code: "CREDENTIAL_UNREADABLE", from: Severity::Error },
];

/// Returns the steps after the vendor's.
pub(super) fn steps(vendor: &str, grant: Option<GrantType>) -> Vec<SetupStep> {
    let mut steps = vec![address(vendor)];
    steps.extend(grant.into_iter().flat_map(|grant| credential(vendor, grant)));
    steps.extend([validate(vendor), publish(), first_sync(vendor)]);
    steps
}

fn address(vendor: &str) -> SetupStep {
    SetupStep::in_gateway("ADDRESS", "Enter the organisation's URL", INTEGRATOR, DoneWhen::Address)
        .with_instructions(format!("Set instanceUrl of the connection alias to the organisation's URL at {vendor}."))
}

fn credential(vendor: &str, grant: GrantType) -> Vec<SetupStep> {
    let enter = |instructions: &str| {
        SetupStep::in_gateway("CREDENTIAL", "Enter the credential", INTEGRATOR, DoneWhen::Credential)
            .with_instructions(instructions)
            .with_blocking_findings(REFUSED)
    };
    match grant {
        GrantType::ClientCredentials => vec![enter(
            "Enter the client ID and client secret on the connection alias (setClientCredentials). They are stored encrypted \
             and never shown again.",
        )],
        GrantType::JwtBearer => vec![enter(
            "Enter the client ID, the username and the private key on the connection alias (setJwtBearer). The key is stored \
             encrypted and never shown again.",
        )],
        GrantType::AuthorizationCode => vec![
            SetupStep::in_gateway("BEGIN_CONSENT", "Start the authorisation", INTEGRATOR, DoneWhen::Application)
                .with_instructions(
                    "Enter the client ID and client secret (beginAuthorization). The returned URL is valid \
                     for ten minutes. Open it in this browser, or send a delegated link to a user with access to the vendor.",
                ),
            SetupStep::at_vendor(
                "CONSENT",
                format!("Allow the access at {vendor}"),
                "a person who can log in as the connection's user",
                DoneWhen::Token,
            )
            .with_instructions(format!(
                "Log in at {vendor} as the connection's user and allow the access. The connection acts as the \
                 user who allows the access, so do not use a personal account."
            ))
            .with_blocking_findings(CONSENT),
        ],
    }
}

const CONSENT: &[BlockingFinding] = &[
    BlockingFinding { code: "OAUTH_GRANT_GONE", from: Severity::Error },
    BlockingFinding { code: "OAUTH_CONSENT_DENIED", from: Severity::Error },
];

fn validate(vendor: &str) -> SetupStep {
    SetupStep::in_gateway("VALIDATE", "Validate the profile", INTEGRATOR, DoneWhen::Processes).with_instructions(format!(
        "Validation (validateProfile) checks the connection and the permissions of each process, without changing anything \
         at {vendor}, and reports what is missing. It can be repeated at any time."
    ))
}

fn publish() -> SetupStep {
    SetupStep::in_gateway("PUBLISH", "Publish the profile", INTEGRATOR, DoneWhen::Published)
        .with_instructions("Publishing (publishProfile) activates the profile's schedule and starts its first sync.")
}

fn first_sync(vendor: &str) -> SetupStep {
    SetupStep::in_gateway(
        "FIRST_SYNC",
        "Wait for the first sync",
        "nobody: the gateway performs this step",
        DoneWhen::Synced,
    )
    .with_instructions(format!(
        "The first sync reads all records. It takes a few minutes for a few thousand users, depending on {vendor}. Its \
             progress can be followed (syncProgress)."
    ))
}
