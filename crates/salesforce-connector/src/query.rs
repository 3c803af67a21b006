//! Asking an organisation: the version it is spoken to in, one query, a count, and a whole answer by key or by a job.

mod jobs;
mod paging;
mod soql;
mod table;
mod value;
mod version;

pub(crate) use paging::{GoOn, by_id, nowhere, without_key};
pub(crate) use soql::{Select, text as text_literal, time as time_literal};
pub(crate) use value::{RecordId, count_or_null, date_or_null, parse_time, time, time_or_null};
pub(crate) use version::ApiVersion;

use std::sync::Arc;

use seatgraph_core::http::Http;
use seatgraph_core::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::describe::said;
use crate::dialect::{CODE, Salesforcese};
use crate::findings;

/// As many rows as the vendor gives in one answer; a hint that it may stay below.
const BATCH: (&str, &str) = ("Sforce-Query-Options", "batchSize=2000");

/// One organisation over HTTP.
#[derive(Debug)]
pub(crate) struct Org {
    http: Http,
    configured: ApiVersion,
    spoken: OnceCell<ApiVersion>,
}

/// One answer to a query. Its rows stay as they came, so that a bad one can be left out alone.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Answer {
    pub(crate) total_size: u64,
    done: bool,
    next_records_url: Option<String>,
    pub(crate) records: Vec<Value>,
}

/// One entry of the list of versions; an entry of another shape is none of ours.
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
        Self { http: http.speaking(Arc::new(Salesforcese)), configured, spoken: OnceCell::new() }
    }

    pub(crate) const fn http(&self) -> &Http {
        &self.http
    }

    /// The version the organisation is spoken to in, asked once.
    pub(crate) async fn version(&self) -> Result<ApiVersion> {
        self.spoken.get_or_try_init(|| self.choose_version()).await.copied()
    }

    pub(crate) const fn configured(&self) -> ApiVersion {
        self.configured
    }

    async fn choose_version(&self) -> Result<ApiVersion> {
        let served: Result<Vec<Served>> = self.http.get("/services/data").without_token().json_body().await;
        let served = served.map_err(|e| match e.kind() {
            ErrorKind::Malformed | ErrorKind::NotFound | ErrorKind::Refused | ErrorKind::Forbidden => {
                let seen = said(&e);
                e.with_finding(findings::not_salesforce(seen))
            }
            _ => e,
        })?;
        let versions: Vec<_> = served.iter().filter_map(Served::version).collect();
        let Some(newest) = versions.iter().max() else {
            return Err(Error::new(ErrorKind::Malformed, "list of API versions names none")
                .with_finding(findings::not_salesforce("list of API versions is empty")));
        };
        ApiVersion::choose(self.configured, &versions).ok_or_else(|| {
            Error::new(ErrorKind::ConfigInvalid, "organisation serves no API version that this connector speaks")
                .with("newest", newest)
                .with_finding(findings::version_too_old(*newest))
        })
    }

    /// Reads `path` below the version's root, or the root itself.
    pub(crate) async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.http.get(self.below(path).await?).json_body().await
    }

    /// Asks one question; the answer may be the first part of several.
    pub(crate) async fn query(&self, select: &Select) -> Result<Answer> {
        let request = self.http.get(self.below("/query").await?).query("q", select);
        let answer: Result<Answer> = request.header(BATCH.0, BATCH.1).json_body().await;
        answer.map_err(|e| e.with("object", select.object()))
    }

    /// Goes on with an answer that was not the whole.
    async fn more(&self, locator: &str) -> Result<Answer> {
        self.http.get(self.below(&format!("/query/{locator}")).await?).header(BATCH.0, BATCH.1).json_body().await
    }

    /// Counts rows; `select` is made by [`Select::count`].
    pub(crate) async fn count(&self, select: &Select) -> Result<u64> {
        Ok(self.query(select).await?.total_size)
    }

    /// Counts rows; `None` when the organisation does not count them, or not in time.
    pub(crate) async fn count_if_told(&self, select: &Select) -> Result<Option<u64>> {
        match self.count(select).await {
            Err(e) if is_uncounted(&e) => Ok(None),
            counted => counted.map(Some),
        }
    }

    async fn below(&self, path: &str) -> Result<String> {
        Ok(format!("/services/data/{}{path}", self.version().await?))
    }
}

fn is_uncounted(error: &Error) -> bool {
    const CODES: [&str; 4] =
        ["MALFORMED_QUERY", "INVALID_QUERY_FILTER_OPERATOR", "OPERATION_TOO_LARGE", "QUERY_TIMEOUT"];
    error.get(CODE).is_some_and(|code| CODES.contains(&code))
}

impl Answer {
    /// The locator of what follows; `None` when this is the end.
    ///
    /// Only the last part of the address counts, as other clients have it too: where an answer leads is ours to say.
    fn locator(&self) -> Result<Option<&str>> {
        if self.done {
            return Ok(None);
        }
        let unclear = || Error::new(ErrorKind::Malformed, "answer is not the whole and does not say where it goes on");
        let url = self.next_records_url.as_deref().ok_or_else(unclear)?;
        let locator = url.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        if is_locator(locator) { Ok(Some(locator)) } else { Err(unclear().with("json_path", "nextRecordsUrl")) }
    }
}

/// Says whether a text can be a place within an answer, and nothing that would lead elsewhere.
fn is_locator(text: &str) -> bool {
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
    fn the_last_part_of_the_address_is_the_locator() {
        let next = "/services/data/v62.0/query/01gRO0000016PIAYA2-2000";
        let answer = answer(json!({"totalSize": 2521, "done": false, "nextRecordsUrl": next, "records": []}));
        assert_eq!(answer.locator().unwrap(), Some("01gRO0000016PIAYA2-2000"));
    }

    #[test]
    fn a_list_of_versions_may_hold_what_is_none() {
        let served =
            json!([{"version": "67.0", "label": "x"}, {"label": "none"}, {"version": 66.0}, {"version": null}]);
        let served: Vec<Served> = serde_json::from_value(served).unwrap();
        let versions: Vec<_> = served.iter().filter_map(Served::version).map(|version| version.to_string()).collect();
        assert_eq!(versions, ["v67.0", "v66.0"]);
    }

    #[test]
    fn an_unfinished_answer_without_a_way_on_is_malformed() {
        for next in [json!(null), json!(""), json!("/services/data/.."), json!("/query/a?b")] {
            let answer = answer(json!({"totalSize": 1, "done": false, "nextRecordsUrl": next, "records": []}));
            assert_eq!(answer.locator().unwrap_err().kind(), ErrorKind::Malformed, "{next}");
        }
    }

    #[test]
    fn an_answer_without_its_rows_is_not_understood() {
        assert!(serde_json::from_value::<Answer>(json!({"totalSize": 0, "done": true})).is_err());
    }
}
