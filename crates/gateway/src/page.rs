//! Pages for people who are not in a frontend: plain HTML, no scripts, nothing loaded from anywhere, never cached.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use seatgraph_core::Finding;

const STYLE: &str = "body{font:1rem/1.5 system-ui,sans-serif;max-width:44rem;margin:3rem auto;padding:0 1rem}\
     table{border-collapse:collapse}th,td{text-align:left;vertical-align:top;padding:.25rem 1rem .25rem 0}\
     button{font:inherit;padding:.5rem 1.5rem}code{overflow-wrap:anywhere}";

/// For a page whose forms lead nowhere but here.
const HERE: &str = "'self'";

/// Answers with a page; `title` is ours, `body` has everything that others wrote escaped.
pub(crate) fn page(status: StatusCode, title: &str, body: &str) -> Response {
    respond(status, title, ("", body), HERE)
}

/// Answers with a page that has `head` in its head.
pub(crate) fn page_with(status: StatusCode, title: &str, head: &str, body: &str) -> Response {
    respond(status, title, (head, body), HERE)
}

/// Answers with a page whose forms may lead to `forms`, redirects included: origins as a content security policy names
/// them.
pub(crate) fn page_leading_to(forms: &str, status: StatusCode, title: &str, body: &str) -> Response {
    respond(status, title, ("", body), forms)
}

/// No script and no frame, whatever is written into the page.
fn respond(status: StatusCode, title: &str, (head, body): (&str, &str), forms: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"viewport\" content=\"width=device-width\"><meta name=\"robots\" content=\"noindex\">{head}\
         <title>{title} · Seatgraph</title><style>{STYLE}</style><h1>{title}</h1>{body}</html>\n"
    );
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

/// Says what is the matter and what to do about it.
pub(crate) fn of_finding(finding: &Finding) -> String {
    let mut body =
        format!("<p>{}</p><p><b>What to do:</b> {}</p>", escaped(&finding.message), escaped(&finding.remedy));
    if let Some(seen) = &finding.seen {
        body.push_str(&format!("<p>What was seen: <code>{}</code></p>", escaped(seen)));
    }
    if let Some(docs) = &finding.docs_url {
        body.push_str(&format!("<p>More about it: <a href=\"{0}\" rel=\"noreferrer\">{0}</a></p>", escaped(docs)));
    }
    body.push_str(&format!("<p><small>{}</small></p>", escaped(&finding.code)));
    body
}

/// A page for what went wrong here; the log has the rest.
pub(crate) fn broken() -> Response {
    let body = "<p>The gateway could not do this. Nothing was changed; try again in a while.</p>";
    page(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong", body)
}

/// Makes text harmless between tags and in quoted attributes.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_text_and_nothing_else() {
        let finding =
            Finding::new("X", seatgraph_core::Severity::Error, "m", "r").with_seen("<script>alert('1')</script>&\"");
        let body = of_finding(&finding);
        assert!(body.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&amp;&quot;"), "{body}");
        assert!(!body.contains("<script"), "{body}");
    }

    #[test]
    fn a_page_loads_nothing_runs_nothing_and_is_not_kept() {
        let answer = page(StatusCode::OK, "Title", "<p>Body.</p>");
        let field = |name| answer.headers()[name].to_str().unwrap();
        assert!(field(header::CONTENT_SECURITY_POLICY).starts_with("default-src 'none'"));
        assert!(!field(header::CONTENT_SECURITY_POLICY).contains("script"));
        assert_eq!((field(header::CACHE_CONTROL), field(header::REFERRER_POLICY)), ("no-store", "no-referrer"));
    }
}
