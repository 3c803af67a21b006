//! Addresses of the gateway, as browsers reach it.

use url::Url;

/// The address of `segments` under the gateway's public URL.
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
    fn an_address_of_ours_keeps_the_folder_of_the_public_one() {
        let url = under(&"https://example.com/licences/".parse().unwrap(), &["login", "callback"]);
        assert_eq!(url.as_str(), "https://example.com/licences/login/callback");
    }
}
