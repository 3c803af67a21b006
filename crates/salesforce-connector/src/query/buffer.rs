//! Pages that a bulk query job gave beyond the one that was requested.

use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Mutex, PoisonError};

use serde_json::Value;

use super::paging::TimeKey;

/// Rows of one object that wait for the request that asks for them.
#[derive(Debug, Default)]
pub(crate) struct BulkBuffer {
    /// Whether the organisation does not give the object by jobs.
    pub(crate) refused: AtomicBool,
    waiting: Mutex<Option<BufferedPages>>,
}

/// Pages that nobody asked for yet.
pub(crate) struct BufferedPages {
    /// The key of the row before the first one.
    pub(crate) after: Option<TimeKey>,
    pub(crate) columns: Vec<&'static str>,
    /// How many pages are left.
    pub(crate) left: u32,
    pub(crate) rows: Box<dyn Iterator<Item = Value> + Send>,
}

impl BulkBuffer {
    /// Takes the waiting pages if they continue `after` with the same columns, and drops others.
    pub(crate) fn take(&self, after: Option<&TimeKey>, columns: &[&'static str]) -> Option<BufferedPages> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        waiting.filter(|pages| pages.after.as_ref() == after && pages.columns == columns)
    }

    pub(crate) fn put(&self, pages: BufferedPages) {
        *self.waiting.lock().unwrap_or_else(PoisonError::into_inner) = Some(pages);
    }
}

impl fmt::Debug for BufferedPages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BufferedPages").field("left", &self.left).finish_non_exhaustive()
    }
}
