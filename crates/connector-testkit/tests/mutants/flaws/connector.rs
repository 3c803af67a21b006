//! The flaws themselves.

use std::collections::HashMap;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use connector_testkit::memory::REGISTRATION;
use schemars::JsonSchema;
use seatgraph_core::{
    Batch, Blocker, ConnectContext, Connector, Cursor, Diagnosis, Error, ErrorKind, IdentifierKey, Manifest, Next,
    OAuth, Order, Outcome, Page, Process, Provider, Receipt, Result, Setup, SetupContext,
};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::flaws::Flaw;

pub(super) struct FlawedConnector {
    inner: Box<dyn Connector>,
    flaw: Flaw,
    canary: String,
    number: u64,
    given: Mutex<HashMap<String, Cursor>>,
}

impl FlawedConnector {
    pub(super) fn new(inner: Box<dyn Connector>, flaw: Flaw, canary: String) -> Self {
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        Self { inner, flaw, canary, number, given: Mutex::default() }
    }

    /// What the flaw makes of the position before it is used.
    fn position(&self, from: Option<&Cursor>) -> Result<Option<Cursor>> {
        let Some(cursor) = from else { return Ok(None) };
        let mut given = self.given.lock().expect("no holder of the positions panics");
        let key = cursor.as_json().to_string();
        match self.flaw {
            Flaw::UsesPositionsUp if given.insert(key.clone(), cursor.clone()).is_some() => {
                Err(Error::new(ErrorKind::CursorExpired, "position was used before"))
            }
            Flaw::KeepsPositionsInMemory => {
                let kept = given.get(&key).cloned();
                kept.map(Some).ok_or_else(|| Error::new(ErrorKind::CursorExpired, "position is not in memory"))
            }
            Flaw::StartsOverSilently if cursor.as_json().get("step").is_none() => Ok(None),
            _ => Ok(Some(cursor.clone())),
        }
    }

    /// What the flaw makes of a refusal.
    fn refusal(&self, error: Error) -> Result<Page> {
        let empty = Ok(Page::new(Batch::default(), Next::Done(None), 0, Some(0)));
        match (self.flaw, error.kind()) {
            (Flaw::TakesRefusalForEmpty, ErrorKind::Unauthenticated | ErrorKind::Forbidden)
            | (Flaw::TakesNonsenseForEmpty, ErrorKind::Malformed)
            | (Flaw::TakesAbsenceForEmpty, ErrorKind::Unavailable)
            | (Flaw::TakesForgottenForTheEnd, ErrorKind::CursorExpired) => empty,
            (Flaw::ForgetsTheWait, ErrorKind::RateLimited { .. }) => {
                Err(error.with_kind(ErrorKind::RateLimited { retry_after: None }))
            }
            _ => Err(error),
        }
    }

    /// What the flaw makes of a page.
    fn page(&self, process: Process, from: Option<&Cursor>, mut page: Page) -> Page {
        match self.flaw {
            Flaw::EndsEarly => page.next = Next::Done(None),
            Flaw::DropsARow => drop_a_row(&mut page.batch),
            Flaw::RepeatsARow => repeat_a_row(&mut page.batch),
            Flaw::Sticks => page.next = from.cloned().map_or(page.next, Next::More),
            Flaw::GoesInCircles => page.next = self.circle(process, page.next),
            Flaw::KeepsPositionsInMemory => page.next = self.keep(page.next),
            Flaw::ChangesItsTotal if from.is_some() => page.total = page.total.map(|total| total - 1),
            Flaw::PromisesTooLittle => page.total = page.total.map(|total| total - 1),
            Flaw::RenamesAccounts => rename(&mut page.batch, |id| format!("{id}-{}", self.number)),
            Flaw::NamesByMail => rename(&mut page.batch, |id| format!("{id}@example.com")),
            Flaw::ReportsAnOrphan => page.batch.subscriptions.iter_mut().for_each(|held| held.account.push('x')),
            _ => {}
        }
        page
    }

    /// Leads back to the first position it ever gave out.
    fn circle(&self, process: Process, next: Next) -> Next {
        let Next::More(cursor) = next else { return next };
        Next::More(
            self.given
                .lock()
                .expect("no holder of the positions panics")
                .entry(process.to_string())
                .or_insert(cursor)
                .clone(),
        )
    }

    /// Gives out a number in place of the position.
    fn keep(&self, next: Next) -> Next {
        let Next::More(cursor) = next else { return next };
        let mut given = self.given.lock().expect("no holder of the positions panics");
        let known = given.iter().find(|(_, kept)| **kept == cursor).map(|(number, _)| number.clone());
        let number = known.unwrap_or_else(|| json!(given.len()).to_string());
        given.insert(number.clone(), cursor);
        Next::More(Cursor::from_json(serde_json::from_str(&number).expect("a number is JSON")))
    }
}

fn drop_a_row(batch: &mut Batch) {
    batch.accounts.pop();
    batch.pools.pop();
    batch.activity.pop();
    batch.consumption.pop();
    let accounts = batch.accounts.clone();
    batch.subscriptions.retain(|held| accounts.iter().any(|account| account.external_id == held.account));
}

fn repeat_a_row(batch: &mut Batch) {
    batch.accounts.extend(batch.accounts.first().cloned());
}

fn rename(batch: &mut Batch, name: impl Fn(&str) -> String) {
    for account in &mut batch.accounts {
        account.external_id = name(&account.external_id);
    }
    for held in &mut batch.subscriptions {
        held.account = name(&held.account);
    }
}

#[async_trait]
impl Connector for FlawedConnector {
    async fn check(&self) -> Diagnosis {
        match self.flaw {
            Flaw::SeesNoEvil => Diagnosis::default(),
            Flaw::TouchesWhenLooking => {
                let identifier = IdentifierKey::new("SEAT", "BASIC");
                let order = Order { id: "peek".to_owned(), account: "u-0004".to_owned(), identifier };
                let _ = self.inner.reclaim(&[order]).await;
                self.inner.check().await
            }
            _ => self.inner.check().await,
        }
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        let position = self.position(from)?;
        match self.inner.pull(process, position.as_ref()).await {
            Ok(page) => Ok(self.page(process, from, page)),
            Err(error) => self.refusal(error),
        }
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        let mut lists = self.inner.preflight(orders).await?;
        if self.flaw == Flaw::PreflightsTooFew {
            lists.pop();
        }
        Ok(lists)
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        if self.flaw == Flaw::ClaimsWithoutDoing {
            let at = chrono::DateTime::UNIX_EPOCH;
            let done =
                |order: &Order| Receipt { order: order.id.clone(), outcome: Outcome::Done, at, undo: Value::Null };
            return orders.iter().map(|order| Ok(done(order))).collect();
        }
        let mut answers = self.inner.reclaim(orders).await;
        if self.flaw == Flaw::ReclaimsTwice {
            answers.iter_mut().flatten().for_each(|receipt| receipt.outcome = Outcome::Done);
        }
        if self.flaw == Flaw::FailsTogether && answers.iter().any(Result::is_err) {
            return orders.iter().map(|_| Err(Error::new(ErrorKind::Refused, "one was odd"))).collect();
        }
        answers
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        if self.flaw == Flaw::RestoresNothing {
            return Ok(receipt.clone());
        }
        self.inner.restore(receipt).await
    }
}

/// A configuration without descriptions that asks for a password.
#[derive(Deserialize, JsonSchema)]
pub(super) struct ShabbyConfig {
    #[serde(rename = "password")]
    _password: String,
}

impl Provider for FlawedConnector {
    type Config = ShabbyConfig;
    const MANIFEST: Manifest = Manifest { key: "Shabby Inc.", catalogue: "[]", ..*REGISTRATION.manifest() };

    fn oauth(_: &ShabbyConfig) -> Result<Option<OAuth>> {
        Ok(None)
    }

    /// The scopes are left for the administrator to guess.
    fn setup(context: &SetupContext<'_>) -> Setup {
        let mut setup = Setup::default_for(REGISTRATION.manifest(), context);
        setup.steps.iter_mut().for_each(|step| step.values.clear());
        setup
    }

    fn connect(_: ShabbyConfig, _: ConnectContext) -> Result<Self> {
        Err(Error::new(ErrorKind::ConfigInvalid, "connecting is refused"))
    }
}

impl fmt::Debug for FlawedConnector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shape = f.debug_struct("FlawedConnector");
        if self.flaw == Flaw::LeaksASecret {
            shape.field("canary", &self.canary);
        }
        shape.finish_non_exhaustive()
    }
}
