//! Responses that Salesforce documents and the simulator does not give: small pages, short pages, old versions.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use salesforce_connector::Salesforce;
use seatgraph_core::http::{Http, HttpOptions};
use seatgraph_core::{ConnectContext, Connector, ErrorKind, ManualClock, Process, Registration};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

use crate::pass::pass;

mod refusals;

const SUBSCRIPTIONS: Process = Process::DownloadSubscriptions;

/// How the organisation responds.
#[derive(Debug, Clone)]
struct Manner {
    versions: Vec<&'static str>,
    /// The page size.
    part: usize,
    /// Whether the first page has a locator of the next one, or the other rows are missing.
    goes_on: bool,
    /// The number of locators that it closes early.
    forgets: usize,
    /// Objects without rows.
    empty: Vec<&'static str>,
    /// Refused queries, with the code and message of the error.
    refuses: Vec<(&'static str, &'static str, &'static str)>,
}

impl Default for Manner {
    fn default() -> Self {
        let versions = vec!["65.0", "66.0", "67.0"];
        Self { versions, part: 2000, goes_on: true, forgets: 0, empty: vec![], refuses: vec![] }
    }
}

/// An organisation with the responses in `fixtures/`.
struct Organisation {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
    server: JoinHandle<()>,
}

impl Drop for Organisation {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Organisation {
    async fn found(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut desk = Desk { manner, asked: Arc::clone(&asked), kept: BTreeMap::new() };
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // A peer that went away is no concern of the next one.
                let _ = desk.serve(stream).await;
            }
        });
        Self { url, asked, server }
    }

    fn link(&self) -> Box<dyn Connector> {
        let http = Http::new(self.url.parse().unwrap(), None, HttpOptions::default());
        let clock = Arc::new(ManualClock::at("2026-10-02T12:00:00Z".parse().unwrap()));
        let config = json!({ "instanceUrl": self.url, "pageSize": 200 });
        Registration::of::<Salesforce>().connect(config, ConnectContext { http, clock }).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

/// The mock server.
struct Desk {
    manner: Manner,
    asked: Arc<Mutex<Vec<String>>>,
    /// The rows of the next page, by locator.
    kept: BTreeMap<String, Vec<Value>>,
}

impl Desk {
    async fn serve(&mut self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.windows(4).any(|end| end == b"\r\n\r\n") {
            if stream.read_buf(&mut request).await? == 0 {
                return Ok(());
            }
        }
        let request = String::from_utf8(request).unwrap();
        let target = request.split(' ').nth(1).unwrap();
        let (status, body) = self.answer(target);
        let body = body.to_string();
        let head = format!("HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nConnection: close\r\n");
        stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).await?;
        stream.shutdown().await
    }

    fn answer(&mut self, target: &str) -> (u16, Value) {
        let url = Url::parse("http://x").unwrap().join(target).unwrap();
        if url.path() == "/services/data" {
            let served = self.manner.versions.iter().map(|v| json!({ "label": v, "url": "", "version": v }));
            return (200, served.collect());
        }
        if url.path().ends_with("/describe") {
            let user = &rows("User")[0];
            let fields = user.as_object().unwrap().keys().map(|name| json!({ "name": name }));
            return (200, json!({ "fields": fields.collect::<Vec<_>>() }));
        }
        match url.path() {
            "/services/data/v66.0" => return (200, json!({ "query": "/services/data/v66.0/query" })),
            "/services/oauth2/userinfo" => return (403, json!("Bad_OAuth_Token")),
            "/services/data/v66.0/limits" => {
                return (403, json!([{ "message": "no access", "errorCode": "INSUFFICIENT_ACCESS" }]));
            }
            "/services/data/v66.0/sobjects" => {
                let known = KNOWN.map(|name| json!({ "name": name, "queryable": true }));
                return (200, json!({ "encoding": "UTF-8", "sobjects": known }));
            }
            _ => {}
        }
        match url.query_pairs().find(|(key, _)| key == "q") {
            Some((_, soql)) => self.query(&soql),
            None => self.more(url.path().rsplit('/').next().unwrap()),
        }
    }

    fn query(&mut self, soql: &str) -> (u16, Value) {
        self.asked.lock().unwrap().push(soql.to_owned());
        if let Some((_, code, message)) = self.manner.refuses.iter().find(|(words, ..)| soql.contains(words)) {
            return (400, json!([{ "message": message, "errorCode": code }]));
        }
        let object = soql.split(" FROM ").nth(1).unwrap().split(' ').next().unwrap();
        if !KNOWN.contains(&object) {
            return (400, json!([{ "message": "sObject type is not supported.", "errorCode": "INVALID_TYPE" }]));
        }
        let mut found = if self.manner.empty.contains(&object) { vec![] } else { rows(object) };
        for (column, name) in [("Id", " Id > '"), ("AssigneeId", " AssigneeId > '"), ("UserId", " UserId > '")] {
            if let Some(after) = soql.split(name).nth(1) {
                let after = after.split('\'').next().unwrap();
                found.retain(|row| row[column].as_str().unwrap() > after);
            }
        }
        for (column, name) in [("AssigneeId", " AssigneeId <= '"), ("UserId", " UserId <= '")] {
            if let Some(to) = soql.split(name).nth(1) {
                let to = to.split('\'').next().unwrap();
                found.retain(|row| row[column].as_str().unwrap() <= to);
            }
        }
        if let Some((_, named)) = soql.split_once("FeatureType NOT IN (") {
            let named = named.split(')').next().unwrap();
            found.retain(|row| !named.contains(row["FeatureType"].as_str().unwrap()));
        } else if soql.contains("NOT IN (SELECT Id FROM User)") {
            found.retain(|row| rows("User").iter().all(|user| !is_same(&user["Id"], &row["AssigneeId"])));
        } else if let Some((before, named)) = soql.split_once(" IN (") {
            let column = before.rsplit(' ').next().unwrap();
            let named: Vec<_> =
                named.split(')').next().unwrap().split(',').map(|id| json!(id.trim_matches('\''))).collect();
            found.retain(|row| named.iter().any(|id| is_same(id, &row[column])));
        }
        let total = found.len();
        if soql.contains("COUNT()") {
            return (200, json!({ "totalSize": total, "done": true, "records": [] }));
        }
        let limit = soql.split(" LIMIT ").nth(1).map_or(usize::MAX, |limit| limit.parse().unwrap());
        found.truncate(limit);
        let columns = soql.trim_start_matches("SELECT ").split(" FROM ").next().unwrap();
        let found = found.iter().map(|row| projected(row, columns)).collect::<Vec<_>>();
        (200, self.part(found, total))
    }

    fn part(&mut self, mut found: Vec<Value>, total: usize) -> Value {
        let rest = found.split_off(found.len().min(self.manner.part));
        if rest.is_empty() || !self.manner.goes_on {
            return json!({ "totalSize": total, "done": true, "records": found });
        }
        let locator = format!("01gxx{}-{}", self.kept.len(), found.len());
        let next = format!("/services/data/v66.0/query/{locator}");
        self.kept.insert(locator, rest);
        json!({ "totalSize": total, "done": false, "nextRecordsUrl": next, "records": found })
    }

    fn more(&mut self, locator: &str) -> (u16, Value) {
        if self.manner.forgets > 0 {
            self.manner.forgets -= 1;
            return (400, json!([{ "message": "invalid query locator", "errorCode": "INVALID_QUERY_LOCATOR" }]));
        }
        let found = self.kept[locator].clone();
        let total = found.len();
        (200, self.part(found, total))
    }
}

/// The selected columns. A relationship without a row is null.
fn projected(row: &Value, columns: &str) -> Value {
    let mut shown = json!({ "attributes": row["attributes"] });
    for column in columns.split(", ") {
        let (mut from, mut to) = (row, &mut shown);
        for step in column.split('.') {
            from = &from[step];
            to = &mut to[step];
        }
        *to = from.clone();
        if let Some((relationship, _)) = column.split_once('.').filter(|(first, _)| row[*first].is_null()) {
            shown[relationship] = Value::Null;
        }
    }
    shown
}

/// Compares ids of 15 and 18 characters.
fn is_same(one: &Value, other: &Value) -> bool {
    one.as_str().unwrap()[..15] == other.as_str().unwrap()[..15]
}

const KNOWN: [&str; 7] = [
    "UserLicense",
    "PermissionSetLicense",
    "ActiveFeatureLicenseMetric",
    "User",
    "PermissionSetLicenseAssign",
    "UserLogin",
    "Organization",
];

fn rows(object: &str) -> Vec<Value> {
    if object == "Organization" {
        return vec![json!({ "Id": "00Dxx0000001gPL", "Name": "Acme" })];
    }
    let answer = match object {
        "UserLicense" => include_str!("../../../../fixtures/salesforce/user-licenses.json"),
        "PermissionSetLicense" => include_str!("../../../../fixtures/salesforce/permission-set-licenses.json"),
        "ActiveFeatureLicenseMetric" => include_str!("../../../../fixtures/salesforce/feature-metrics.json"),
        "User" => include_str!("../../../../fixtures/salesforce/users.json"),
        "PermissionSetLicenseAssign" => include_str!("../../../../fixtures/salesforce/assignments.json"),
        "UserLogin" => include_str!("../../../../fixtures/salesforce/user-logins.json"),
        _ => panic!("{object} is not in this organisation"),
    };
    let answer: Value = serde_json::from_str(answer).unwrap();
    answer["records"].as_array().unwrap().clone()
}

/// The expected counts: one user is malformed, and one assignment is of a hidden user.
const ACCOUNTS: usize = 11;
const ROWS: u64 = 13 + 12 + 4;

async fn brings_everything(manner: Manner) -> Organisation {
    let organisation = Organisation::found(manner).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!(seen.accounts(), ACCOUNTS);
    assert_eq!(seen.rows(), ROWS);
    assert!(seen.pages.iter().all(|page| page.total == Some(ROWS)));
    assert_eq!(seen.holders("SalesUserPsl"), 2);
    let rejected: Vec<_> = seen.pages.iter().flat_map(|page| &page.rejected).map(|r| r.code.as_str()).collect();
    assert_eq!(rejected.iter().filter(|code| **code == "UNKNOWN_ACCOUNT").count(), 1);
    organisation
}

#[tokio::test]
async fn a_query_with_many_pages_is_read_completely() {
    for part in [1, 2] {
        brings_everything(Manner { part, ..Manner::default() }).await;
    }
}

#[tokio::test]
async fn a_closed_query_cursor_is_replaced_by_a_query_by_key() {
    let organisation = brings_everything(Manner { part: 3, forgets: 3, ..Manner::default() }).await;
    let again =
        organisation.asked().into_iter().filter(|soql| soql.contains("FROM UserLicense") && soql.contains("Id > '"));
    assert!(again.count() > 0, "licences come first and are asked for again");
}

#[tokio::test]
async fn a_short_page_does_not_end_the_pass_while_users_are_missing() {
    // Nothing but users is longer than what this organisation gives at once.
    let organisation = brings_everything(Manner { part: 10, goes_on: false, ..Manner::default() }).await;
    let pages = organisation.asked().into_iter().filter(|soql| soql.contains("FROM User ") && soql.contains("LIMIT"));
    assert_eq!(pages.count(), 2);
}

#[tokio::test]
async fn an_older_organization_is_read_with_its_own_version() {
    let organisation = Organisation::found(Manner { versions: vec!["60.0", "61.0"], ..Manner::default() }).await;
    let page = organisation.link().pull(SUBSCRIPTIONS, None).await.unwrap();
    let finding = page.findings.iter().find(|f| f.code == "API_VERSION_NOT_SERVED").unwrap();
    assert!(finding.remedy.contains("v61.0"), "{finding:?}");
}

#[tokio::test]
async fn an_organization_without_a_supported_version_is_not_downloaded() {
    let organisation = Organisation::found(Manner { versions: vec!["40.0"], ..Manner::default() }).await;
    let error = organisation.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.finding().unwrap().code.as_str()),
        (ErrorKind::ConfigInvalid, "API_VERSION_TOO_OLD")
    );
}

#[tokio::test]
async fn a_wrong_host_and_an_unavailable_organization_are_distinguished() {
    let elsewhere = Organisation::found(Manner { versions: vec![], ..Manner::default() }).await;
    let error = elsewhere.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!((error.kind(), error.finding().unwrap().code.as_str()), (ErrorKind::Malformed, "NOT_SALESFORCE"));
    let diagnosis = elsewhere.link().check().await;
    assert_eq!(diagnosis.findings.iter().map(|f| f.code.as_str()).collect::<Vec<_>>()[..1], ["NOT_SALESFORCE"]);
    assert!(diagnosis.is_broken(SUBSCRIPTIONS) && diagnosis.organization.is_none());
}

#[tokio::test]
async fn an_empty_list_of_licenses_fails_the_download() {
    let organisation = Organisation::found(Manner { empty: vec!["UserLicense"], ..Manner::default() }).await;
    let error = organisation.link().pull(SUBSCRIPTIONS, None).await.unwrap_err();
    assert_eq!((error.kind(), error.finding().unwrap().code.as_str()), (ErrorKind::Forbidden, "PERMISSION_MISSING"));
}

#[tokio::test]
async fn missing_assignments_of_used_licenses_give_a_finding() {
    let empty = vec!["PermissionSetLicenseAssign", "UserLogin"];
    let organisation = Organisation::found(Manner { empty, ..Manner::default() }).await;
    let seen = pass(&organisation.link(), SUBSCRIPTIONS, None).await.unwrap();
    assert_eq!(seen.codes(), ["ASSIGNMENTS_HIDDEN", "FROZEN_UNKNOWN"].into());
}
