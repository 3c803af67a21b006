//! The connector of Memory.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use rust_decimal::Decimal;
use schemars::JsonSchema;
use seatgraph_core::{
    Account, AccountKind, Activity, Allowance, Batch, Blocker, Clock, ConnectContext, Connector, Consumption, Cursor,
    Diagnosis, Error, ErrorKind, Finding, Identifier, IdentifierKey, Manifest, Next, OAuth, Order, Organization,
    Outcome, Page, Pool, Process, Provider, Receipt, Result, Secret, Severity, Subscription, SystemClock, VendorUser,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use url::Url;

use crate::memory::manifest::MANIFEST;
use crate::memory::org::{METERS, Member, MemoryOrg, OrgState, POOLS};

/// What an alias says of Memory.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schemars(rename_all = "camelCase", deny_unknown_fields)]
pub struct Config {
    /// The organisation's address, `memory://` and its id.
    #[schemars(with = "String")]
    pub instance_url: Url,
}

/// A connector to one organisation of Memory.
#[derive(Debug)]
pub struct MemoryConnector {
    org: Arc<MemoryOrg>,
    // Held as a real connector's context would hold it, so that the contract tests have something to look for.
    _token: Secret,
    clock: Arc<dyn Clock>,
}

/// A position: the process, what is being read, and the last key read. The total was counted with the first page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Position {
    process: Process,
    step: Step,
    after: Option<String>,
    total: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
enum Step {
    Pools,
    Members,
    Meters,
}

impl MemoryConnector {
    pub(super) fn to(org: Arc<MemoryOrg>) -> Self {
        let token = org.token().clone();
        Self { org, _token: token, clock: Arc::new(SystemClock) }
    }
}

impl Provider for MemoryConnector {
    type Config = Config;
    const MANIFEST: Manifest = MANIFEST;

    fn oauth(_: &Config) -> Result<Option<OAuth>> {
        Ok(None)
    }

    fn connect(config: Config, context: ConnectContext) -> Result<Self> {
        let unknown =
            || Error::new(ErrorKind::ConfigInvalid, "no such organisation exists").with("property", "instanceUrl");
        let org = MemoryOrg::at(&config.instance_url).ok_or_else(unknown)?;
        Ok(Self { clock: context.clock, ..Self::to(org) })
    }
}

#[async_trait]
impl Connector for MemoryConnector {
    async fn check(&self) -> Diagnosis {
        let mut diagnosis = Diagnosis::default();
        match self.org.call(false) {
            Ok(state) => {
                let id = self.org.id().to_owned();
                diagnosis.organization =
                    Some(Organization { external_id: id.clone(), name: id, sandbox: false, edition: None });
                diagnosis.principal =
                    Some(VendorUser { external_id: "u-0001".to_owned(), username: "u-0001".to_owned() });
                diagnosis.allowance = Some(Allowance { limit: 1_000_000, used: state.calls, at: self.clock.now() });
            }
            Err(error) => diagnosis.findings.push(
                Finding::new(error.kind().code(), Severity::Error, error.message(), "clear the organisation's fault")
                    .with_seen(error.to_string()),
            ),
        }
        diagnosis
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        if !process.is_read() {
            return Err(Error::new(ErrorKind::Unsupported, "process reads nothing").with("process", process));
        }
        let given: Option<Position> = from.map(Cursor::read).transpose()?;
        if given.as_ref().is_some_and(|position| position.process != process) {
            return Err(Error::new(ErrorKind::CursorExpired, "position is another process's"));
        }
        let state = self.org.call(from.is_some())?;
        let position = given.unwrap_or_else(|| Position::start(process, &state));
        read(&state, &position, self.org.page_size() as usize)
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        let state = self.org.call(false)?;
        Ok(orders.iter().map(|order| plan(&state, order).err().into_iter().collect()).collect())
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        orders.iter().map(|order| reclaim(&mut *self.org.call(false)?, order, self.clock.now())).collect()
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        restore(&mut *self.org.call(false)?, receipt, self.clock.now())
    }
}

impl Position {
    fn start(process: Process, state: &OrgState) -> Self {
        let members = state.members.len() as u64;
        let (step, total) = match process {
            Process::DownloadSubscriptions => (Step::Pools, POOLS.len() as u64 + members),
            Process::DownloadConsumption => (Step::Meters, METERS.len() as u64),
            Process::PullUserActivity | Process::ReclaimSubscription => (Step::Members, members),
        };
        Self { process, step, after: None, total }
    }

    /// Where to go on when a page ended with `last` and there is `more` of the same.
    fn next(&self, last: Option<String>, more: bool) -> Result<Next> {
        let follows = match (more, self.step) {
            (true, step) => Self { step, after: last, ..self.clone() },
            (false, Step::Pools) => Self { step: Step::Members, after: None, ..self.clone() },
            (false, Step::Members | Step::Meters) => return Ok(Next::Done(None)),
        };
        Cursor::new(&follows).map(Next::More)
    }
}

/// Reads one page.
fn read(state: &OrgState, position: &Position, size: usize) -> Result<Page> {
    let keys: Vec<&str> = match position.step {
        Step::Pools => POOLS.iter().map(|(key, ..)| *key).collect(),
        Step::Meters => METERS.iter().map(|(key, ..)| *key).collect(),
        Step::Members => state.members.keys().map(String::as_str).collect(),
    };
    let mut rest = keys.into_iter().filter(|key| position.after.as_deref().is_none_or(|after| *key > after));
    let taken: Vec<&str> = rest.by_ref().take(size).collect();
    let mut batch = Batch::default();
    for key in &taken {
        add(&mut batch, state, position, key);
    }
    let next = position.next(taken.last().map(|key| (*key).to_owned()), rest.next().is_some())?;
    Ok(Page::new(batch, next, taken.len() as u64, Some(position.total)))
}

/// Adds what one row of the vendor gives.
fn add(batch: &mut Batch, state: &OrgState, position: &Position, key: &str) {
    match position.step {
        Step::Pools => batch.pools.extend(pool(state, key)),
        Step::Meters => batch.consumption.extend(meter(key)),
        Step::Members => {
            let Some(member) = state.members.get(key) else { return };
            if position.process == Process::PullUserActivity {
                batch.activity.extend(activity(key, member));
            } else {
                batch.accounts.push(account(key, member));
                batch.subscriptions.extend(subscriptions(key, member));
            }
        }
    }
}

fn seat(key: &str) -> Identifier {
    let name = POOLS.iter().find(|(k, ..)| *k == key).map_or(key, |(_, name, _)| name);
    Identifier::new("SEAT", key, name)
}

fn pool(state: &OrgState, key: &str) -> Option<Pool> {
    let (_, _, total) = POOLS.iter().find(|(k, ..)| *k == key)?;
    let used = Some(state.taken(key));
    Some(Pool { identifier: seat(key), total: Some(*total), used, status: Some("Active".to_owned()), expires: None })
}

fn meter(key: &str) -> Option<Consumption> {
    let (_, label, allowed, used) = METERS.iter().find(|(k, ..)| *k == key)?;
    Some(Consumption {
        key: key.to_owned(),
        label: (*label).to_owned(),
        unit: None,
        allowed: Some(amount(allowed)),
        used: used.map(amount),
        start: None,
        end: None,
        frequency: Some("Monthly".to_owned()),
    })
}

fn amount(digits: &str) -> Decimal {
    digits.parse().expect("the meters hold decimals")
}

fn account(id: &str, member: &Member) -> Account {
    Account {
        email: Some(format!("{id}@example.com")),
        display_name: Some(format!("Member {id}")),
        kind: AccountKind::Human,
        active: member.active,
        ..Account::new(id, format!("{id}@memory.example"))
    }
}

fn subscriptions<'a>(id: &'a str, member: &'a Member) -> impl Iterator<Item = Subscription> + 'a {
    member.seats.iter().map(move |key| Subscription {
        account: id.to_owned(),
        identifier: seat(key),
        pool: Some(IdentifierKey::new("SEAT", key)),
        assigned_at: None,
    })
}

fn activity<'a>(id: &'a str, member: &'a Member) -> impl Iterator<Item = Activity> + 'a {
    member.seen.iter().map(move |(kind, at)| Activity {
        account: id.to_owned(),
        kind: *kind,
        at: *at,
        source: "member.lastSeen".to_owned(),
    })
}

/// What stands in the way of an order, or whether there is anything left to take.
fn plan(state: &OrgState, order: &Order) -> Result<Outcome, Blocker> {
    let blocker = |code: &str, message: &str, remedy: &str| Blocker {
        code: code.to_owned(),
        message: message.to_owned(),
        remedy: remedy.to_owned(),
    };
    let Some(member) = state.members.get(&order.account) else {
        return Err(blocker("ACCOUNT_UNKNOWN", "no such account exists", "sync first"));
    };
    if order.identifier.kind != "SEAT" {
        return Err(blocker("IDENTIFIER_UNKNOWN", "Memory sells no such thing", "sync first"));
    }
    if order.account == "u-0001" && order.identifier.key == "BASIC" {
        return Err(blocker("LAST_ADMIN", "the founder administers the organisation", "name another administrator"));
    }
    Ok(if member.seats.contains(&order.identifier.key) { Outcome::Done } else { Outcome::AlreadyDone })
}

fn reclaim(state: &mut OrgState, order: &Order, at: DateTime<Utc>) -> Result<Receipt> {
    let outcome = plan(state, order).map_err(|blocker| {
        let kind = if blocker.code == "ACCOUNT_UNKNOWN" { ErrorKind::NotFound } else { ErrorKind::Refused };
        Error::new(kind, blocker.message).with("code", blocker.code)
    })?;
    if let Some(member) = state.members.get_mut(&order.account) {
        member.seats.remove(&order.identifier.key);
    }
    let undo = json!({ "account": order.account, "seat": order.identifier.key });
    Ok(Receipt { order: order.id.clone(), outcome, at, undo })
}

fn restore(state: &mut OrgState, receipt: &Receipt, at: DateTime<Utc>) -> Result<Receipt> {
    #[derive(Deserialize)]
    struct Undo {
        account: String,
        seat: String,
    }
    let Undo { account, seat } = Undo::deserialize(&receipt.undo)
        .map_err(|e| Error::new(ErrorKind::Malformed, "receipt is not one of ours").with_source(e))?;
    let free = POOLS.iter().any(|(key, _, total)| *key == seat && state.taken(&seat) < *total);
    let member = state.members.get_mut(&account).ok_or_else(|| Error::new(ErrorKind::NotFound, "member is gone"))?;
    let outcome = match (member.seats.contains(&seat), free) {
        (true, _) => Outcome::AlreadyDone,
        (false, true) => Outcome::Done,
        (false, false) => return Err(Error::new(ErrorKind::Refused, "pool has no free seat").with("seat", seat)),
    };
    member.seats.insert(seat);
    Ok(Receipt { order: receipt.order.clone(), outcome, at, undo: receipt.undo.clone() })
}
