//! Protection against server-side request forgery: a configured URL must not reach the gateway's own network.
//!
//! Host names are checked by their resolved addresses when connecting, so that a name cannot resolve to another address
//! between check and use. IP addresses in URLs never reach a resolver and are checked separately.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{Error, ErrorKind, Result};

/// The addresses that may be connected to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Public addresses only.
    Public,
    /// Public addresses, and loopback if the URL names it (`127.0.0.1`, `[::1]`, `localhost`), for a simulator. The
    /// connector's configuration decides whether such a URL may be entered.
    #[default]
    PublicOrLoopback,
    /// Every address, for vendors in the customer's own network.
    Anywhere,
}

/// Says whether the host of `url` is `localhost`, `127.0.0.0/8` or `[::1]`.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Checks addresses, and resolves names. A name with one forbidden address is refused, because the client may choose any
/// of its addresses.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard(EgressPolicy);

impl Guard {
    pub(super) const fn new(policy: EgressPolicy) -> Self {
        Self(policy)
    }

    /// Refuses a forbidden IP address; names are checked when they are resolved.
    pub(super) fn admit(self, url: &Url) -> Result<()> {
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        if self.allows(literal, Source::Url) { Ok(()) } else { Err(forbidden_address()) }
    }

    fn allows(self, ip: IpAddr, source: Source) -> bool {
        match self.0 {
            EgressPolicy::Anywhere => true,
            EgressPolicy::Public => is_public(ip),
            EgressPolicy::PublicOrLoopback => is_public(ip) || (source == Source::Url && ip.is_loopback()),
        }
    }
}

/// Whether an address is in the URL, or was resolved from a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Url,
    Name,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let source = if name.as_str().eq_ignore_ascii_case("localhost") { Source::Url } else { Source::Name };
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().all(|address| guard.allows(address.ip(), source)) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(forbidden_address().into())
            }
        })
    }
}

fn forbidden_address() -> Error {
    Error::new(ErrorKind::ConfigInvalid, "address is not public")
}

fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let shared = a == 100 && (64..128).contains(&b);
    let protocol = (a, b, c) == (192, 0, 0);
    let benchmark = a == 198 && (18..20).contains(&b);
    !(ip.is_private()
        || ip.is_loopback()
        || ip.is_link_local()
        || ip.is_documentation()
        || ip.is_multicast()
        || a == 0
        || a >= 240
        || shared
        || protocol
        || benchmark)
}

fn is_public_v6(ip: Ipv6Addr) -> bool {
    if let Some(v4) = ip.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let s = ip.segments();
    let global_unicast = s[0] & 0xe000 == 0x2000;
    let documentation = s[0] == 0x2001 && s[1] == 0x0db8;
    // Addresses that contain an IPv4 address (Teredo, 6to4) would bypass the rules above.
    let tunnelled = (s[0] == 0x2001 && s[1] == 0) || s[0] == 0x2002;
    global_unicast && !documentation && !tunnelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(policy: EgressPolicy, url: &str) -> bool {
        Guard::new(policy).admit(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn private_addresses_are_refused() {
        let inner = [
            "http://10.1.2.3/",
            "http://172.16.0.1/",
            "http://192.168.1.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://0.0.0.0/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://[::ffff:127.0.0.1]/",
            "http://[2002:7f00:1::]/",
            "http://2130706433.example/../", // a name, checked later
        ];
        let admitted: Vec<_> = inner.into_iter().filter(|url| admits(EgressPolicy::Public, url)).collect();
        assert_eq!(admitted, ["http://2130706433.example/../"]);
    }

    #[test]
    fn an_address_written_as_a_number_is_checked() {
        assert!(!admits(EgressPolicy::Public, "http://2130706433/"), "the number is 127.0.0.1");
    }

    #[test]
    fn loopback_is_allowed_only_where_the_url_names_it() {
        assert!(admits(EgressPolicy::PublicOrLoopback, "http://127.0.0.1:8080/"));
        assert!(!Guard::new(EgressPolicy::PublicOrLoopback).allows(Ipv4Addr::LOCALHOST.into(), Source::Name));
    }

    #[test]
    fn public_addresses_are_allowed() {
        assert!(
            admits(EgressPolicy::Public, "https://1.1.1.1/")
                && admits(EgressPolicy::Public, "https://[2606:4700::1111]/")
        );
    }

    #[test]
    fn private_addresses_are_allowed_with_the_policy_for_them() {
        assert!(admits(EgressPolicy::Anywhere, "https://10.0.0.7/"));
    }
}
