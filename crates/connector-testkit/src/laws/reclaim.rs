//! Deeds: taken back once, put back whole.
use seatgraph_core::{Connector, IdentifierKey, Order, Outcome, Process, Receipt};

use crate::verdict::ensure;
use crate::walk::pass;
use crate::{Census, ContractResult, Fixture, NotMet, Violation, World};

const PROCESS: Process = Process::ReclaimSubscription;

/// A world with orders for it; skipped when the connector does not reclaim.
async fn orders(fixture: &dyn Fixture) -> Result<(Box<dyn World>, Vec<Order>), NotMet> {
    if !fixture.manifest().supports(PROCESS) {
        return Err(NotMet::Skipped("the manifest does not carry out RECLAIM_SUBSCRIPTION"));
    }
    let world = fixture.calm().await;
    let orders = world.orders();
    ensure(orders.len() >= 2, || Violation::of(PROCESS, "the fixture names fewer than two orders"))?;
    Ok((world, orders))
}

fn stranger() -> Order {
    let identifier = IdentifierKey::new("NO_SUCH_KIND", "NO_SUCH_KEY");
    Order { id: "stranger".to_owned(), account: "no-such-account".to_owned(), identifier }
}

/// One list of blockers per order, in their order; none for what can be done, some for what cannot; nothing changes.
///
/// Blockers are shown to the person who is about to say yes, next to the order that they concern.
pub async fn preflights_each_order(fixture: &dyn Fixture) -> ContractResult {
    let (world, mut orders) = orders(fixture).await?;
    let before = (world.census().await, world.fingerprint().await);
    orders.insert(1, stranger());
    let answer = world.connect().preflight(&orders).await;
    let lists = answer.map_err(|e| Violation::of(PROCESS, format!("no preflight: {e:?}")))?;
    ensure(lists.len() == orders.len(), || {
        Violation::of(PROCESS, format!("{} lists for {} orders", lists.len(), orders.len()))
    })?;
    for (order, blockers) in orders.iter().zip(&lists) {
        let blocked = !blockers.is_empty();
        let expected = order.id == "stranger";
        ensure(blocked == expected, || {
            Violation::of(PROCESS, format!("order {} has blockers {blockers:?}", order.id))
        })?;
    }
    let after = (world.census().await, world.fingerprint().await);
    ensure(before == after, || Violation::of(PROCESS, "asking what would happen made something happen"))?;
    Ok(())
}

/// The first time it is `Done` and truly gone, alone; the second time, by a connector that knows nothing of the
/// first, it is `AlreadyDone`.
///
/// The engine repeats an order when it lost the answer; `Done` the second time would count one seat twice.
pub async fn reclaims_once(fixture: &dyn Fixture) -> ContractResult {
    let (world, orders) = orders(fixture).await?;
    let expected = world.census().await.without(&orders);
    carry_out(world.connect().as_ref(), &orders, Outcome::Done).await?;
    holds(fixture, world.as_ref(), &expected).await?;
    carry_out(world.connect().as_ref(), &orders, Outcome::AlreadyDone).await?;
    holds(fixture, world.as_ref(), &expected).await?;
    Ok(())
}

/// An order that makes no sense fails, or was done before; its neighbours are carried out.
///
/// A plan of a thousand orders has a few that came too late.
pub async fn answers_each_order_on_its_own(fixture: &dyn Fixture) -> ContractResult {
    let (world, orders) = orders(fixture).await?;
    let expected = world.census().await.without(&orders);
    let mut mixed = orders.clone();
    mixed.insert(1, stranger());
    let mut answers = world.connect().reclaim(&mixed).await;
    ensure(answers.len() == mixed.len(), || {
        Violation::of(PROCESS, format!("{} answers to {} orders", answers.len(), mixed.len()))
    })?;
    let odd = answers.remove(1);
    ensure(odd.as_ref().map_or(true, |receipt| receipt.outcome == Outcome::AlreadyDone), || {
        Violation::of(PROCESS, "an order for nobody was carried out")
    })?;
    let failed = answers.into_iter().find_map(Result::err);
    ensure(failed.is_none(), || Violation::of(PROCESS, format!("one odd order failed its neighbours: {failed:?}")))?;
    holds(fixture, world.as_ref(), &expected).await?;
    Ok(())
}

/// A receipt that was stored as JSON, and a connector that knows nothing of the deed, put everything back.
///
/// Undoing is what makes people dare to automate; the receipt is all that it has to go by.
pub async fn restores(fixture: &dyn Fixture) -> ContractResult {
    let (world, orders) = orders(fixture).await?;
    let before = world.census().await.normal();
    for receipt in carry_out(world.connect().as_ref(), &orders, Outcome::Done).await? {
        let stored = serde_json::to_string(&receipt).map_err(|e| Violation::of(PROCESS, e.to_string()))?;
        let read: Receipt = serde_json::from_str(&stored).map_err(|e| Violation::of(PROCESS, e.to_string()))?;
        ensure(read == receipt, || Violation::of(PROCESS, format!("{receipt:?} does not outlive its storage")))?;
        let restored = world.connect().restore(&read).await;
        ensure(restored.is_ok(), || Violation::of(PROCESS, format!("{} was not put back: {restored:?}", read.order)))?;
    }
    holds(fixture, world.as_ref(), &before).await?;
    Ok(())
}

async fn carry_out(connector: &dyn Connector, orders: &[Order], outcome: Outcome) -> Result<Vec<Receipt>, Violation> {
    let answers = connector.reclaim(orders).await;
    ensure(answers.len() == orders.len(), || {
        Violation::of(PROCESS, format!("{} answers to {} orders", answers.len(), orders.len()))
    })?;
    let mut receipts = Vec::new();
    for (order, answer) in orders.iter().zip(answers) {
        let receipt = answer.map_err(|e| Violation::of(PROCESS, format!("order {} failed: {e:?}", order.id)))?;
        ensure(receipt.order == order.id && receipt.outcome == outcome, || {
            Violation::of(PROCESS, format!("order {} was answered with {receipt:?}, not {outcome:?}", order.id))
        })?;
        receipts.push(receipt);
    }
    Ok(receipts)
}

/// The world's books say `expected`, and so does a sync where the connector reads subscriptions.
async fn holds(fixture: &dyn Fixture, world: &dyn World, expected: &Census) -> Result<(), Violation> {
    let books = expected.faults_in_subscriptions(&world.census().await.normal());
    ensure(books.is_none(), || Violation::of(PROCESS, format!("the world's books: {}", books.unwrap_or_default())))?;
    if fixture.manifest().supports(Process::DownloadSubscriptions) {
        let steps = pass(world.connect().as_ref(), Process::DownloadSubscriptions).await?;
        let seen = expected.faults_in_subscriptions(&Census::of_pages(steps.iter().map(|step| &step.page)));
        ensure(seen.is_none(), || Violation::of(PROCESS, format!("a sync afterwards: {}", seen.unwrap_or_default())))?;
    }
    Ok(())
}
