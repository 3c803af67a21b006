//! Complete passes.

use std::collections::BTreeSet;

use seatgraph_core::{Activity, ActivityKind, Connector, Cursor, Next, Page, Process, Result};

/// A finished pass.
#[derive(Debug, Default)]
pub(crate) struct Pass {
    pub(crate) pages: Vec<Page>,
    pub(crate) bookmark: Option<Cursor>,
}

/// Reads `process` completely.
pub(crate) async fn pass(link: &dyn Connector, process: Process, from: Option<&Cursor>) -> Result<Pass> {
    let mut pass = Pass::default();
    let mut from = from.cloned();
    loop {
        let page = link.pull(process, from.as_ref()).await?;
        let next = page.next.clone();
        pass.pages.push(page);
        match next {
            Next::More(cursor) => from = Some(cursor),
            Next::Done(bookmark) => {
                pass.bookmark = bookmark;
                return Ok(pass);
            }
        }
    }
}

impl Pass {
    /// The codes of all findings.
    pub(crate) fn codes(&self) -> BTreeSet<&str> {
        self.pages.iter().flat_map(|page| &page.findings).map(|finding| finding.code.as_str()).collect()
    }

    pub(crate) fn rows(&self) -> u64 {
        self.pages.iter().map(|page| page.rows).sum()
    }

    pub(crate) fn accounts(&self) -> usize {
        self.pages.iter().map(|page| page.batch.accounts.len()).sum()
    }

    /// The number of subscriptions with the identifier.
    pub(crate) fn holders(&self, key: &str) -> u64 {
        let held = self.pages.iter().flat_map(|page| &page.batch.subscriptions);
        held.filter(|subscription| subscription.identifier.id.key == key).count() as u64
    }

    pub(crate) fn activity(&self) -> impl Iterator<Item = &Activity> {
        self.pages.iter().flat_map(|page| &page.batch.activity)
    }

    pub(crate) fn kinds(&self) -> BTreeSet<ActivityKind> {
        self.activity().map(|activity| activity.kind).collect()
    }
}
