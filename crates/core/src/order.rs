//! Taking a subscription back, and putting it back.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::IdentifierKey;

/// One reclaim asked of a connector.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The order's own id; the receipt repeats it.
    pub id: String,
    /// The holder's external id.
    pub account: String,
    /// What is to be taken back.
    pub identifier: IdentifierKey,
}

/// What came of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// It was taken back by this call.
    Done,
    /// It was gone before; nothing was changed.
    AlreadyDone,
}

/// What a connector answered to an order; enough to undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The order's id.
    pub order: String,
    /// What came of it.
    pub outcome: Outcome,
    /// When the vendor confirmed.
    pub at: DateTime<Utc>,
    /// What the connector needs to put it back, in its own words.
    pub undo: Value,
}

/// Something that stands in the way of an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// A stable word, `LAST_ADMIN` for example.
    pub code: String,
    /// What is in the way.
    pub message: String,
    /// What would clear it.
    pub remedy: String,
}
