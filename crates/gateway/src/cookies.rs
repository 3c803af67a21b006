//! Cookies. Each contains a token of [`Secret::generate`].
//!
//! With an HTTPS public URL all cookies are `Secure`, and those of the login have the `__Host-` prefix, so that neither
//! sibling domains nor plain HTTP can set them. Browsers differ in whether plain-HTTP loopback may set such cookies. With a
//! loopback public URL, cookies have plain names and no `Secure`, and pages of other ports of the machine can read them.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header};
use cookie::{Cookie, SameSite, time};
use seatgraph_core::Secret;
use seatgraph_store::LinkId;
use url::Url;

use crate::addresses;

/// Length of a token.
const TOKEN_LENGTH: usize = 43;

/// Prefix of the cookie name of a delegated link. The ID of the link follows.
const LINK: &str = "seatgraph_connect_";

/// Maximum number of link cookies that are read.
const MOST_LINKS: usize = 20;

/// A cookie of the gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CookieName {
    /// Token of a session.
    Session,
    /// Identifies the browser that started a login.
    Login,
    /// Identifies the browser that opened a delegated link. Sent only to OAuth callbacks.
    Link(LinkId),
}

/// Writes and reads cookies for a public URL.
#[derive(Debug, Clone)]
pub(crate) struct Cookies {
    secure: bool,
    callbacks: String,
}

impl Cookies {
    pub(crate) fn of(public_url: &Url) -> Self {
        let callbacks = addresses::under(public_url, &["oauth", ""]).path().to_owned();
        Self { secure: public_url.scheme() == "https", callbacks }
    }

    /// Reads a cookie. Returns `None` if it is missing or contains no token.
    pub(crate) fn read(&self, name: CookieName, headers: &HeaderMap) -> Option<Secret> {
        let name = self.name(name);
        token(tokens(headers).find(|cookie| cookie.name() == name)?.value())
    }

    /// Reads the cookies of all delegated links that the browser has opened.
    pub(crate) fn links(headers: &HeaderMap) -> Vec<Secret> {
        let links = tokens(headers).filter(|cookie| cookie.name().starts_with(LINK)).take(MOST_LINKS);
        links.filter_map(|cookie| token(cookie.value())).collect()
    }

    /// Sets a cookie with the lifetime `life`.
    pub(crate) fn set(&self, name: CookieName, value: &Secret, life: Duration) -> HeaderValue {
        self.header(name, value.expose(), life)
    }

    /// Deletes a cookie.
    pub(crate) fn clear(&self, name: CookieName) -> HeaderValue {
        self.header(name, "", Duration::ZERO)
    }

    /// `SameSite=Lax`, because browsers return from the pages of the provider and the vendor.
    fn header(&self, name: CookieName, value: &str, life: Duration) -> HeaderValue {
        let path = if matches!(name, CookieName::Link(_)) { &*self.callbacks } else { "/" };
        let cookie = Cookie::build((self.name(name), value))
            .path(path)
            .max_age(time::Duration::try_from(life).unwrap_or(time::Duration::MAX))
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(self.secure);
        let mut header = HeaderValue::try_from(cookie.to_string()).expect("names, tokens and paths are visible ASCII");
        header.set_sensitive(true);
        header
    }

    fn name(&self, name: CookieName) -> String {
        let (name, of_login) = match name {
            CookieName::Session => ("seatgraph".to_owned(), true),
            CookieName::Login => ("seatgraph-login".to_owned(), true),
            CookieName::Link(link) => (format!("{LINK}{link}"), false),
        };
        if self.secure && of_login { format!("__Host-{name}") } else { name }
    }
}

fn tokens(headers: &HeaderMap) -> impl Iterator<Item = Cookie<'_>> {
    let fields = headers.get_all(header::COOKIE).iter().filter_map(|field| field.to_str().ok());
    fields.flat_map(Cookie::split_parse).filter_map(Result::ok)
}

fn token(value: &str) -> Option<Secret> {
    let is_token =
        value.len() == TOKEN_LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
    is_token.then(|| Secret::new(value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789-abcdefghijklmnopqrstuvwxyz_ABCDE";

    fn headers(lines: &[&str]) -> HeaderMap {
        lines.iter().map(|line| (header::COOKIE, line.parse().unwrap())).collect()
    }

    fn read(url: &str, lines: &[&str]) -> Option<String> {
        let found = Cookies::of(&url.parse().unwrap()).read(CookieName::Session, &headers(lines));
        found.map(|token| token.expose().to_owned())
    }

    fn set(url: &str, name: CookieName) -> String {
        let header = Cookies::of(&url.parse().unwrap()).set(name, &Secret::new(TOKEN), Duration::from_secs(9));
        assert!(header.is_sensitive());
        header.to_str().unwrap().to_owned()
    }

    #[test]
    fn cookies_are_secure_and_host_prefixed_with_https() {
        assert_eq!(
            set("https://licences.example.com", CookieName::Session),
            format!("__Host-seatgraph={TOKEN}; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=9")
        );
    }

    #[test]
    fn cookie_names_are_plain_on_loopback_without_tls() {
        assert_eq!(
            set("http://localhost:8080", CookieName::Session),
            format!("seatgraph={TOKEN}; HttpOnly; SameSite=Lax; Path=/; Max-Age=9")
        );
    }

    #[test]
    fn the_cookie_of_a_link_is_sent_only_to_callbacks() {
        for (public, path) in [("https://a.example", "/oauth/"), ("https://a.example/seats/", "/seats/oauth/")] {
            let set = set(public, CookieName::Link(LinkId::generate()));
            assert!(set.contains(&format!("; Path={path};")) && set.starts_with("seatgraph_connect_link_"), "{set}");
        }
    }

    #[test]
    fn the_cookies_of_links_are_found_among_others() {
        let token = |n: u8| format!("{n}{}", &TOKEN[1..]);
        let first = format!("theme=dark; seatgraph_connect_link_1={}; seatgraph_connect_link_2={}", token(1), token(2));
        let found = Cookies::links(&headers(&[&first, &format!("seatgraph_connect_link_3={}", token(3))]));
        let found: Vec<_> = found.iter().map(Secret::expose).collect();
        assert_eq!(found, [token(1), token(2), token(3)]);
        assert!(Cookies::links(&HeaderMap::new()).is_empty());
    }

    #[test]
    fn it_is_found_among_others() {
        let https = "https://licences.example.com";
        assert_eq!(read(https, &["a=b", &format!("c=d; __Host-seatgraph={TOKEN}; e")]).as_deref(), Some(TOKEN));
        assert_eq!(read(https, &[&format!("seatgraph={TOKEN}")]), None, "one that anybody could have set");
        assert_eq!(read(https, &[&format!("x__Host-seatgraph={TOKEN}")]), None);
    }

    #[test]
    fn a_malformed_token_is_rejected_without_a_query() {
        for value in ["", "short", &TOKEN.replace('-', "."), &format!("{TOKEN}A"), &format!("\"{TOKEN}\"")] {
            assert_eq!(read("http://localhost:1", &[&format!("seatgraph={value}")]), None, "{value}");
        }
    }

    #[test]
    fn no_two_tokens_are_equal() {
        let (one, other) = (Secret::generate(), Secret::generate());
        assert_eq!(one.expose().len(), TOKEN_LENGTH);
        assert_ne!(one.expose(), other.expose());
    }
}
