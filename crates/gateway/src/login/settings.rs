//! Settings of the OpenID provider and of sessions.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use seatgraph_core::Secret;
use seatgraph_core::http::{TrustedCas, is_loopback};
use serde::{Deserialize, Deserializer};
use url::Url;

/// Settings of the login: `[login]` in the file, `SEATGRAPH_LOGIN__ISSUER` and so on in the environment. Register two
/// URLs at the provider: `/login/callback` under the public URL as redirect URI, and `/logout` as post-logout redirect
/// URI.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LoginSettings {
    /// Issuer URL, exactly as in the provider's `/.well-known/openid-configuration`. Must use HTTPS, except on the same
    /// machine.
    pub issuer: String,
    /// OAuth client ID of the gateway.
    pub client_id: String,
    /// OAuth client secret. Omit it for a public client, which PKCE protects. Set it in the environment:
    /// `SEATGRAPH_LOGIN__CLIENT_SECRET`.
    #[serde(default)]
    pub client_secret: Option<Secret>,
    /// PEM file with CA certificates, if the provider's certificate is not signed by a public CA.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// Scopes to request besides `openid`. Some providers require one for groups.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// Claim with the user's groups: a name, or a JSON pointer such as `/realm_access/roles`. It can be in the ID token
    /// or in the userinfo response.
    #[serde(default = "group_claim")]
    pub group_claim: String,
    /// Claim with the display name: a name or a JSON pointer. Default if missing: `preferred_username`, then `email`,
    /// then the subject.
    #[serde(default = "name_claim")]
    pub name_claim: String,
    /// Groups whose members can log in. If empty, all users of the provider can.
    #[serde(default)]
    pub allowed_groups: Vec<String>,
    /// Lifetime of a session in seconds, regardless of use.
    #[serde(default = "session_life", rename = "session_seconds", deserialize_with = "seconds")]
    pub session_life: Duration,
    /// Idle timeout of a session in seconds.
    #[serde(default = "session_idle", rename = "idle_seconds", deserialize_with = "seconds")]
    pub session_idle: Duration,
    /// Timeout of a login in seconds.
    #[serde(default = "attempt_life", rename = "attempt_seconds", deserialize_with = "seconds")]
    pub attempt_life: Duration,
}

fn scopes() -> Vec<String> {
    vec!["profile".to_owned(), "email".to_owned()]
}

fn group_claim() -> String {
    "groups".to_owned()
}

fn name_claim() -> String {
    "name".to_owned()
}

const fn session_life() -> Duration {
    Duration::from_secs(12 * 60 * 60)
}

const fn session_idle() -> Duration {
    Duration::from_secs(60 * 60)
}

const fn attempt_life() -> Duration {
    Duration::from_secs(10 * 60)
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

impl LoginSettings {
    /// Validates the settings for a gateway with the public URL `public_url`. Returns one message per problem.
    #[must_use]
    pub fn faults(&self, public_url: &Url) -> Vec<String> {
        let mut faults = Vec::new();
        let mut demand = |holds: bool, fault: &str| {
            if !holds {
                faults.push(fault.to_owned());
            }
        };
        let issuer = Url::parse(&self.issuer).ok();
        demand(
            issuer.as_ref().is_some_and(is_guarded),
            "login.issuer must be an https URL, such as https://id.example.com",
        );
        demand(
            is_guarded(public_url),
            "public_url must be https for a login: otherwise the session cookie is sent unencrypted",
        );
        demand(!self.client_id.is_empty(), "login.client_id must not be empty");
        let named = |claim: &str| !claim.is_empty() && claim != "/";
        demand(named(&self.group_claim), "login.group_claim must name a claim");
        demand(named(&self.name_claim), "login.name_claim must name a claim");
        demand(
            !self.scopes.iter().any(|scope| scope.is_empty() || scope.contains(char::is_whitespace)),
            "login.scopes must be a list with one scope per string",
        );
        demand(!self.session_life.is_zero(), "login.session_seconds must not be zero");
        demand(!self.session_idle.is_zero(), "login.idle_seconds must not be zero");
        demand(!self.attempt_life.is_zero(), "login.attempt_seconds must not be zero");
        faults
    }

    /// Reads the CA certificates.
    pub(super) fn trusted_cas(&self) -> anyhow::Result<Option<TrustedCas>> {
        let read = |path: &PathBuf| anyhow::Ok(TrustedCas::from_pem(&std::fs::read(path)?)?);
        let named = |path: &PathBuf| read(path).with_context(|| format!("login.ca_file: {}", path.display()));
        self.ca_file.as_ref().map(named).transpose()
    }
}

/// Whether connections to this URL are encrypted or local.
fn is_guarded(url: &Url) -> bool {
    url.scheme() == "https" || (url.scheme() == "http" && is_loopback(url))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(more: &str) -> LoginSettings {
        let toml = format!("issuer = 'https://id.example.com'\nclient_id = 'seatgraph'\n{more}");
        figment::Figment::from(<figment::providers::Toml as figment::providers::Format>::string(&toml))
            .extract()
            .unwrap()
    }

    fn faults(settings: &LoginSettings, public_url: &str) -> String {
        settings.faults(&public_url.parse().unwrap()).join("\n")
    }

    #[test]
    fn the_issuer_and_the_client_id_are_enough() {
        let settings = settings("");
        assert_eq!(faults(&settings, "https://licences.example.com"), "");
        assert_eq!((settings.group_claim.as_str(), settings.scopes.as_slice()), ("groups", scopes().as_slice()));
        assert_eq!((settings.session_life.as_secs(), settings.session_idle.as_secs()), (43_200, 3_600));
    }

    #[test]
    fn the_public_url_must_be_encrypted_or_local() {
        assert_eq!(faults(&settings(""), "http://localhost:8080"), "");
        assert!(faults(&settings(""), "http://licences.example.com").starts_with("public_url must be https"));
    }

    #[test]
    fn invalid_settings_are_named() {
        let plain = LoginSettings { issuer: "http://id.example.com".to_owned(), ..settings("") };
        assert!(faults(&plain, "https://x.example").starts_with("login.issuer must be an https URL"));
        let empty = settings("group_claim = ''\nsession_seconds = 0\nscopes = ['profile email']");
        let all = faults(&empty, "https://x.example");
        for field in ["login.group_claim", "login.session_seconds", "login.scopes"] {
            assert!(all.contains(field), "{field}: {all}");
        }
    }

    #[test]
    fn an_unreadable_ca_file_is_named() {
        for (path, why) in [
            ("/missing/ca.pem", "No such file"),
            (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), "no certificate"),
        ] {
            let settings = LoginSettings { ca_file: Some(path.into()), ..settings("") };
            let message = format!("{:#}", settings.trusted_cas().unwrap_err());
            assert!(message.contains(&format!("login.ca_file: {path}")) && message.contains(why), "{message}");
        }
    }

    #[test]
    fn debug_keeps_the_secret() {
        let settings = settings("client_secret = 'hunter2'");
        assert_eq!(settings.client_secret.as_ref().unwrap().expose(), "hunter2");
        assert!(!format!("{settings:?}").contains("hunter2"));
    }
}
