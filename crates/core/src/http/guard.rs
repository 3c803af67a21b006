//! Which addresses may be reached: an address that a customer typed must not open our own network to them.
//!
//! Names are judged by what they resolve to, at the moment of connecting, so that a name which changes its mind
//! between check and use gains nothing. Literal addresses never reach a resolver and are judged on their own.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

use crate::{Error, ErrorKind, Result};

/// Which addresses may be reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Reach {
    /// Public addresses alone.
    Public,
    /// Public addresses, and this machine when it is written out (`127.0.0.1`, `[::1]`, `localhost`): how a
    /// simulator is reached. Whether a person may write that is for the connector's configuration to say.
    #[default]
    PublicOrLoopback,
    /// Every address, for vendors that run in the customer's own network.
    Anywhere,
}

/// Says whether `url` is this machine, written out: `localhost`, `127.0.0.0/8` or `[::1]`. A simulator lives there.
#[must_use]
pub fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

/// Judges addresses, and resolves names to those that pass. One bad address among a name's several refuses the name,
/// because which of them is tried is not ours to say.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guard(Reach);

impl Guard {
    pub(super) const fn new(reach: Reach) -> Self {
        Self(reach)
    }

    /// Refuses a literal address that may not be reached; names are judged when they are resolved.
    pub(super) fn admit(self, url: &Url) -> Result<()> {
        let literal = match url.host() {
            Some(Host::Ipv4(ip)) => IpAddr::V4(ip),
            Some(Host::Ipv6(ip)) => IpAddr::V6(ip),
            _ => return Ok(()),
        };
        if self.allows(literal, Written::Out) { Ok(()) } else { Err(forbidden_address()) }
    }

    fn allows(self, ip: IpAddr, written: Written) -> bool {
        match self.0 {
            Reach::Anywhere => true,
            Reach::Public => is_public(ip),
            Reach::PublicOrLoopback => is_public(ip) || (written == Written::Out && ip.is_loopback()),
        }
    }
}

/// Whether an address was written as such, or is what a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Written {
    Out,
    AsName,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let guard = *self;
        Box::pin(async move {
            let written = if name.as_str().eq_ignore_ascii_case("localhost") { Written::Out } else { Written::AsName };
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            if found.iter().all(|address| guard.allows(address.ip(), written)) {
                Ok(Box::new(found.into_iter()) as Addrs)
            } else {
                Err(forbidden_address().into())
            }
        })
    }
}

fn forbidden_address() -> Error {
    Error::new(ErrorKind::ConfigInvalid, "address is not on the public network")
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
    // Addresses that carry an IPv4 address inside (Teredo, 6to4) would lead around the rules above.
    let tunnelled = (s[0] == 0x2001 && s[1] == 0) || s[0] == 0x2002;
    global_unicast && !documentation && !tunnelled
}

#[cfg(test)]
mod tests {
    use super::*;

    fn admits(reach: Reach, url: &str) -> bool {
        Guard::new(reach).admit(&Url::parse(url).unwrap()).is_ok()
    }

    #[test]
    fn addresses_of_private_networks_are_not_reached() {
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
            "http://2130706433.example/../", // a name, judged later
        ];
        let admitted: Vec<_> = inner.into_iter().filter(|url| admits(Reach::Public, url)).collect();
        assert_eq!(admitted, ["http://2130706433.example/../"]);
    }

    #[test]
    fn an_address_written_as_one_number_is_judged_like_any_other() {
        assert!(!admits(Reach::Public, "http://2130706433/"), "that is 127.0.0.1");
    }

    #[test]
    fn this_machine_is_reached_only_where_it_is_written_out() {
        assert!(admits(Reach::PublicOrLoopback, "http://127.0.0.1:8080/"));
        assert!(!Guard::new(Reach::PublicOrLoopback).allows(Ipv4Addr::LOCALHOST.into(), Written::AsName));
    }

    #[test]
    fn public_addresses_are_reached() {
        assert!(admits(Reach::Public, "https://1.1.1.1/") && admits(Reach::Public, "https://[2606:4700::1111]/"));
    }

    #[test]
    fn a_vendor_in_the_customers_network_is_reached_where_that_is_allowed() {
        assert!(admits(Reach::Anywhere, "https://10.0.0.7/"));
    }
}
