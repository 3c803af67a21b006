//! What is done in the gateway, whichever the vendor.

use seatgraph_core::{Doubt, GrantType, SetupProof, SetupStep, Severity};

/// The role that sets connections up.
const INTEGRATOR: &str = "Seatgraph integrator";

const REFUSED: &[Doubt] = &[
    Doubt { code: "CREDENTIAL_MISSING", from: Severity::Error },
    Doubt { code: "CREDENTIAL_UNREADABLE", from: Severity::Error },
];

/// The steps that follow the vendor's.
pub(super) fn steps(vendor: &str, grant: Option<GrantType>) -> Vec<SetupStep> {
    let mut steps = vec![address(vendor)];
    steps.extend(grant.into_iter().flat_map(|grant| credential(vendor, grant)));
    steps.extend([validate(vendor), publish(), first_sync(vendor)]);
    steps
}

fn address(vendor: &str) -> SetupStep {
    SetupStep::here("ADDRESS", "Enter the organisation's address", INTEGRATOR, SetupProof::Address).with_instructions(
        format!("Set instanceUrl of the connection alias to the address of the organisation at {vendor}."),
    )
}

fn credential(vendor: &str, grant: GrantType) -> Vec<SetupStep> {
    let enter = |instructions: &str| {
        SetupStep::here("CREDENTIAL", "Enter the credential", INTEGRATOR, SetupProof::Credential)
            .with_instructions(instructions)
            .with_doubts(REFUSED)
    };
    match grant {
        GrantType::ClientCredentials => vec![enter(
            "Enter the application's id and secret on the connection alias (setClientCredentials). They are sealed at \
             once and never shown again.",
        )],
        GrantType::JwtBearer => vec![enter(
            "Enter the application's id, the username to sign for, and the private key on the connection alias. The \
             key is sealed at once and never shown again.",
        )],
        GrantType::AuthorizationCode => vec![
            SetupStep::here("BEGIN_CONSENT", "Begin the consent", INTEGRATOR, SetupProof::Application)
                .with_instructions(
                    "Enter the application's id and secret (beginAuthorization). The address that comes back is open \
                     for ten minutes; open it in this browser, or send a delegated link to whoever has access.",
                ),
            SetupStep::at_vendor(
                "CONSENT",
                format!("Agree on {vendor}'s page"),
                "whoever may log in as the connection's user",
                SetupProof::Token,
            )
            .with_instructions(format!(
                "Log in at {vendor} as the connection's user and allow the access. The connection acts as whoever \
                 agrees here, so this is not the moment for an account of one's own."
            ))
            .with_doubts(CONSENT),
        ],
    }
}

const CONSENT: &[Doubt] = &[
    Doubt { code: "OAUTH_GRANT_GONE", from: Severity::Error },
    Doubt { code: "OAUTH_CONSENT_DENIED", from: Severity::Error },
];

fn validate(vendor: &str) -> SetupStep {
    SetupStep::here("VALIDATE", "Validate the profile", INTEGRATOR, SetupProof::Processes).with_instructions(format!(
        "Validating (validateProfile) looks at the organisation the way each process would, without changing anything \
         at {vendor}, and says what is missing. As often as you like."
    ))
}

fn publish() -> SetupStep {
    SetupStep::here("PUBLISH", "Publish the profile", INTEGRATOR, SetupProof::Published)
        .with_instructions("Publishing (publishProfile) puts the profile on its schedule and starts its first sync.")
}

fn first_sync(vendor: &str) -> SetupStep {
    SetupStep::here("FIRST_SYNC", "Wait for the first sync", "nobody: the gateway does it", SetupProof::Synced)
        .with_instructions(format!(
            "The first sync reads everything: some minutes for a few thousand users, as fast as {vendor} answers. Its \
             progress can be watched (syncProgress)."
        ))
}
