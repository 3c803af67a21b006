//! The connector of Tiny.

use std::sync::Arc;

use async_trait::async_trait;
use schemars::JsonSchema;
use seatgraph_core::http::{ErrorParser, ErrorResponse, Headers, Http, StatusErrors};
use seatgraph_core::{
    Account, AccountKind, Batch, Blocker, ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, Finding,
    GrantRefusal, GrantScopes, GrantType, Identifier, Manifest, Next, OAuth, Order, Organization, Page, Process,
    ProcessSpec, Provider, Receipt, RecordKind, Rejection, Result, Severity, Subscription,
};
use serde::Deserialize;
use url::Url;

/// Configuration of an alias of Tiny.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    /// URL of the organisation.
    #[schemars(with = "String")]
    instance_url: Url,
    /// Name of the organisation.
    #[serde(default = "tiny")]
    label: String,
    /// Unused.
    #[serde(default)]
    #[expect(dead_code, reason = "tests set it to an invalid value")]
    retries: Option<u8>,
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
struct TinyErrors;

impl ErrorParser for TinyErrors {
    fn parse(&self, response: &ErrorResponse<'_>) -> Error {
        match response.body {
            b"\"QUOTA\"" => Error::new(ErrorKind::QuotaExhausted { until: None }, "daily limit is reached"),
            b"\"FORGOTTEN\"" => Error::new(ErrorKind::CursorExpired, "cursor has expired"),
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
        Ok(Self { http: context.http.with_error_parser(Arc::new(TinyErrors)), label: config.label })
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
                let finding = Finding::new(error.kind().code(), Severity::Error, error.message(), "fix it");
                Diagnosis { findings: vec![finding], ..Diagnosis::default() }
            }
        }
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let after: u32 = from.map(Cursor::read).transpose()?.unwrap_or(0);
        let path = if process == Process::PullUserActivity { "/activity" } else { "/accounts" };
        let answer: Answer = self.http.get(path).query("after", after).json_body().await?;
        assert!(!answer.panics, "tiny panics on request");
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
    Error::new(ErrorKind::Unsupported, "tiny does not support reclaiming")
}

fn account(row: u32) -> Account {
    Account { kind: AccountKind::Human, ..Account::new(row.to_string(), format!("user{row}")) }
}
