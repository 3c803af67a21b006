//! Negotiation of the response format.

use axum::http::{HeaderMap, HeaderValue, header};

/// A form for one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Media {
    /// `application/json`
    Json,
    /// `application/graphql-response+json`
    GraphqlResponse,
}

impl Media {
    pub(crate) fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphqlResponse => "application/graphql-response+json; charset=utf-8",
        })
    }
}

/// A form for a stream of answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    /// `text/event-stream`
    ServerSentEvents,
    /// `multipart/mixed` with `subscriptionSpec=1.0`
    Multipart,
}

/// What a client accepts: its best form for one answer, and its best form for a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Accepted {
    pub(crate) media: Option<Media>,
    pub(crate) framing: Option<Framing>,
}

impl Accepted {
    /// Reads all `Accept` headers; without any, plain JSON is accepted.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(header::ACCEPT).iter().peekable();
        if values.peek().is_none() {
            return Self { media: Some(Media::Json), framing: None };
        }
        let mut media = Best::default();
        let mut framing = Best::default();
        for range in values.filter_map(|value| value.to_str().ok()).flat_map(split_list) {
            let (name, quality, parameters) = parse(range);
            match name.as_str() {
                "application/graphql-response+json" => media.offer(Media::GraphqlResponse, quality),
                "application/json" => media.offer(Media::Json, quality),
                // A client that accepts anything gets plain JSON, which every client understands.
                "*/*" | "application/*" => media.offer(Media::Json, quality),
                "text/event-stream" => framing.offer(Framing::ServerSentEvents, quality),
                "multipart/mixed" if speaks_subscriptions(&parameters) => {
                    framing.offer(Framing::Multipart, quality);
                }
                _ => {}
            }
        }
        Self { media: media.form, framing: framing.form }
    }
}

/// `deferSpec` and its like are other protocols under the same name.
fn speaks_subscriptions(parameters: &[(String, String)]) -> bool {
    let is_spec = |name: &str| name.ends_with("spec");
    parameters.iter().any(|(name, value)| name == "subscriptionspec" && value == "1.0")
        || !parameters.iter().any(|(name, _)| is_spec(name))
}

/// The form with the highest quality; the first of equals.
struct Best<T> {
    form: Option<T>,
    quality: f32,
}

impl<T> Default for Best<T> {
    fn default() -> Self {
        Self { form: None, quality: 0.0 }
    }
}

impl<T> Best<T> {
    fn offer(&mut self, form: T, quality: f32) {
        if quality > self.quality {
            *self = Self { form: Some(form), quality };
        }
    }
}

fn split_list(value: &str) -> impl Iterator<Item = &str> {
    value.split(',').map(str::trim).filter(|range| !range.is_empty())
}

fn parse(range: &str) -> (String, f32, Vec<(String, String)>) {
    let mut parts = range.split(';').map(str::trim);
    let name = parts.next().unwrap_or_default().to_ascii_lowercase();
    let mut quality = 1.0;
    let mut parameters = Vec::new();
    for (key, value) in parts.filter_map(|part| part.split_once('=')) {
        let key = key.trim().to_ascii_lowercase();
        let value = value.trim().trim_matches('"').to_owned();
        if key == "q" {
            quality = value.parse().unwrap_or(0.0);
        }
        parameters.push((key, value));
    }
    (name, quality, parameters)
}

/// Whether the body says that it is JSON in UTF-8.
pub(crate) fn is_json(headers: &HeaderMap) -> bool {
    let Some(Ok(value)) = headers.get(header::CONTENT_TYPE).map(HeaderValue::to_str) else {
        return false;
    };
    let (name, _, parameters) = parse(value);
    let charset = parameters.iter().find(|(name, _)| name == "charset");
    name == "application/json"
        && charset.is_none_or(|(_, charset)| ["utf-8", "utf8"].iter().any(|known| charset.eq_ignore_ascii_case(known)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(accept: &'static str) -> Accepted {
        let value = HeaderValue::from_static(accept);
        Accepted::from_headers(&HeaderMap::from_iter([(header::ACCEPT, value)]))
    }

    #[test]
    fn without_an_accept_header_plain_json_is_given() {
        let accepted = Accepted::from_headers(&HeaderMap::new());
        assert_eq!(accepted, Accepted { media: Some(Media::Json), framing: None });
    }

    #[test]
    fn graphql_response_is_given_only_when_asked_for() {
        assert_eq!(accepted("*/*").media, Some(Media::Json));
        assert_eq!(accepted("application/*").media, Some(Media::Json));
        assert_eq!(
            accepted("application/graphql-response+json, application/json;q=0.9").media,
            Some(Media::GraphqlResponse)
        );
        assert_eq!(accepted("application/graphql-response+json;q=0.8, application/json").media, Some(Media::Json));
    }

    #[test]
    fn a_type_with_quality_zero_is_not_used() {
        assert_eq!(accepted("application/json;q=0, text/html"), Accepted::default());
    }

    #[test]
    fn apollo_multipart_is_distinguished_from_deferred_answers() {
        let both = accepted("multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0,application/json");
        assert_eq!(both.framing, Some(Framing::Multipart));
        assert_eq!(both.media, Some(Media::Json));
        assert_eq!(accepted("multipart/mixed;deferSpec=20220824,application/json").framing, None);
        assert_eq!(accepted("text/event-stream, multipart/mixed").framing, Some(Framing::ServerSentEvents));
    }

    #[test]
    fn only_json_in_utf_8_is_json() {
        let is_json = |value| {
            let value = HeaderValue::from_static(value);
            is_json(&HeaderMap::from_iter([(header::CONTENT_TYPE, value)]))
        };
        assert!(is_json("application/json"));
        assert!(is_json("Application/JSON; charset=\"UTF-8\""));
        assert!(!is_json("application/json; charset=latin1"));
        assert!(!is_json("text/plain"));
        assert!(!is_json("application/jsonp"));
    }
}
