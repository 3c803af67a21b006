//! What pages hold.

use std::collections::BTreeSet;

use seatgraph_core::{Error, ErrorKind, IdentifierKey, Order, Outcome, Process, Receipt};
use serde_json::Value;

use crate::expected::difference;
use crate::result::ensure;
use crate::walk::{Step, pass, read_processes};
use crate::{ContractResult, ExpectedRecords, Fixture, NotMet, Violation};

/// A full sync reports every record and no other.
///
/// Compares ids with those that the organisation stores ([`ExpectedRecords`]): pools, accounts and who holds what;
/// accounts with evidence of use; allowances. Everything the gateway says to people rests on this one.
pub async fn reports_every_record(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    let expected = org.expected_records().await;
    for process in read_processes(fixture)? {
        let steps = pass(org.connect().as_ref(), process).await?;
        let seen = ExpectedRecords::of_pages(steps.iter().map(|step| &step.page));
        let difference_found = match process {
            Process::DownloadSubscriptions => expected.difference_in_subscriptions(&seen),
            Process::PullUserActivity => difference("accounts with activity", &expected.active, &seen.active),
            Process::DownloadConsumption => difference("allowances", &expected.consumption, &seen.consumption),
            Process::ReclaimSubscription => None,
        };
        ensure(difference_found.is_none(), || Violation::of(process, difference_found.unwrap_or_default()))?;
    }
    Ok(())
}

/// Within a pass, no record comes twice, none is nameless, and no account goes by its mail address, which changes.
///
/// Records are merged by id. Two rows with one id overwrite each other, and an id that is a mail address follows the
/// person out of one account and into another.
pub async fn reports_each_record_once(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let steps = pass(org.connect().as_ref(), process).await?;
        let mut seen = BTreeSet::new();
        for id in steps.iter().flat_map(ids) {
            ensure(!id.1.is_empty(), || Violation::of(process, format!("a {} without an id", id.0)))?;
            ensure(!seen.contains(&id), || Violation::of(process, format!("{} {} came twice", id.0, id.1)))?;
            seen.insert(id);
        }
        for account in steps.iter().flat_map(|step| &step.page.batch.accounts) {
            ensure(account.email.as_ref() != Some(&account.external_id), || {
                Violation::of(process, format!("account {} goes by its mail address", account.external_id))
            })?;
        }
    }
    Ok(())
}

/// Two passes by two connectors give the same ids in the same order.
///
/// History hangs on external ids. One that is made up per pass (a row number, a hash of a name) makes everybody a
/// stranger with every sync.
pub async fn keeps_ids(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let first: Vec<_> = pass(org.connect().as_ref(), process).await?.iter().flat_map(ids).collect();
        let second: Vec<_> = pass(org.connect().as_ref(), process).await?.iter().flat_map(ids).collect();
        let departure = first.iter().zip(&second).find(|(a, b)| a != b);
        ensure(first == second, || {
            Violation::of(process, format!("{} ids, then {}; first departure {departure:?}", first.len(), second.len()))
        })?;
    }
    Ok(())
}

/// What names each record of a page.
fn ids(step: &Step) -> Vec<(&'static str, String)> {
    let batch = &step.page.batch;
    let key = |id: &IdentifierKey| format!("{}/{}", id.kind, id.key);
    let pools = batch.pools.iter().map(|p| ("pool", key(&p.identifier.id)));
    let accounts = batch.accounts.iter().map(|a| ("account", a.external_id.clone()));
    let held = batch.subscriptions.iter().map(|s| ("subscription", format!("{} {}", s.account, key(&s.identifier.id))));
    let activity =
        batch.activity.iter().map(|a| ("activity", format!("{} {:?} {} {}", a.account, a.kind, a.at, a.source)));
    let consumption = batch.consumption.iter().map(|c| ("allowance", c.key.clone()));
    pools.chain(accounts).chain(held).chain(activity).chain(consumption).collect()
}

/// A subscription's holder is in the same batch or an earlier one, and activity is of accounts that exist.
///
/// Each batch is committed on its own, so a batch must make sense on its own. A row whose account is missing belongs to
/// the page's rejections.
pub async fn refers_to_known_accounts(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    let process = Process::DownloadSubscriptions;
    if !fixture.manifest().supports(process) {
        return Err(NotMet::Skipped("the manifest does not carry out DOWNLOAD_SUBSCRIPTIONS"));
    }
    let mut known = BTreeSet::new();
    for step in pass(org.connect().as_ref(), process).await? {
        known.extend(step.page.batch.accounts.into_iter().map(|account| account.external_id));
        for held in &step.page.batch.subscriptions {
            ensure(known.contains(&held.account), || {
                Violation::of(process, format!("{} holds {:?} and is unknown", held.account, held.identifier.id))
            })?;
        }
    }
    let process = Process::PullUserActivity;
    if fixture.manifest().supports(process) {
        let steps = pass(org.connect().as_ref(), process).await?;
        let unknown = steps.iter().flat_map(|s| &s.page.batch.activity).find(|a| !known.contains(&a.account));
        ensure(unknown.is_none(), || Violation::of(process, format!("activity of an unknown account: {unknown:?}")))?;
    }
    Ok(())
}

/// What the manifest does not carry out is `Unsupported`, every time and for every order.
///
/// The API's switches follow the manifest. A process that is done but not declared runs without anybody having
/// granted it.
pub async fn refuses_unavailable_processes(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    let connector = org.connect();
    let does = |process| fixture.manifest().supports(process);
    for process in Process::ALL.into_iter().filter(|process| !process.is_read() || !does(*process)) {
        is_unsupported(process, connector.pull(process, None).await.err())?;
    }
    let process = Process::ReclaimSubscription;
    if does(process) {
        return Ok(());
    }
    let order = |id: &str| Order { id: id.into(), account: "1".into(), identifier: IdentifierKey::new("A", "B") };
    let orders = [order("first"), order("second")];
    is_unsupported(process, connector.preflight(&orders).await.err())?;
    let answers = connector.reclaim(&orders).await;
    ensure(answers.len() == orders.len(), || {
        Violation::of(process, format!("{} answers to {} orders", answers.len(), orders.len()))
    })?;
    for answer in answers {
        is_unsupported(process, answer.err())?;
    }
    let at = chrono::DateTime::UNIX_EPOCH;
    let receipt = Receipt { order: "first".into(), outcome: Outcome::Done, at, undo: Value::Null };
    is_unsupported(process, connector.restore(&receipt).await.err())?;
    Ok(())
}

fn is_unsupported(process: Process, refusal: Option<Error>) -> Result<(), Violation> {
    match refusal {
        Some(error) if error.kind() == ErrorKind::Unsupported => Ok(()),
        Some(error) => Err(Violation::of(process, format!("not carried out, and refused with {error:?}"))),
        None => Err(Violation::of(process, "not carried out, and answered all the same")),
    }
}
