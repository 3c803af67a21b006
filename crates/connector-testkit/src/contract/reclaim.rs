//! Reclaim and restore.

use seatgraph_core::{Connector, IdentifierKey, Order, Outcome, Process, Receipt};

use crate::pass::pass;
use crate::result::ensure;
use crate::{ContractResult, ExpectedRecords, Fixture, NotMet, TestOrg, Violation};

const PROCESS: Process = Process::ReclaimSubscription;

/// Returns an organisation and orders for it. Skips the test if the connector does not reclaim.
async fn orders(fixture: &dyn Fixture) -> Result<(Box<dyn TestOrg>, Vec<Order>), NotMet> {
    if !fixture.manifest().supports(PROCESS) {
        return Err(NotMet::Skipped("the manifest does not carry out RECLAIM_SUBSCRIPTION"));
    }
    let org = fixture.organization().await;
    let orders = org.orders();
    ensure(orders.len() >= 2, || Violation::of(PROCESS, "the fixture has fewer than two orders"))?;
    Ok((org, orders))
}

fn unknown_order() -> Order {
    let identifier = IdentifierKey::new("NO_SUCH_KIND", "NO_SUCH_KEY");
    Order { id: "unknown".to_owned(), account: "no-such-account".to_owned(), identifier }
}

/// A preflight returns one list of blockers per order, in the same order: empty if the order can be applied. It changes
/// nothing.
///
/// Blockers are shown to the user who approves, next to the order that they concern.
pub async fn preflights_each_order(fixture: &dyn Fixture) -> ContractResult {
    let (org, mut orders) = orders(fixture).await?;
    let before = (org.expected_records().await, org.fingerprint().await);
    orders.insert(1, unknown_order());
    let answer = org.connect().preflight(&orders).await;
    let lists = answer.map_err(|e| Violation::of(PROCESS, format!("no preflight: {e:?}")))?;
    ensure(lists.len() == orders.len(), || {
        Violation::of(PROCESS, format!("{} lists for {} orders", lists.len(), orders.len()))
    })?;
    for (order, blockers) in orders.iter().zip(&lists) {
        let blocked = !blockers.is_empty();
        let expected = order.id == "unknown";
        ensure(blocked == expected, || {
            Violation::of(PROCESS, format!("order {} has blockers {blockers:?}", order.id))
        })?;
    }
    let after = (org.expected_records().await, org.fingerprint().await);
    ensure(before == after, || Violation::of(PROCESS, "the preflight changed the organisation"))?;
    Ok(())
}

/// The first time, an order is `Done`, and only its subscription is removed. The second time, with a new connector, it is
/// `AlreadyDone`.
///
/// The engine repeats an order if the response was lost. A second `Done` would count a seat twice.
pub async fn reclaims_once(fixture: &dyn Fixture) -> ContractResult {
    let (org, orders) = orders(fixture).await?;
    let expected = org.expected_records().await.without(&orders);
    apply(org.connect().as_ref(), &orders, Outcome::Done).await?;
    holds(fixture, org.as_ref(), &expected).await?;
    apply(org.connect().as_ref(), &orders, Outcome::AlreadyDone).await?;
    holds(fixture, org.as_ref(), &expected).await?;
    Ok(())
}

/// An invalid order fails or is already done. The other orders of the call are applied.
///
/// In a large plan, some orders are outdated.
pub async fn answers_each_order_on_its_own(fixture: &dyn Fixture) -> ContractResult {
    let (org, orders) = orders(fixture).await?;
    let expected = org.expected_records().await.without(&orders);
    let mut mixed = orders.clone();
    mixed.insert(1, unknown_order());
    let mut answers = org.connect().reclaim(&mixed).await;
    ensure(answers.len() == mixed.len(), || {
        Violation::of(PROCESS, format!("{} answers to {} orders", answers.len(), mixed.len()))
    })?;
    let odd = answers.remove(1);
    ensure(odd.as_ref().map_or(true, |receipt| receipt.outcome == Outcome::AlreadyDone), || {
        Violation::of(PROCESS, "an order for an unknown account succeeded")
    })?;
    let failed = answers.into_iter().find_map(Result::err);
    ensure(failed.is_none(), || Violation::of(PROCESS, format!("an invalid order made others fail: {failed:?}")))?;
    holds(fixture, org.as_ref(), &expected).await?;
    Ok(())
}

/// A new connector restores everything from a receipt that was stored as JSON.
///
/// Automation requires that a reclaim can be undone. The receipt is the only information for that.
pub async fn restores(fixture: &dyn Fixture) -> ContractResult {
    let (org, orders) = orders(fixture).await?;
    let before = org.expected_records().await.normal();
    for receipt in apply(org.connect().as_ref(), &orders, Outcome::Done).await? {
        let stored = serde_json::to_string(&receipt).map_err(|e| Violation::of(PROCESS, e.to_string()))?;
        let read: Receipt = serde_json::from_str(&stored).map_err(|e| Violation::of(PROCESS, e.to_string()))?;
        ensure(read == receipt, || Violation::of(PROCESS, format!("{receipt:?} changed when it was stored")))?;
        let restored = org.connect().restore(&read).await;
        ensure(restored.is_ok(), || Violation::of(PROCESS, format!("{} was not restored: {restored:?}", read.order)))?;
    }
    holds(fixture, org.as_ref(), &before).await?;
    Ok(())
}

async fn apply(connector: &dyn Connector, orders: &[Order], outcome: Outcome) -> Result<Vec<Receipt>, Violation> {
    let answers = connector.reclaim(orders).await;
    ensure(answers.len() == orders.len(), || {
        Violation::of(PROCESS, format!("{} answers to {} orders", answers.len(), orders.len()))
    })?;
    let mut receipts = Vec::new();
    for (order, answer) in orders.iter().zip(answers) {
        let receipt = answer.map_err(|e| Violation::of(PROCESS, format!("order {} failed: {e:?}", order.id)))?;
        ensure(receipt.order == order.id && receipt.outcome == outcome, || {
            Violation::of(PROCESS, format!("order {} led to {receipt:?}, not {outcome:?}", order.id))
        })?;
        receipts.push(receipt);
    }
    Ok(receipts)
}

/// Asserts that the organisation has the expected records, and that a sync reports them if the connector reads subscriptions.
async fn holds(fixture: &dyn Fixture, org: &dyn TestOrg, expected: &ExpectedRecords) -> Result<(), Violation> {
    let held = expected.difference_in_subscriptions(&org.expected_records().await.normal());
    ensure(held.is_none(), || Violation::of(PROCESS, format!("the organisation: {}", held.unwrap_or_default())))?;
    if fixture.manifest().supports(Process::DownloadSubscriptions) {
        let steps = pass(org.connect().as_ref(), Process::DownloadSubscriptions).await?;
        let seen =
            expected.difference_in_subscriptions(&ExpectedRecords::of_pages(steps.iter().map(|step| &step.page)));
        ensure(seen.is_none(), || Violation::of(PROCESS, format!("a sync afterwards: {}", seen.unwrap_or_default())))?;
    }
    Ok(())
}
