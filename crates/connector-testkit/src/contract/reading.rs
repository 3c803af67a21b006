//! The records in pages.

use std::collections::BTreeSet;

use seatgraph_core::{Error, ErrorKind, IdentifierKey, Order, Outcome, Process, Receipt};
use serde_json::Value;

use crate::expected::difference;
use crate::pass::{Step, pass, read_processes};
use crate::result::ensure;
use crate::{ContractResult, ExpectedRecords, Fixture, NotMet, Violation};

/// A full sync reports every record and no other.
///
/// Compares IDs with the data of the organisation ([`ExpectedRecords`]): pools, accounts and subscriptions; accounts with
/// evidence of use; allowances. All results of the gateway depend on this test.
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

/// Within a pass, IDs are unique and not empty, and no account uses its e-mail address as ID.
///
/// Records are merged by ID, so rows with the same ID would overwrite each other. E-mail addresses can change or move to
/// another account.
pub async fn reports_each_record_once(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let steps = pass(org.connect().as_ref(), process).await?;
        let mut seen = BTreeSet::new();
        for id in steps.iter().flat_map(ids) {
            ensure(!id.1.is_empty(), || Violation::of(process, format!("a {} without an ID", id.0)))?;
            ensure(!seen.contains(&id), || Violation::of(process, format!("{} {} is duplicate", id.0, id.1)))?;
            seen.insert(id);
        }
        for account in steps.iter().flat_map(|step| &step.page.batch.accounts) {
            ensure(account.email.as_ref() != Some(&account.external_id), || {
                Violation::of(process, format!("account {} uses its e-mail address as ID", account.external_id))
            })?;
        }
    }
    Ok(())
}

/// Two passes by two connectors give the same ids in the same order.
///
/// History is linked by external IDs. With an ID that changes between passes (a row number, a hash of a name), every account
/// would be new in every sync.
pub async fn keeps_ids(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let first: Vec<_> = pass(org.connect().as_ref(), process).await?.iter().flat_map(ids).collect();
        let second: Vec<_> = pass(org.connect().as_ref(), process).await?.iter().flat_map(ids).collect();
        let difference = first.iter().zip(&second).find(|(a, b)| a != b);
        ensure(first == second, || {
            Violation::of(
                process,
                format!("{} IDs, then {}; first difference {difference:?}", first.len(), second.len()),
            )
        })?;
    }
    Ok(())
}

/// The IDs of the records of a page.
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

/// The account of a subscription is in the same batch or in an earlier one, and activity belongs to existing accounts.
///
/// Each batch is committed separately. Rows whose account is missing must be in the rejections of the page.
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
                Violation::of(
                    process,
                    format!("{} has {:?}, but the account is unknown", held.account, held.identifier.id),
                )
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

/// Processes that the manifest declares as unavailable are `Unsupported`, for every order.
///
/// Users enable processes by the manifest. An undeclared process would run without their consent.
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
        Some(error) => Err(Violation::of(process, format!("unavailable, but the error is {error:?}"))),
        None => Err(Violation::of(process, "unavailable, but the call succeeded")),
    }
}
