//! Checks that instance URLs belong to the vendor.

use seatgraph_core::http::grant::Grant;
use seatgraph_core::http::is_loopback;
use seatgraph_core::{Error, ErrorKind, Finding, OAuth, Registration, Result};
use serde_json::Value;
use url::Url;

use crate::properties::INSTANCE_URL;
use crate::{EngineSettings, findings as problem};

/// Placeholder URL of an alias without one; `.invalid` never resolves (RFC 2606).
const UNSET: &str = "http://unset.invalid";

/// Returns the organisation's base URL. URLs on this machine are only accepted if the settings allow simulators.
pub(crate) fn base_url(connector: &Registration, config: &Value, settings: &EngineSettings) -> Result<Url> {
    let written = config.get(INSTANCE_URL).and_then(Value::as_str).unwrap_or(UNSET);
    let wrong = |finding: Finding| {
        let message = finding.message.trim_end_matches('.').to_owned();
        Error::new(ErrorKind::ConfigInvalid, message).with("property", INSTANCE_URL).with_finding(finding)
    };
    let url: Url = written.parse().map_err(|e: url::ParseError| wrong(problem::no_address()).with_source(e))?;
    let manifest = connector.manifest();
    match (is_loopback(&url), settings.loopback_vendors) {
        (true, true) => Ok(url),
        (true, false) => Err(wrong(problem::loopback_address())),
        (false, _) if manifest.owns_url(&url) => Ok(url),
        (false, _) => Err(wrong(problem::foreign_address(manifest))),
    }
}

/// Refuses a token response whose instance URL does not belong to the vendor.
pub(crate) fn check_grant(connector: &Registration, oauth: &OAuth, granted: Grant) -> Result<Grant> {
    let Some(url) = &granted.instance_url else { return Ok(granted) };
    let simulated = is_loopback(&oauth.token_url) && is_loopback(url);
    if simulated || connector.manifest().owns_url(url) {
        return Ok(granted);
    }
    let error = Error::new(ErrorKind::ConfigInvalid, "token's answer names an address that is not the vendor's");
    Err(error.with_finding(problem::foreign_token()))
}
