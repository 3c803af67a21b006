//! Paging.

use seatgraph_core::{Cursor, ErrorKind, Process};
use serde_json::json;

use crate::pass::{pass, pull, read_processes};
use crate::result::ensure;
use crate::{ContractResult, Fixture, NotMet, Violation};

/// Every page leads to a new position, and the pass ends.
///
/// A page that leads to itself or back would be read endlessly.
pub async fn moves_forward(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        pass(org.connect().as_ref(), process).await?;
    }
    Ok(())
}

/// The same connector returns the same page for the same position again.
///
/// If the transaction of a page fails, the engine reads it again from the last committed position.
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

/// A position that was stored as JSON gives the same page with a new connector.
///
/// Tested for every position of the pass, because errors are most likely at the transition from one list to the next.
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
    Violation::of(process, format!("the page from {from:?} is different the second time"))
}

/// The total does not change, is never exceeded, and is reached at the end.
///
/// A pass whose number of rows differs from the total retires nothing. If the vendor does not report a total, it is always
/// `None`.
pub async fn keeps_its_total(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        let steps = pass(org.connect().as_ref(), process).await?;
        let promised = steps.first().and_then(|step| step.page.total);
        let mut done = 0;
        for (index, step) in steps.iter().enumerate() {
            ensure(step.page.total == promised, || {
                let total = step.page.total;
                Violation::of(process, format!("page {index} has the total {total:?}, the first page {promised:?}"))
            })?;
            done += step.page.rows;
            ensure(promised.is_none_or(|total| done <= total), || {
                Violation::of(process, format!("{done} rows after page {index}, more than the total {promised:?}"))
            })?;
        }
        ensure(promised.is_none_or(|total| done == total), || {
            Violation::of(process, format!("{done} rows at the end, but the total is {promised:?}"))
        })?;
    }
    Ok(())
}

/// An unknown position is `CursorExpired`, so that the engine starts over. The connector must not start over itself.
///
/// Stored positions can come from an older version of the connector. If the connector started over itself, two passes would
/// be mixed, and the engine would retire the wrong records.
pub async fn rejects_a_foreign_position(fixture: &dyn Fixture) -> ContractResult {
    let org = fixture.organization().await;
    for process in read_processes(fixture)? {
        for foreign in [json!({"no such": "position"}), json!("x"), json!(null), json!([])] {
            let answer = org.connect().pull(process, Some(&Cursor::from_json(foreign.clone()))).await;
            let kind = answer.as_ref().map_err(|e| e.kind()).err();
            ensure(kind == Some(ErrorKind::CursorExpired), || {
                Violation::of(process, format!("position {foreign} led to {answer:?}"))
            })?;
        }
    }
    Ok(())
}
