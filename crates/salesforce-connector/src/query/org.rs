//! Requests to one organisation: its API version, one query, one count.

use std::sync::Arc;

use seatgraph_core::http::Http;
use seatgraph_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use super::soql::Select;
use crate::errors::{CODE, SalesforceErrors, reported};
use crate::findings;
use crate::version::ApiVersion;

/// Asks for the most rows that Salesforce gives in one answer; it may give fewer.
const BATCH: (&str, &str) = ("Sforce-Query-Options", "batchSize=2000");

/// One organisation over HTTP.
#[derive(Debug)]
pub(crate) struct Org {
    http: Http,
    configured: ApiVersion,
    used: OnceCell<ApiVersion>,
}

/// One answer to a query. Its rows stay JSON, so that one malformed row can be rejected alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) total_size: u64,
    done: bool,
    next_records_url: Option<String>,
    pub(crate) records: Vec<Value>,
}

/// One entry of the list of versions; an entry of another shape is ignored.
#[derive(Deserialize)]
struct Served {
    #[serde(default)]
    version: Value,
}

impl Served {
    fn version(&self) -> Option<ApiVersion> {
        match &self.version {
            Value::String(text) => ApiVersion::parse(text),
            number => ApiVersion::parse(&number.to_string()),
        }
    }
}

impl Org {
    pub(crate) fn new(http: &Http, configured: ApiVersion) -> Self {
        Self { http: http.with_error_parser(Arc::new(SalesforceErrors)), configured, used: OnceCell::new() }
    }

    pub(crate) const fn http(&self) -> &Http {
        &self.http
    }

    /// The API version in use, chosen once per connection.
    pub(crate) async fn version(&self) -> Result<ApiVersion> {
        self.used.get_or_try_init(|| self.choose_version()).await.copied()
    }

    pub(crate) const fn configured(&self) -> ApiVersion {
        self.configured
    }

    async fn choose_version(&self) -> Result<ApiVersion> {
        let served: Result<Vec<Served>> = self.http.get("/services/data").without_token().json_body().await;
        let served = served.map_err(|e| match e.kind() {
            ErrorKind::Malformed | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Forbidden => {
                let seen = reported(&e);
                e.with_finding(findings::not_salesforce(seen))
            }
            _ => e,
        })?;
        let versions: Vec<_> = served.iter().filter_map(Served::version).collect();
        let Some(newest) = versions.iter().max() else {
            return Err(Error::new(ErrorKind::Malformed, "list of API versions is empty")
                .with_finding(findings::not_salesforce("the list of API versions is empty")));
        };
        ApiVersion::choose(self.configured, &versions).ok_or_else(|| {
            Error::new(ErrorKind::ConfigInvalid, "organisation serves no API version that this connector supports")
                .with("newest", newest)
                .with_finding(findings::version_too_old(*newest))
        })
    }

    /// Reads `path` below the root of the API version; an empty path reads the root itself.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.http.get(self.below(path).await?).json_body().await
    }

    /// Sends one query. The answer may be the first of several parts.
    pub(crate) async fn query(&self, select: &Select) -> Result<Answer> {
        let request = self.http.get(self.below("/query").await?).query("q", select);
        let answer: Result<Answer> = request.header(BATCH.0, BATCH.1).json_body().await;
        answer.map_err(|e| e.with("object", select.object()))
    }

    /// Reads the next part of an answer.
    pub(super) async fn more(&self, locator: &str) -> Result<Answer> {
        self.http.get(self.below(&format!("/query/{locator}")).await?).header(BATCH.0, BATCH.1).json_body().await
    }

    /// Counts rows; `select` is made by [`Select::count`].
    pub(crate) async fn count(&self, select: &Select) -> Result<u64> {
        Ok(self.query(select).await?.total_size)
    }

    /// Counts rows; `None` when the organisation refuses to count them, or takes too long.
    pub(crate) async fn count_if_supported(&self, select: &Select) -> Result<Option<u64>> {
        match self.count(select).await {
            Err(e) if refuses_to_count(&e) => Ok(None),
            counted => counted.map(Some),
        }
    }

    pub(super) async fn below(&self, path: &str) -> Result<String> {
        Ok(format!("/services/data/{}{path}", self.version().await?))
    }
}

fn refuses_to_count(error: &Error) -> bool {
    const CODES: [&str; 4] =
        ["MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR", "OPERATION_TOO_LARGE", "QUERY_TIMEOUT"];
    error.get(CODE).is_some_and(|code| CODES.contains(&code))
}

impl Answer {
    /// The locator of the next part; `None` when this is the last one.
    ///
    /// Only the last segment of the URL is used: the connector decides where requests go, not the answer.
    pub(super) fn locator(&self) -> Result<Option<&str>> {
        if self.done {
            return Ok(None);
        }
        let unclear = || Error::new(ErrorKind::Malformed, "answer is incomplete and has no valid nextRecordsUrl");
        let url = self.next_records_url.as_deref().ok_or_else(unclear)?;
        let locator = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if is_locator(locator) { Ok(Some(locator)) } else { Err(unclear().with("json_path", "nextRecordsUrl")) }
    }
}

/// Says whether a text can be one segment of a path, and nothing that would change the rest of it.
pub(super) fn is_locator(text: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.~=+:,!@$".contains(c);
    !text.is_empty() && !text.starts_with('.') && text.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(value: serde_json::Value) -> Answer {
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn the_last_segment_of_the_url_is_the_locator() {
        let next = "/services/data/v62.0/query/01gRO0000016PIAYA2-2000";
        let answer = answer(json!({"totalSize": 2521, "done": false, "nextRecordsUrl": next, "records": []}));
        assert_eq!(answer.locator().unwrap(), Some("01gRO0000016PIAYA2-2000"));
    }

    #[test]
    fn entries_without_a_version_are_ignored() {
        let served =
            json!([{"version": "67.0", "label": "x"}, {"label": "none"}, {"version": 66.0}, {"version": null}]);
        let served: Vec<Served> = serde_json::from_value(served).unwrap();
        let versions: Vec<_> = served.iter().filter_map(Served::version).map(|version| version.to_string()).collect();
        assert_eq!(versions, ["v67.0", "v66.0"]);
    }

    #[test]
    fn an_incomplete_response_without_a_locator_is_malformed() {
        for next in [json!(null), json!(""), json!("/services/data/.."), json!("/query/a?b")] {
            let answer = answer(json!({"totalSize": 1, "done": false, "nextRecordsUrl": next, "records": []}));
            assert_eq!(answer.locator().unwrap_err().kind(), ErrorKind::Malformed, "{next}");
        }
    }

    #[test]
    fn a_response_without_records_is_malformed() {
        assert!(serde_json::from_value::<Answer>(json!({"totalSize": 0, "done": true})).is_err());
    }
}
