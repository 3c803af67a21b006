//! URLs of the gateway.

use url::Url;

/// Appends path segments to the public URL.
pub(crate) fn under(public_url: &Url, segments: &[&str]) -> Url {
    let mut url = public_url.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_public_url_is_kept() {
        let url = under(&"https://example.com/licences/".parse().unwrap(), &["login", "callback"]);
        assert_eq!(url.as_str(), "https://example.com/licences/login/callback");
    }
}
