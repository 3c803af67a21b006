//! Pages for browsers outside a frontend: plain HTML from the templates of this crate, which escape every value. No
//! scripts, nothing loaded from elsewhere, never cached.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use seatgraph_core::Finding;

/// The origins that forms of a page may lead to, unless it says otherwise.
const OWN_FORMS: &str = "'self'";

/// Answers with a page.
pub(crate) fn page(status: StatusCode, template: &impl Template) -> Response {
    page_leading_to(OWN_FORMS, status, template)
}

/// Answers with a page whose forms may lead to the origins in `forms`, redirects included, as a content security policy
/// names them. Neither scripts nor frames are allowed, whatever the page contains.
pub(crate) fn page_leading_to(forms: &str, status: StatusCode, template: &impl Template) -> Response {
    let html = template.render().expect("values of a page are formatted without errors");
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action {forms}; frame-ancestors 'none'"
    );
    let headers = [
        (header::CONTENT_SECURITY_POLICY, HeaderValue::try_from(policy).expect("origins are ASCII")),
        (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, Html(html)).into_response()
}

/// A page that shows a finding.
#[derive(Debug, Template)]
#[template(path = "finding.html")]
pub(crate) struct FindingPage<'a> {
    pub(crate) title: &'static str,
    pub(crate) finding: &'a Finding,
    /// A last sentence for the reader, if any.
    pub(crate) note: Option<&'static str>,
}

#[derive(Debug, Template)]
#[template(path = "failed.html")]
struct FailedPage {
    title: &'static str,
}

/// Answers with a page for a failure of the gateway; the log has the reason.
pub(crate) fn failed() -> Response {
    page(StatusCode::INTERNAL_SERVER_ERROR, &FailedPage { title: "Something went wrong" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_escaped() {
        let finding =
            Finding::new("X", seatgraph_core::Severity::Error, "m", "r").with_seen("<script>alert('1')</script>&\"");
        let html = FindingPage { title: "Title", finding: &finding, note: None }.render().unwrap();
        assert!(html.contains("&#60;script&#62;alert(&#39;1&#39;)&#60;/script&#62;&#38;&#34;"), "{html}");
        assert!(!html.contains("<script"), "{html}");
    }

    #[test]
    fn a_page_loads_nothing_runs_nothing_and_is_not_cached() {
        let answer = failed();
        let field = |name| answer.headers()[name].to_str().unwrap();
        assert!(field(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        assert!(!field(header::CONTENT_SECURITY_POLICY).contains("script"));
        assert_eq!((field(header::CACHE_CONTROL), field(header::REFERRER_POLICY)), ("no-store", "no-referrer"));
    }
}
