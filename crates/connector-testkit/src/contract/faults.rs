//! Errors for faults of the vendor.

use std::time::Duration;

use seatgraph_core::{ErrorKind, Next, Page, Process, Result};

use crate::pass::{provoke, pull, read_processes};
use crate::result::ensure;
use crate::{ContractResult, Fault, Fixture, NotMet, Violation};

/// Requests the first page of every process with `fault`, each in its own organisation, and checks the results.
async fn first_answers(
    fixture: &dyn Fixture,
    fault: Fault,
    is_expected: impl Fn(&Result<Page>) -> bool + Send + Sync,
) -> ContractResult {
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        provoke(org.as_ref(), fault).await?;
        let answer = org.connect().pull(process, None).await;
        ensure(is_expected(&answer), || Violation::of(process, format!("{fault:?} led to {}", brief(&answer))))?;
    }
    Ok(())
}

fn brief(answer: &Result<Page>) -> String {
    match answer {
        Ok(page) => format!("a page of {} rows", page.rows),
        Err(error) => format!("{error:?}"),
    }
}

fn is_kind(answer: &Result<Page>, kind: ErrorKind) -> bool {
    answer.as_ref().is_err_and(|e| e.kind() == kind)
}

/// A rejected credential is `Unauthenticated`, not an empty organisation.
///
/// If a 401 were read as "no users", the snapshot would retire all accounts.
pub async fn reports_unauthenticated(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::CredentialRefused, |answer| is_kind(answer, ErrorKind::Unauthenticated)).await
}

/// A forbidden call is `Forbidden`, not an empty organisation.
///
/// Withdrawn permissions are the most common fault. The error must lead to a finding that names the permission.
pub async fn reports_forbidden(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::Forbidden, |answer| is_kind(answer, ErrorKind::Forbidden)).await
}

/// A rate limit is `RateLimited`, with the delay that the vendor requested.
///
/// Vendors also count calls that are retried too early.
pub async fn reports_rate_limited(fixture: &dyn Fixture) -> ContractResult {
    let retry_after = Duration::from_secs(7);
    let kind = ErrorKind::RateLimited { retry_after: Some(retry_after) };
    first_answers(fixture, Fault::RateLimited { retry_after }, |answer| is_kind(answer, kind)).await
}

/// An invalid response is `Malformed`, and never replaced by a default.
///
/// Examples are an HTML page of a proxy, or a field whose type has changed.
pub async fn reports_malformed(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::Nonsense, |answer| is_kind(answer, ErrorKind::Malformed)).await
}

/// An unavailable vendor is `Unavailable`. When it is available again, the page is the same as without the fault.
///
/// Tested without layers, so that each error is seen.
pub async fn reports_unavailable(fixture: &dyn Fixture) -> ContractResult {
    passes_over(fixture, Fault::Unavailable { calls: 3 }).await
}

/// A truncated body is `Unavailable` or retried by the HTTP client. In both cases, the next page is complete.
///
/// A truncated list must not be accepted as a list.
pub async fn survives_a_dropped_body(fixture: &dyn Fixture) -> ContractResult {
    passes_over(fixture, Fault::DroppedBody).await
}

/// More attempts than any temporary fault lasts.
const PATIENCE: u32 = 20;

async fn passes_over(fixture: &dyn Fixture, fault: Fault) -> ContractResult {
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        let connector = org.connect();
        let expected = pull(connector.as_ref(), process, None).await?;
        provoke(org.as_ref(), fault).await?;
        let mut failures = 0;
        let page = loop {
            match connector.pull(process, None).await {
                Ok(page) => break page,
                Err(e) if e.kind() == ErrorKind::Unavailable && failures < PATIENCE => failures += 1,
                other => return Err(Violation::of(process, format!("{fault:?} led to {}", brief(&other))).into()),
            }
        };
        let may_pass_unnoticed = fault == Fault::DroppedBody;
        ensure(may_pass_unnoticed || failures > 0, || Violation::of(process, format!("{fault:?} caused no error")))?;
        ensure(page == expected, || Violation::of(process, format!("the page is different after {fault:?}")))?;
    }
    Ok(())
}

/// An expired session is renewed transparently: the page is the same.
///
/// Sessions can expire during a long sync.
pub async fn renews_its_session(fixture: &dyn Fixture) -> ContractResult {
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        let connector = org.connect();
        let expected = pull(connector.as_ref(), process, None).await?;
        provoke(org.as_ref(), Fault::SessionExpired).await?;
        let page = pull(connector.as_ref(), process, None).await?;
        ensure(page == expected, || Violation::of(process, "the page is different with a new session"))?;
    }
    Ok(())
}

/// After the vendor has forgotten a position, the connector returns the same page or `CursorExpired`, never another page
/// and never the end.
///
/// Vendors forget locators after minutes or days. Paging by key is not affected.
pub async fn recovers_a_forgotten_position(fixture: &dyn Fixture) -> ContractResult {
    let mut tried = false;
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        let connector = org.connect();
        let Next::More(position) = pull(connector.as_ref(), process, None).await?.next else {
            continue;
        };
        tried = true;
        let expected = pull(connector.as_ref(), process, Some(&position)).await?;
        provoke(org.as_ref(), Fault::ForgottenPosition).await?;
        let answer = connector.pull(process, Some(&position)).await;
        let recovered = answer.as_ref().is_ok_and(|page| *page == expected);
        ensure(recovered || is_kind(&answer, ErrorKind::CursorExpired), || forgotten(process, &answer))?;
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("no process takes a second page")) }
}

fn forgotten(process: Process, answer: &Result<Page>) -> Violation {
    Violation::of(process, format!("a forgotten position led to {}", brief(answer)))
}
