//! One answer to one `pull`: records, and where to go on.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Account, Activity, Consumption, Error, ErrorKind, Finding, Pool, Result, Subscription};

/// A position in a process, written by the connector, kept by the engine, read by nobody else.
///
/// It outlives restarts of the gateway, so it holds keys ("after id 005…"), never a vendor's session or locator.
///
/// Where one process reads several of the vendor's lists, the position says which: `{ step, after, total }`, steps in
/// a fixed order. `#[serde(deny_unknown_fields)]` on the type makes a position of a newer or older version of the
/// connector an expired one instead of a misread one.
///
/// ```
/// use seatgraph_core::{Cursor, ErrorKind};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// #[serde(deny_unknown_fields)]
/// struct Position { after: String }
///
/// let cursor = Cursor::new(&Position { after: "005-17".into() })?;
/// assert_eq!(cursor.read::<Position>()?.after, "005-17");
///
/// let foreign = Cursor::from_json(serde_json::json!({ "page": 3 }));
/// assert_eq!(foreign.read::<Position>().err().map(|e| e.kind()), Some(ErrorKind::CursorExpired));
/// # Ok::<(), seatgraph_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Cursor(Value);

impl Cursor {
    /// Wraps a position.
    ///
    /// # Errors
    /// `Unexpected` when `position` does not serialise.
    pub fn new(position: &impl Serialize) -> Result<Self> {
        serde_json::to_value(position)
            .map(Self)
            .map_err(|e| Error::new(ErrorKind::Unexpected, "cursor does not serialise").with_source(e))
    }

    /// Reads the position back.
    ///
    /// # Errors
    /// `CursorExpired` when it is not a position of this version of the connector; the engine then starts the
    /// process over.
    pub fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        T::deserialize(&self.0)
            .map_err(|e| Error::new(ErrorKind::CursorExpired, "cursor is not one of ours").with_source(e))
    }

    /// Returns the stored form, for the one who keeps it.
    #[must_use]
    pub const fn as_json(&self) -> &Value {
        &self.0
    }

    /// Takes a stored form back.
    #[must_use]
    pub const fn from_json(value: Value) -> Self {
        Self(value)
    }
}

/// What follows a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// There is more, from here. The position differs from the one that was asked with.
    More(Cursor),
    /// The pass is complete. A bookmark, where given, is where the next incremental pass begins.
    Done(Option<Cursor>),
}

/// The records of one page. One vendor row may give several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Licence pools.
    pub pools: Vec<Pool>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Subscriptions, each of an account of this batch or an earlier one.
    pub subscriptions: Vec<Subscription>,
    /// Evidence of use.
    pub activity: Vec<Activity>,
    /// Usage-based allowances.
    pub consumption: Vec<Consumption>,
}

impl Batch {
    /// Says whether the batch holds no record at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
            && self.accounts.is_empty()
            && self.subscriptions.is_empty()
            && self.activity.is_empty()
            && self.consumption.is_empty()
    }
}

/// A vendor row that could not be understood; it is counted and kept in sight, and the page goes on without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The row's id, where it had one.
    pub external_id: Option<String>,
    /// A stable word for the cause, `MALFORMED` or `UNKNOWN_ACCOUNT` for example.
    pub code: String,
    /// What was wrong, naming the field and never its value.
    pub message: String,
}

/// One page of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records.
    pub batch: Batch,
    /// What follows.
    pub next: Next,
    /// How many vendor rows the page took in; progress counts by this.
    pub rows: u64,
    /// How many vendor rows the whole process has, counted with its first page and the same on every later one;
    /// `None` when the vendor cannot be asked. A snapshot retires nothing when rows and total disagree.
    pub total: Option<u64>,
    /// What the organisation lacks or hides, noticed on the way: degraded, not failed.
    pub findings: Vec<Finding>,
    /// Rows left out.
    pub rejected: Vec<Rejection>,
}

impl Page {
    /// Makes a page without findings or rejections.
    #[must_use]
    pub const fn new(batch: Batch, next: Next, rows: u64, total: Option<u64>) -> Self {
        Self { batch, next, rows, total, findings: Vec::new(), rejected: Vec::new() }
    }
}
