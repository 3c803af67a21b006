//! Whose page asks: a cookie comes along with requests that the person never made.

use axum::http::{HeaderMap, header, uri::Authority};

/// Says whether another site's page made the browser send this. Such a request must not count on its cookie, except to
/// show a page.
///
/// `Sec-Fetch-Site` decides where the browser sends it: a page that keeps its address to itself (`Referrer-Policy:
/// no-referrer`) makes `Origin` say `null` on its own forms. Other pages of the same registrable domain are other sites
/// here. A client that sends neither header is no browser, and nobody's page misleads it.
#[must_use]
pub fn is_cross_site(headers: &HeaderMap) -> bool {
    if let Some(site) = headers.get("sec-fetch-site") {
        return site != "same-origin" && site != "none";
    }
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let origin = origin.to_str().ok().and_then(|o| o.strip_prefix("https://").or_else(|| o.strip_prefix("http://")));
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    match (origin, host) {
        (Some(origin), Some(host)) => !is_same(origin, host),
        _ => true,
    }
}

/// Says whether the browser shows the answer as a page, rather than handing it to a script.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html")),
    }
}

/// Says whether two names with their ports, written `host:port`, are the same.
pub(super) fn is_same(one: &str, other: &str) -> bool {
    let read = |text: &str| text.to_ascii_lowercase().parse::<Authority>().ok();
    matches!((read(one), read(other)), (Some(one), Some(other)) if one == other)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn a_request_that_another_page_caused_is() {
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

    #[test]
    fn a_script_is_not_sent_to_a_login_page() {
        assert!(is_navigation(&headers(&[("sec-fetch-mode", "navigate"), ("accept", "*/*")])));
        assert!(is_navigation(&headers(&[("accept", "text/html,application/xhtml+xml")])));
        assert!(!is_navigation(&headers(&[("sec-fetch-mode", "cors"), ("accept", "text/html")])));
        assert!(!is_navigation(&headers(&[("accept", "application/json")])));
    }
}
