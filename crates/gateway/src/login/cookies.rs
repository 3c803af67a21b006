//! The two cookies of a browser: the session's token, and what binds a login to the browser that began it.
//!
//! Under an https address both carry `Secure` and the `__Host-` prefix, so that no neighbouring name and no plain
//! connection can plant one. Browsers do not agree on whether plain-HTTP loopback may set such cookies; there, and there
//! alone, they have plain names and no `Secure`, and the pages of other ports of the same machine can reach them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use seatgraph_core::Secret;
use url::Url;

/// Letters of a token, as [`Secret::generate`] makes it.
const LETTERS: usize = 43;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cookie {
    /// Says whose session it is.
    Session,
    /// Says which browser began a login.
    Browser,
}

/// How the cookies are named and guarded, by the address under which browsers know the gateway.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cookies {
    secure: bool,
}

impl Cookies {
    pub(super) fn of(public_url: &Url) -> Self {
        Self { secure: public_url.scheme() == "https" }
    }

    /// Reads a cookie; `None` when it is absent or cannot be one of ours.
    pub(super) fn read(self, cookie: Cookie, headers: &HeaderMap) -> Option<Secret> {
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let (_, value) = pairs.find(|(name, _)| *name == self.name(cookie))?;
        let is_token = value.len() == LETTERS && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
        is_token.then(|| Secret::new(value))
    }

    /// Sets a cookie for `life`.
    pub(super) fn set(self, cookie: Cookie, value: &Secret, life: Duration) -> HeaderValue {
        self.header(cookie, value.expose(), life.as_secs())
    }

    /// Takes a cookie back.
    pub(super) fn clear(self, cookie: Cookie) -> HeaderValue {
        self.header(cookie, "", 0)
    }

    fn header(self, cookie: Cookie, value: &str, seconds: u64) -> HeaderValue {
        let (name, secure) = (self.name(cookie), if self.secure { "; Secure" } else { "" });
        let text = format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}");
        let mut header = HeaderValue::try_from(text).expect("names and base64 are fit for a header");
        header.set_sensitive(true);
        header
    }

    const fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.secure) {
            (Cookie::Session, true) => "__Host-seatgraph",
            (Cookie::Session, false) => "seatgraph",
            (Cookie::Browser, true) => "__Host-seatgraph-login",
            (Cookie::Browser, false) => "seatgraph-login",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE";

    fn read(url: &str, lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::COOKIE, line.parse().unwrap());
        }
        let found = Cookies::of(&url.parse().unwrap()).read(Cookie::Session, &headers);
        found.map(|token| token.expose().to_owned())
    }

    fn set(url: &str) -> String {
        let header =
            Cookies::of(&url.parse().unwrap()).set(Cookie::Session, &Secret::new(TOKEN), Duration::from_secs(9));
        assert!(header.is_sensitive());
        header.to_str().unwrap().to_owned()
    }

    #[test]
    fn under_https_no_neighbour_can_plant_it_and_no_plain_line_carries_it() {
        assert_eq!(
            set("https://licences.example.com"),
            format!("__Host-seatgraph={TOKEN}; Path=/; Max-Age=9; HttpOnly; SameSite=Lax; Secure")
        );
    }

    #[test]
    fn on_this_machine_without_tls_its_name_is_plain() {
        assert_eq!(
            set("http://localhost:8080"),
            format!("seatgraph={TOKEN}; Path=/; Max-Age=9; HttpOnly; SameSite=Lax")
        );
    }

    #[test]
    fn it_is_found_among_others() {
        let https = "https://licences.example.com";
        assert_eq!(read(https, &["a=b", &format!("c=d; __Host-seatgraph={TOKEN}; e")]).as_deref(), Some(TOKEN));
        assert_eq!(read(https, &[&format!("seatgraph={TOKEN}")]), None, "one that anybody could have set");
        assert_eq!(read(https, &[&format!("x__Host-seatgraph={TOKEN}")]), None);
    }

    #[test]
    fn what_cannot_be_a_token_asks_no_database() {
        for value in ["", "short", &TOKEN.replace('-', "."), &format!("{TOKEN}A"), &format!("\"{TOKEN}\"")] {
            assert_eq!(read("http://localhost:1", &[&format!("seatgraph={value}")]), None, "{value}");
        }
    }

    #[test]
    fn no_two_tokens_are_equal() {
        let (one, other) = (Secret::generate(), Secret::generate());
        assert_eq!(one.expose().len(), LETTERS);
        assert_ne!(one.expose(), other.expose());
    }
}
