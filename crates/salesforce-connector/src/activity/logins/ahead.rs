//! Long history comes by jobs, many pages at once. What a job gave beyond the page that was asked for waits here, as
//! text, until it is asked for: pages are the same by jobs and without.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use seatgraph_core::Result;
use serde_json::Value;

use super::{Key, Logins, Stand};
use crate::connector::Salesforce;
use crate::describe::Choice;

/// As many pages are asked for at once.
const PAGES: u32 = 25;

/// What one link knows of login history by jobs.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    /// Whether the organisation does not give history so.
    refused: AtomicBool,
    waiting: Mutex<Option<Pages>>,
}

/// Pages that nobody asked for yet.
struct Pages {
    /// The last row that was asked for.
    after: Option<Key>,
    columns: Vec<&'static str>,
    /// How many of them are left.
    left: u32,
    rows: Box<dyn Iterator<Item = Value> + Send>,
}

impl Ahead {
    /// Takes what waits, if it is what comes next.
    fn take(&self, stand: &Stand, choice: &Choice) -> Option<Pages> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.filter(|pages| pages.after == stand.after && pages.columns == choice.shown)
    }

    fn put(&self, pages: Pages) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(pages);
    }
}

/// Reads a page of a long history; `None` when it is short, or not given by jobs.
pub(super) async fn page(link: &Salesforce, stand: &Stand, choice: &Choice) -> Result<Option<Logins>> {
    let (ahead, size) = (&link.logins_ahead, link.settings.page_size);
    let is_long = stand.days.is_none() && stand.pass.has_logins(link.settings.bulk_rows);
    if !is_long || ahead.refused.load(Relaxed) {
        return Ok(None);
    }
    let mut pages = match ahead.take(stand, choice) {
        Some(pages) => pages,
        None => match link.org.tabulate(&stand.select(choice, size * PAGES)).await? {
            Some(tables) => {
                let (columns, rows) = (choice.shown.clone(), Box::new(tables.into_rows()));
                Pages { after: stand.after.clone(), columns, left: PAGES, rows }
            }
            None => {
                ahead.refused.store(true, Relaxed);
                return Ok(None);
            }
        },
    };
    let logins: Logins = pages.rows.by_ref().take(size as usize).collect();
    // What is behind the last page, another job tells.
    if pages.left > 1 && logins.rows == u64::from(size) {
        ahead.put(Pages { after: logins.last.clone(), left: pages.left - 1, ..pages });
    }
    Ok(Some(logins))
}

impl fmt::Debug for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages").field("left", &self.left).finish_non_exhaustive()
    }
}
