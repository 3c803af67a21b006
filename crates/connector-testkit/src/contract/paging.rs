//! How pages follow each other.

use seatgraph_core::{Cursor, ErrorKind, Process};
use serde_json::json;

use crate::result::ensure;
use crate::walk::{pass, pull, read_processes};
use crate::{ContractResult, Fixture, NotMet, Violation};

/// Every page leads to a new position, and the pass ends.
///
/// A page that leads to itself is asked for until somebody notices the bill; one that leads back further is worse,
/// because its progress looks healthy.
pub async fn moves_forward(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        pass(org.connect().as_ref(), process).await?;
    }
    Ok(())
}

/// The same position gives the same page again, to the connector that has been there already.
///
/// A page may be read and its transaction lost. The engine then asks again from the last position that it committed,
/// and must get what it got before.
pub async fn replays_a_page(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let connector = org.connect();
        for step in pass(connector.as_ref(), process).await? {
            let again = pull(connector.as_ref(), process, step.from.as_ref()).await?;
            ensure(again == step.page, || different(process, step.from.as_ref()))?;
        }
    }
    Ok(())
}

/// Every position outlives the process: stored as JSON and read by a connector that was never there, it gives the
/// page that it gave before.
///
/// Tried from every position of the pass: a position that works everywhere but at the change from one list to the next
/// is the usual one to get wrong.
pub async fn resumes_anywhere(fixture: &dyn Fixture) -> ContractResult {
    let mut tried = false;
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        for step in pass(org.connect().as_ref(), process).await? {
            let Some(position) = &step.from else { continue };
            tried = true;
            let stored = serde_json::to_string(position).map_err(|e| Violation::of(process, e.to_string()))?;
            let read: Cursor = serde_json::from_str(&stored).map_err(|e| Violation::of(process, e.to_string()))?;
            let page = pull(org.connect().as_ref(), process, Some(&read)).await?;
            ensure(page == step.page, || different(process, Some(&read)))?;
        }
    }
    if tried { Ok(()) } else { Err(NotMet::Skipped("no process takes a second page")) }
}

fn different(process: Process, from: Option<&Cursor>) -> Violation {
    Violation::of(process, format!("the page from {from:?} is a different one the second time"))
}

/// The total is told once and for all, never outrun, and reached at the end.
///
/// Progress that jumps back is not believed, and a pass whose rows and total disagree retires nothing. A vendor that
/// cannot count is `None` throughout.
pub async fn keeps_its_total(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let steps = pass(org.connect().as_ref(), process).await?;
        let promised = steps.first().and_then(|step| step.page.total);
        let mut done = 0;
        for (index, step) in steps.iter().enumerate() {
            ensure(step.page.total == promised, || {
                let total = step.page.total;
                Violation::of(process, format!("page {index} says {total:?} in all, the first said {promised:?}"))
            })?;
            done += step.page.rows;
            ensure(promised.is_none_or(|total| done <= total), || {
                Violation::of(process, format!("{done} rows done after page {index}, of {promised:?}"))
            })?;
        }
        ensure(promised.is_none_or(|total| done == total), || {
            Violation::of(process, format!("{done} rows at the end, {promised:?} were promised"))
        })?;
    }
    Ok(())
}

/// A position that is not one of its own is `CursorExpired`, so that the engine starts over; never the beginning.
///
/// Positions are stored; the connector that reads one may be a year newer than the one that wrote it. Beginning anew by
/// itself would mix two passes into one and retire by the mixture.
pub async fn rejects_a_foreign_position(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        for foreign in [json!({"no such": "position"}), json!("x"), json!(null), json!([])] {
            let answer = org.connect().pull(process, Some(&Cursor::from_json(foreign.clone()))).await;
            let kind = answer.as_ref().map_err(|e| e.kind()).err();
            ensure(kind == Some(ErrorKind::CursorExpired), || {
                Violation::of(process, format!("position {foreign} was answered with {answer:?}"))
            })?;
        }
    }
    Ok(())
}
