//! Reads a process from its first page to its last, like the engine.

use seatgraph_core::{Connector, Cursor, Next, Page, Process};

use crate::{Fault, Fixture, NotMet, TestOrg, Violation};

/// Maximum number of pages. A longer pass is assumed to be endless.
const MAX_PAGES: usize = 10_000;

/// A page with its cursor.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) from: Option<Cursor>,
    pub(super) page: Page,
}

/// Reads all pages of a process.
pub(super) async fn pass(connector: &dyn Connector, process: Process) -> Result<Vec<Step>, Violation> {
    let mut steps: Vec<Step> = Vec::new();
    let mut from = None;
    loop {
        let page = pull(connector, process, from.as_ref()).await?;
        let next = page.next.clone();
        steps.push(Step { from, page });
        let Next::More(position) = next else { return Ok(steps) };
        if steps.iter().any(|step| step.from.as_ref() == Some(&position)) {
            return Err(Violation::of(process, format!("page {} leads back to {position:?}", steps.len())));
        }
        if steps.len() == MAX_PAGES {
            return Err(Violation::of(process, format!("no end after {MAX_PAGES} pages")));
        }
        from = Some(position);
    }
}

/// Reads one page, which must succeed.
pub(super) async fn pull(
    connector: &dyn Connector,
    process: Process,
    from: Option<&Cursor>,
) -> Result<Page, Violation> {
    connector.pull(process, from).await.map_err(|e| Violation::of(process, format!("no page from {from:?}: {e:?}")))
}

/// The read processes of the connector.
pub(super) fn read_processes(fixture: &dyn Fixture) -> Result<Vec<Process>, NotMet> {
    let reads = |process: &Process| process.is_read() && fixture.manifest().supports(*process);
    let processes: Vec<_> = Process::ALL.into_iter().filter(reads).collect();
    if processes.is_empty() { Err(NotMet::Skipped("the manifest has no process that reads")) } else { Ok(processes) }
}

/// Activates the fault, or skips the test if the fixture does not support it.
pub(super) async fn provoke(org: &dyn TestOrg, fault: Fault) -> Result<(), NotMet> {
    let provoked = org.set_fault(fault).await;
    if provoked { Ok(()) } else { Err(NotMet::Skipped("the fixture cannot provoke this fault")) }
}
