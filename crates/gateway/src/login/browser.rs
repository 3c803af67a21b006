//! Properties of requests from browsers: page or script, and the host name.

use axum::http::{HeaderMap, header, uri::Authority};

/// Whether the browser shows the response as a page and does not pass it to a script.
pub(super) fn is_navigation(headers: &HeaderMap) -> bool {
    match headers.get("sec-fetch-mode") {
        Some(mode) => mode == "navigate",
        None => headers.get(header::ACCEPT).and_then(|a| a.to_str().ok()).is_some_and(|a| a.contains("text/html")),
    }
}

/// Whether two names with ports (`host:port`) are the same.
pub(super) fn is_same_host(one: &str, other: &str) -> bool {
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
    fn a_script_is_not_sent_to_a_login_page() {
        assert!(is_navigation(&headers(&[("sec-fetch-mode", "navigate"), ("accept", "*/*")])));
        assert!(is_navigation(&headers(&[("accept", "text/html,application/xhtml+xml")])));
        assert!(!is_navigation(&headers(&[("sec-fetch-mode", "cors"), ("accept", "text/html")])));
        assert!(!is_navigation(&headers(&[("accept", "application/json")])));
    }
}
