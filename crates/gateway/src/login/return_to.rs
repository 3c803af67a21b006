//! Where a person goes after a login: a path of ours, or the front page.

use url::{Url, form_urlencoded};

/// Longer paths are not kept; a database row and a `Location` header hold them.
const LONGEST: usize = 2_000;

/// Returns `wanted` where it is a path of ours that is not itself about logging in, else `/`. An address of somebody
/// else, however it is dressed up, would make the login a way to send people anywhere.
pub(super) fn local(wanted: Option<&str>) -> String {
    wanted.and_then(path).unwrap_or_else(|| "/".to_owned())
}

/// The address that begins a login which ends at `path`.
pub(super) fn login(path: &str) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("return", path).finish();
    format!("/login?{query}")
}

fn path(wanted: &str) -> Option<String> {
    if wanted.len() > LONGEST || !wanted.starts_with('/') || wanted.contains(|c: char| c == '\\' || c.is_control()) {
        return None;
    }
    // What a browser makes of it, rather than what it looks like.
    let ours = Url::parse("https://gateway.invalid/").expect("it is an address");
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
    fn a_path_of_ours_is_kept() {
        for path in ["/", "/?tab=2", "/reports/q3?x=%2F%2Fa#top", "/loginless"] {
            assert_eq!(local(Some(path)), path);
        }
    }

    #[test]
    fn everything_else_is_the_front_page() {
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
    fn a_return_path_survives_the_address_it_travels_in() {
        assert_eq!(login("/?a=1&b=2"), "/login?return=%2F%3Fa%3D1%26b%3D2");
    }
}
