//! What the vendor's faults become.

use std::time::Duration;

use seatgraph_core::{ErrorKind, Next, Page, Process, Result};

use crate::result::ensure;
use crate::walk::{provoke, pull, read_processes};
use crate::{ContractResult, Fault, Fixture, NotMet, Violation};

/// Asks for the first page of every process under `fault`, in an organisation of its own each, and judges the answers.
async fn first_answers(
    fixture: &dyn Fixture,
    fault: Fault,
    judge: impl Fn(&Result<Page>) -> bool + Send + Sync,
) -> ContractResult {
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        provoke(org.as_ref(), fault).await?;
        let answer = org.connect().pull(process, None).await;
        ensure(judge(&answer), || Violation::of(process, format!("{fault:?} became {}", brief(&answer))))?;
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

/// A credential that is not accepted is `Unauthenticated`; above all it is not an empty organisation.
///
/// The worst bug of this trade: a 401 read as "no users", and a snapshot that retires everybody.
pub async fn reports_unauthenticated(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::CredentialRefused, |answer| is_kind(answer, ErrorKind::Unauthenticated)).await
}

/// What is forbidden is `Forbidden`; above all it is not an empty organisation.
///
/// A permission withdrawn is the commonest of all faults; it must lead to a finding that names it.
pub async fn reports_forbidden(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::Forbidden, |answer| is_kind(answer, ErrorKind::Forbidden)).await
}

/// Too fast is `RateLimited`, with the wait that the vendor asked for.
///
/// A vendor that is asked again too early counts that too.
pub async fn reports_rate_limited(fixture: &dyn Fixture) -> ContractResult {
    let retry_after = Duration::from_secs(7);
    let kind = ErrorKind::RateLimited { retry_after: Some(retry_after) };
    first_answers(fixture, Fault::RateLimited { retry_after }, |answer| is_kind(answer, kind)).await
}

/// An answer that is not understood is `Malformed`; never a default, never a guess.
///
/// A page in HTML from a gateway on the way, a field that changed its type: what is guessed here is believed later.
pub async fn reports_malformed(fixture: &dyn Fixture) -> ContractResult {
    first_answers(fixture, Fault::Nonsense, |answer| is_kind(answer, ErrorKind::Malformed)).await
}

/// A vendor that is away is `Unavailable`, and when it is back the page comes as if nothing had been.
///
/// Asked of the connector bare of layers, so each refusal is seen.
pub async fn reports_unavailable(fixture: &dyn Fixture) -> ContractResult {
    passes_over(fixture, Fault::Unavailable { calls: 3 }).await
}

/// A body that breaks off is `Unavailable`, or the link asks again by itself; either way the page comes whole.
///
/// Half a list is still a list to a careless reader.
pub async fn survives_a_dropped_body(fixture: &dyn Fixture) -> ContractResult {
    passes_over(fixture, Fault::DroppedBody).await
}

/// More attempts than any passing fault lasts.
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
                other => return Err(Violation::of(process, format!("{fault:?} became {}", brief(&other))).into()),
            }
        };
        let may_pass_unnoticed = fault == Fault::DroppedBody;
        ensure(may_pass_unnoticed || failures > 0, || Violation::of(process, format!("{fault:?} went by unnoticed")))?;
        ensure(page == expected, || Violation::of(process, format!("after {fault:?} the page is another")))?;
    }
    Ok(())
}

/// A session that ended is renewed in passing: the page comes, and it is the same.
///
/// Sessions end while a long sync runs; nobody should notice.
pub async fn renews_its_session(fixture: &dyn Fixture) -> ContractResult {
    for process in read_processes(fixture)? {
        let org = fixture.organization().await;
        let connector = org.connect();
        let expected = pull(connector.as_ref(), process, None).await?;
        provoke(org.as_ref(), Fault::SessionExpired).await?;
        let page = pull(connector.as_ref(), process, None).await?;
        ensure(page == expected, || Violation::of(process, "a new session gives another page"))?;
    }
    Ok(())
}

/// A position that the vendor has forgotten is either found again (the same page comes) or said to be gone
/// (`CursorExpired`); never another page, never an end.
///
/// Vendors forget locators after minutes or days. A connector that pages by key has nothing to forget.
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
    Violation::of(process, format!("a forgotten position became {}", brief(answer)))
}
