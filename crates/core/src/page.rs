//! The result of one `pull`: records, and the cursor of the next page.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{Account, Activity, Consumption, Error, ErrorKind, Finding, Pool, Result, Subscription};

/// A position in a process. The connector writes and reads it; the engine stores it.
///
/// A cursor survives restarts of the gateway, so it contains keys ("after id 005…") and never a session or a locator of
/// the vendor.
///
/// If a process reads several lists of the vendor, the cursor contains the current step, for example
/// `{ step, after, total }`, and the steps have a fixed order. With `#[serde(deny_unknown_fields)]` on the type, a cursor
/// of another version of the connector is expired instead of misread.
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
    /// Serializes a position.
    ///
    /// # Errors
    /// `Unexpected` if `position` cannot be serialized.
    pub fn new(position: &impl Serialize) -> Result<Self> {
        serde_json::to_value(position)
            .map(Self)
            .map_err(|e| Error::new(ErrorKind::Unexpected, "cursor cannot be serialized").with_source(e))
    }

    /// Deserializes the position.
    ///
    /// # Errors
    /// `CursorExpired` if it is not a position of this version of the connector; the engine then starts the process over.
    pub fn read<T: for<'de> Deserialize<'de>>(&self) -> Result<T> {
        T::deserialize(&self.0).map_err(|e| {
            Error::new(ErrorKind::CursorExpired, "cursor was not written by this version of the connector")
                .with_source(e)
        })
    }

    /// Returns the JSON to store.
    #[must_use]
    pub const fn as_json(&self) -> &Value {
        &self.0
    }

    /// Makes a cursor from stored JSON.
    #[must_use]
    pub const fn from_json(value: Value) -> Self {
        Self(value)
    }
}

/// What comes after a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Another page, at this cursor, which differs from the cursor of this page.
    More(Cursor),
    /// The pass is complete. The next incremental pass begins at the bookmark, if there is one.
    Done(Option<Cursor>),
}

/// The records of one page. One vendor row may give several records.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// Licence pools.
    pub pools: Vec<Pool>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Subscriptions of accounts in this batch or an earlier one.
    pub subscriptions: Vec<Subscription>,
    /// Evidence of use.
    pub activity: Vec<Activity>,
    /// Usage-based allowances.
    pub consumption: Vec<Consumption>,
}

impl Batch {
    /// Says whether the batch contains no records.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pools.is_empty()
            && self.accounts.is_empty()
            && self.subscriptions.is_empty()
            && self.activity.is_empty()
            && self.consumption.is_empty()
    }
}

/// A vendor row that was not used. It is counted and reported, and the page continues without it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The id of the row, if it has one.
    pub external_id: Option<String>,
    /// A stable code, for example `MALFORMED` or `UNKNOWN_ACCOUNT`.
    pub code: String,
    /// The reason, with the name of the field and never its value.
    pub message: String,
}

/// One page of a process.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// The records.
    pub batch: Batch,
    /// What comes after the page.
    pub next: Next,
    /// The number of vendor rows that were read, for progress.
    pub rows: u64,
    /// The number of vendor rows of the whole process, counted with the first page and repeated on every later one; `None`
    /// if the vendor cannot count them. A snapshot retires nothing if rows and total differ.
    pub total: Option<u64>,
    /// What the organisation lacks or hides. The process continues without it.
    pub findings: Vec<Finding>,
    /// The rows that were not used.
    pub rejected: Vec<Rejection>,
}

impl Page {
    /// Makes a page without findings or rejections.
    #[must_use]
    pub const fn new(batch: Batch, next: Next, rows: u64, total: Option<u64>) -> Self {
        Self { batch, next, rows, total, findings: Vec::new(), rejected: Vec::new() }
    }
}
