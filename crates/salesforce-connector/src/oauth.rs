//! The OAuth endpoints of an organisation, and the findings for refused token requests.

mod refusals;
#[cfg(test)]
mod tests;

use seatgraph_core::{Error, ErrorKind, Finding, GrantRefusal, GrantType, OAuth, Result, Severity};
use url::Url;

use crate::config::Settings;
use crate::findings::{OAUTH_ERRORS, OAUTH_SETUP};
use crate::manifest::MANIFEST;

const JWT_SETUP: &str =
    "https://help.salesforce.com/s/articleView?id=xcloud.configure_oauth_jwt_flow_external_client_apps.htm&type=5";

/// The endpoints on the organisation's own host; the login hosts do not serve client credentials.
pub(crate) fn endpoints(settings: &Settings) -> Result<OAuth> {
    let at = |path: &str| -> Result<Url> {
        let invalid = |e| Error::new(ErrorKind::ConfigInvalid, "property instanceUrl is not a URL").with_source(e);
        settings.instance_url.join(path).map_err(invalid)
    };
    Ok(OAuth {
        token_url: at("/services/oauth2/token")?,
        authorize_url: Some(at("/services/oauth2/authorize")?),
        revoke_url: Some(at("/services/oauth2/revoke")?),
        audience: Some(settings.jwt_audience.clone().unwrap_or_else(|| audience(&settings.instance_url))),
        explain,
    })
}

/// The audience of a signed assertion: the login host, even where My Domain issues the token. For another one Salesforce
/// answers "audience is invalid"
/// (help.salesforce.com, xcloud.remoteaccess_oauth_jwt_flow, forcedotcom/sfdx-core `getJwtAudienceUrl`).
fn audience(instance: &Url) -> String {
    let host = instance.host_str().unwrap_or_default().trim_end_matches('.').to_ascii_lowercase();
    let Some(vendor) = MANIFEST.hosts.iter().find(|vendor| host.ends_with(&format!(".{vendor}"))) else {
        return instance.origin().ascii_serialization();
    };
    let has = |part: &str| host.contains(part);
    let is_test = has("--") || has(".sandbox.") || has(".scratch.") || host.starts_with("test.");
    format!("https://{}.{vendor}", if is_test { "test" } else { "login" })
}

/// Says whether a granted scope includes `needed`: `full` includes all scopes except the refresh token, which has two
/// names.
pub(crate) fn covers(granted: &str, needed: &str) -> bool {
    const REFRESH: [&str; 2] = ["refresh_token", "offline_access"];
    let is_refresh = REFRESH.contains(&needed);
    granted == needed || (is_refresh && REFRESH.contains(&granted)) || (!is_refresh && granted == "full")
}

/// Turns a refusal, from the token endpoint or from the redirect after a consent, into an error with a finding.
pub(crate) fn explain(refusal: &GrantRefusal) -> Error {
    let explanation = refusals::explain(refusal);
    let cut = |text: &str| text.chars().take(200).collect::<String>();
    let (error, description) = (cut(&refusal.error), cut(&refusal.description));
    let seen = match (error.as_str(), description.as_str()) {
        ("", _) => format!("HTTP {}", refusal.status),
        (error, "") => error.to_owned(),
        (error, description) => format!("{error}: {description}"),
    };
    let docs = match (explanation.kind, refusal.grant) {
        (_, GrantType::JwtBearer) => JWT_SETUP,
        (ErrorKind::ConfigInvalid, _) => OAUTH_SETUP,
        _ => OAUTH_ERRORS,
    };
    let finding = Finding::new(explanation.code, Severity::Error, explanation.message, explanation.remedy);
    Error::new(explanation.kind, "organisation refused a token")
        .with("error", error)
        .with("description", description)
        .with("status", refusal.status)
        .with_finding(finding.with_seen(seen).with_docs(docs))
}
