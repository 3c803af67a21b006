//! Tiny, a vendor behind a real socket: what the in-memory one cannot show, tokens, allowances and bad manners.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use schemars::JsonSchema;
use seatgraph_core::http::{ErrorParser, ErrorResponse, Headers, Http, StatusErrors};
use seatgraph_core::{
    Account, AccountKind, Batch, Blocker, ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, Finding,
    GrantRefusal, GrantScopes, GrantType, Identifier, Manifest, Next, OAuth, Order, Organization, Page, Process,
    ProcessSpec, Provider, Receipt, RecordKind, Rejection, Result, Severity, Subscription,
};
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

/// How the vendor behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    Calm,
    /// Every grant is refused.
    GrantRefused,
    /// Every grant sends us elsewhere.
    Misleading,
    /// Every call says that the allowance is spent.
    QuotaSpent,
    /// Every page names its own position as the next.
    Stuck,
    /// The connector's code panics.
    Panic,
    /// Activity may not be read.
    ActivityForbidden,
    /// Every position is forgotten, always.
    Forgetful,
    /// The count says one hundred more than there are.
    Overcounted,
    /// Every row beside is not understood.
    Garbled,
}

/// The vendor's side.
#[derive(Debug)]
pub(crate) struct Vendor {
    pub(crate) url: String,
    pub(crate) rows: AtomicU32,
    pub(crate) grants: AtomicU64,
    pub(crate) calls: AtomicU64,
    pub(crate) asked: Mutex<Vec<String>>,
    mood: Mutex<Mood>,
    allowance: Mutex<Option<(u64, u64)>>,
    /// Pages wait for a permit each when there is a gate.
    gate: Mutex<Option<Arc<Semaphore>>>,
    _server: Mutex<Option<AbortOnDropHandle<()>>>,
}

const PAGE: u32 = 10;

impl Vendor {
    pub(crate) async fn open(rows: u32) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let vendor = Arc::new(Self {
            url: format!("http://{}", listener.local_addr().unwrap()),
            rows: AtomicU32::new(rows),
            grants: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            asked: Mutex::default(),
            mood: Mutex::new(Mood::Calm),
            allowance: Mutex::new(None),
            gate: Mutex::new(None),
            _server: Mutex::new(None),
        });
        let served = Arc::downgrade(&vendor);
        let server = tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                let Some(vendor) = served.upgrade() else { return };
                tokio::spawn(async move { vendor.answer(socket).await });
            }
        });
        *vendor._server.lock().unwrap() = Some(AbortOnDropHandle::new(server));
        vendor
    }

    pub(crate) fn be(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    /// Says in every answer that so many calls of so many are used.
    pub(crate) fn allow(&self, allowance: Option<(u64, u64)>) {
        *self.allowance.lock().unwrap() = allowance;
    }

    /// Puts a gate before pages; every permit lets one through.
    pub(crate) fn gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(Arc::clone(&gate));
        gate
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// Ends every session: tokens granted so far are refused.
    pub(crate) fn end_sessions(&self) {
        self.grants.fetch_add(1_000, Ordering::SeqCst);
    }

    async fn answer(&self, mut socket: TcpStream) {
        let mut request = Vec::new();
        let mut piece = [0; 4_096];
        let (head, body) = loop {
            let read = socket.read(&mut piece).await.unwrap_or(0);
            if read == 0 {
                return;
            }
            request.extend_from_slice(&piece[..read]);
            let text = String::from_utf8_lossy(&request).into_owned();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
            });
            if body.len() >= length.unwrap_or(0) {
                break (head.to_owned(), body.to_owned());
            }
        };
        let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
        let (status, json) = self.respond(&path, &head, &body).await;
        let allowance = self.allowance.lock().unwrap().map(|(used, limit)| format!("x-calls: {used}/{limit}\r\n"));
        let answer = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\n{}connection: close\r\n\r\n{json}",
            json.len(),
            allowance.unwrap_or_default(),
        );
        socket.write_all(answer.as_bytes()).await.ok();
        socket.shutdown().await.ok();
    }

    async fn respond(&self, path: &str, head: &str, body: &str) -> (u16, String) {
        let mood = *self.mood.lock().unwrap();
        if path == "/token" {
            if mood == Mood::GrantRefused || !body.contains("client_secret=right") {
                return (400, r#"{"error":"invalid_client","error_description":"no"}"#.to_owned());
            }
            let grant = self.grants.fetch_add(1, Ordering::SeqCst) + 1;
            let elsewhere = if mood == Mood::Misleading { r#","instance_url":"https://169.254.169.254""# } else { "" };
            let granted = format!(r#"{{"access_token":"t{grant}","token_type":"Bearer","scope":"read"{elsewhere}}}"#);
            return (200, granted);
        }
        let bearer = format!("bearer t{}", self.grants.load(Ordering::SeqCst));
        if !head.to_lowercase().contains(&bearer) {
            return (401, r#""SESSION""#.to_owned());
        }
        self.calls.fetch_add(1, Ordering::SeqCst);
        self.asked.lock().unwrap().push(path.to_owned());
        let gate = self.gate.lock().unwrap().clone();
        if let (Some(gate), true) = (gate, path != "/me") {
            gate.acquire().await.unwrap().forget();
        }
        let mood = if mood == Mood::Calm { *self.mood.lock().unwrap() } else { mood };
        self.page(path, mood)
    }

    fn page(&self, path: &str, mood: Mood) -> (u16, String) {
        let after: u32 = path.split_once("after=").and_then(|(_, after)| after.parse().ok()).unwrap_or(0);
        match mood {
            Mood::QuotaSpent => return (403, r#""QUOTA""#.to_owned()),
            Mood::Forgetful if after > 0 => return (410, r#""FORGOTTEN""#.to_owned()),
            Mood::ActivityForbidden if path.starts_with("/activity") => return (403, r#""NO""#.to_owned()),
            _ => {}
        }
        let all = self.rows.load(Ordering::SeqCst);
        let last = (after + PAGE).min(all);
        let next = match mood {
            Mood::Stuck => Some(after),
            _ => (last < all).then_some(last),
        };
        let total = if mood == Mood::Overcounted { all + 100 } else { all };
        let garbled = mood == Mood::Garbled;
        let panics = mood == Mood::Panic;
        let answer = serde_json::json!({
            "first": after + 1, "last": last, "next": next, "total": total, "garbled": garbled, "panics": panics,
        });
        (200, answer.to_string())
    }
}

/// What an alias says of Tiny.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    /// Where the organisation lives.
    #[schemars(with = "String")]
    instance_url: Url,
    /// The name by which the organisation is known.
    #[serde(default = "tiny")]
    label: String,
    /// How patient to be.
    #[serde(default)]
    #[expect(dead_code, reason = "there to be written wrongly")]
    patience: Option<u8>,
}

fn tiny() -> String {
    "tiny".to_owned()
}

/// The connector.
#[derive(Debug)]
pub(crate) struct Tiny {
    http: Http,
    label: String,
}

#[derive(Debug)]
struct Words;

impl ErrorParser for Words {
    fn parse(&self, response: &ErrorResponse<'_>) -> Error {
        match response.body {
            b"\"QUOTA\"" => Error::new(ErrorKind::QuotaExhausted { until: None }, "daily limit is reached"),
            b"\"FORGOTTEN\"" => Error::new(ErrorKind::CursorExpired, "position is forgotten"),
            _ => StatusErrors.parse(response),
        }
    }

    fn api_usage(&self, headers: &Headers<'_>) -> Option<(u64, u64)> {
        let (used, limit) = headers.get("x-calls")?.split_once('/')?;
        Some((used.parse().ok()?, limit.parse().ok()?))
    }
}

#[derive(Debug, Deserialize)]
struct Answer {
    first: u32,
    last: u32,
    next: Option<u32>,
    total: u64,
    garbled: bool,
    panics: bool,
}

const fn process(
    process: Process,
    snapshot_of: &'static [RecordKind],
    mandatory: bool,
    available: bool,
) -> ProcessSpec {
    const SCOPES: &[GrantScopes] = &[GrantScopes { grant: GrantType::ClientCredentials, scopes: &["read"] }];
    ProcessSpec {
        process,
        snapshot_of,
        available,
        mandatory,
        enabled_by_default: true,
        permissions: &[],
        scopes: SCOPES,
    }
}

impl Provider for Tiny {
    type Config = Config;
    const MANIFEST: Manifest = Manifest {
        key: "tiny",
        name: "Tiny",
        version: "1",
        docs_url: None,
        hosts: &["tiny.example"],
        grants: &[GrantType::ClientCredentials],
        processes: &[
            process(
                Process::DownloadSubscriptions,
                &[RecordKind::Pool, RecordKind::Account, RecordKind::Subscription],
                true,
                true,
            ),
            process(Process::PullUserActivity, &[], false, true),
            process(Process::ReclaimSubscription, &[], false, false),
        ],
        catalogue: r#"{"publisher":"Tiny","entries":[]}"#,
    };

    fn oauth(config: &Config) -> Result<Option<OAuth>> {
        if config.label.is_empty() {
            let finding = Finding::new("CONFIG_INVALID", Severity::Error, "No label.", "write at least one letter");
            let error = Error::new(ErrorKind::ConfigInvalid, "label is empty").with("property", "label");
            return Err(error.with_finding(finding));
        }
        let token_url = config
            .instance_url
            .join("/token")
            .map_err(|e| Error::new(ErrorKind::ConfigInvalid, "instance URL has no token address").with_source(e))?;
        let explain = |refusal: &GrantRefusal| {
            Error::new(ErrorKind::Unauthenticated, format!("grant was refused: {}", refusal.error))
        };
        Ok(Some(OAuth { token_url, authorize_url: None, revoke_url: None, audience: None, explain }))
    }

    fn connect(config: Config, context: ConnectContext) -> Result<Self> {
        Ok(Self { http: context.http.with_error_parser(Arc::new(Words)), label: config.label })
    }
}

#[async_trait]
impl Connector for Tiny {
    async fn check(&self) -> Diagnosis {
        match self.http.get("/me").json_body::<Answer>().await {
            Ok(_) => Diagnosis {
                organization: Some(Organization {
                    external_id: self.label.clone(),
                    name: self.label.clone(),
                    sandbox: false,
                    edition: None,
                }),
                ..Diagnosis::default()
            },
            Err(error) => {
                let finding = Finding::new(error.kind().code(), Severity::Error, error.message(), "mend it");
                Diagnosis { findings: vec![finding], ..Diagnosis::default() }
            }
        }
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let after: u32 = from.map(Cursor::read).transpose()?.unwrap_or(0);
        let path = if process == Process::PullUserActivity { "/activity" } else { "/accounts" };
        let answer: Answer = self.http.get(path).query("after", after).json_body().await?;
        assert!(!answer.panics, "tiny has had enough");
        let reads_users = process == Process::DownloadSubscriptions;
        let rows = (answer.first..=answer.last).filter(|_| reads_users);
        let mut batch = Batch::default();
        for row in rows {
            batch.accounts.push(account(row));
            batch.subscriptions.push(Subscription {
                account: row.to_string(),
                identifier: Identifier::new("SEAT", "ONE", "One"),
                pool: None,
                assigned_at: None,
            });
        }
        let next = match answer.next {
            Some(next) => Next::More(Cursor::new(&next)?),
            None => Next::Done(Some(Cursor::new(&answer.last)?)),
        };
        let mut page =
            Page::new(batch, next, u64::from((answer.last + 1).saturating_sub(answer.first)), Some(answer.total));
        if answer.garbled {
            page.rejected.push(Rejection { external_id: None, code: "MALFORMED".into(), message: "garbled".into() });
        }
        Ok(page)
    }

    async fn preflight(&self, _: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        Err(unsupported())
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|_| Err(unsupported())).collect()
    }

    async fn restore(&self, _: &Receipt) -> Result<Receipt> {
        Err(unsupported())
    }
}

fn unsupported() -> Error {
    Error::new(ErrorKind::Unsupported, "tiny takes nothing back")
}

fn account(row: u32) -> Account {
    Account { kind: AccountKind::Human, ..Account::new(row.to_string(), format!("user{row}")) }
}
