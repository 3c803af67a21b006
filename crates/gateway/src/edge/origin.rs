//! Checks of the `Host` and `Origin` headers.

use std::net::IpAddr;

use axum::http::{HeaderMap, Uri, header, uri::Authority};

use super::Settings;
use super::refusal::{Code, Refused, RejectReason};

/// The host names that requests may be addressed to.
///
/// In a DNS rebinding attack, the host name of a foreign page resolves to the address of the gateway. Its requests still
/// have that name in `Host`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HostPolicy {
    /// Loopback names and addresses: `localhost`, `*.localhost`, `127.0.0.0/8`, `[::1]`, with any port.
    Loopback,
    /// The same, and this host name, in lower case and without a port.
    LoopbackAnd(String),
    /// These host names, in lower case and without a port.
    Names(Vec<String>),
}

impl HostPolicy {
    fn admits(&self, authority: &Authority) -> bool {
        let host = authority.host().trim_end_matches('.').to_ascii_lowercase();
        match self {
            Self::Names(names) => names.contains(&host),
            Self::LoopbackAnd(name) if *name == host => true,
            Self::Loopback | Self::LoopbackAnd(_) => {
                let bare = host.trim_start_matches('[').trim_end_matches(']');
                host == "localhost"
                    || host.ends_with(".localhost")
                    || bare.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
            }
        }
    }
}

/// Refuses a request that is addressed to another host name, or that a page of another origin sends.
pub(crate) fn check(headers: &HeaderMap, uri: &Uri, settings: &Settings) -> Result<(), Refused> {
    let refused = |message| Refused::new(RejectReason::Forbidden, Code::Forbidden, message);
    let Some(host) = host(headers, uri) else {
        return Err(refused("the Host header is missing or not a host"));
    };
    if !settings.allowed_hosts.admits(&host) {
        return Err(refused("the name in the Host header is not a name of this server"));
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return Ok(()) };
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let allowed = settings.allowed_origins.iter().any(|a| a.origin().ascii_serialization() == origin);
    if allowed || is_same(&origin, &host) {
        return Ok(());
    }
    Err(refused("requests from this Origin are not allowed"))
}

/// Whether a request is addressed to a loopback name and not sent by a page of another origin.
pub(crate) fn is_local(headers: &HeaderMap, uri: &Uri) -> bool {
    let Some(host) = host(headers, uri).filter(|host| HostPolicy::Loopback.admits(host)) else { return false };
    match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => is_same(&origin.to_str().unwrap_or_default().to_ascii_lowercase(), &host),
    }
}

/// Whether a page of another site caused the request. The cookie of such a request must be ignored, except to show a page.
///
/// `Sec-Fetch-Site` is used if present, because the forms of a page with `Referrer-Policy: no-referrer` have the `Origin`
/// `null`. Other hosts of the same registrable domain count as other sites. A client that sends neither header is not a
/// browser, so no page can misuse it.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().unwrap_or_default().to_ascii_lowercase();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok()?.parse::<Authority>().ok());
    !host.is_some_and(|host| is_same(&origin, &host))
}

/// HTTP/2 has the name in the target instead of a header.
fn host(headers: &HeaderMap, uri: &Uri) -> Option<Authority> {
    if let Some(authority) = uri.authority() {
        return Some(authority.clone());
    }
    let mut hosts = headers.get_all(header::HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

fn is_same(origin: &str, host: &Authority) -> bool {
    let origin = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    origin.is_some_and(|origin| origin == host.as_str().to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loopback(host: &str) -> bool {
        HostPolicy::Loopback.admits(&host.parse().unwrap())
    }

    #[test]
    fn only_loopback_names_are_local() {
        for ours in ["localhost", "LOCALHOST:8080", "app.localhost:1", "127.0.0.1:80", "127.8.0.1", "[::1]:80"] {
            assert!(loopback(ours), "{ours}");
        }
        for theirs in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "0.0.0.0", "[::2]"] {
            assert!(!loopback(theirs), "{theirs}");
        }
    }

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect()
    }

    #[test]
    fn a_request_of_our_own_page_is_not_cross_site() {
        let ours: [&[(&str, &str)]; 6] = [
            &[("sec-fetch-site", "same-origin"), ("origin", "null")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://licences.example.com"), ("host", "licences.example.com")],
            &[("origin", "http://localhost:8080"), ("host", "LOCALHOST:8080")],
            &[("host", "licences.example.com")],
            &[],
        ];
        for pairs in ours {
            assert!(!is_cross_site(&headers(pairs)), "{pairs:?}");
        }
    }

    #[test]
    fn a_request_of_a_foreign_page_is_cross_site() {
        let theirs: [&[(&str, &str)]; 8] = [
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "same-site"), ("origin", "https://a.example.com"), ("host", "a.example.com")],
            &[("sec-fetch-site", "something new")],
            &[("origin", "https://evil.example"), ("host", "licences.example.com")],
            &[("origin", "http://localhost:8081"), ("host", "localhost:8080")],
            &[("origin", "null"), ("host", "licences.example.com")],
            &[("origin", "file://"), ("host", "")],
            &[("origin", "https://licences.example.com")],
        ];
        for pairs in theirs {
            assert!(is_cross_site(&headers(pairs)), "{pairs:?}");
        }
    }
}
