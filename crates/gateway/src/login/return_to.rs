//! The path that a user returns to after a login.

use url::{Url, form_urlencoded};

/// Maximum length of a path, which is stored in the database and sent in a `Location` header.
const MAX_LENGTH: usize = 2_000;

/// Returns `wanted` if it is a path of the gateway other than the login pages, else `/`. A URL of another host would make
/// the login an open redirect.
pub(super) fn local(wanted: Option<&str>) -> String {
    wanted.and_then(path).unwrap_or_else(|| "/".to_owned())
}

/// The URL that starts a login which ends at `path`.
pub(super) fn login(path: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return", path).finish();
    format!("/login?{query}")
}

fn path(wanted: &str) -> Option<String> {
    if wanted.len() > MAX_LENGTH || !wanted.starts_with('/') || wanted.contains(|c: char| c == '\\' || c.is_control()) {
        return None;
    }
    // Parsed like a browser does.
    let ours = Url::parse("https://gateway.invalid/").expect("the URL is valid");
    let there =
        ours.join(wanted).ok().filter(|there| there.origin() == ours.origin() && there.username().is_empty())?;
    let path = there[url::Position::BeforePath..].to_owned();
    let about_login =
        ["/login", "/logout"].iter().any(|own| there.path() == *own || there.path().starts_with("/login/"));
    (!path.starts_with("//") && !about_login).then_some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_the_gateway_is_kept() {
        for path in ["/", "/?tab=2", "/reports/q3?x=%2F%2Fa#top", "/loginless"] {
            assert_eq!(local(Some(path)), path);
        }
    }

    #[test]
    fn anything_else_is_replaced_by_the_root() {
        let elsewhere = [
            "",
            "reports",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/\r\nset-cookie: a=b",
            "/login?return=/login",
            "/login/callback?code=1",
            "/logout",
        ];
        for wanted in elsewhere {
            assert_eq!(local(Some(wanted)), "/", "{wanted:?}");
        }
        assert_eq!((local(None).as_str(), local(Some(&"/a".repeat(2_000))).as_str()), ("/", "/"));
    }

    #[test]
    fn a_return_path_is_encoded_in_the_login_url() {
        assert_eq!(login("/?a=1&b=2"), "/login?return=%2F%3Fa%3D1%26b%3D2");
    }
}
