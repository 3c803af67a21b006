//! Orders to reclaim a subscription, and their receipts.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::IdentifierKey;

/// An order to reclaim one subscription.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// The id of the order; the receipt contains it too.
    pub id: String,
    /// The external id of the account that holds the subscription.
    pub account: String,
    /// The identifier of the subscription.
    pub identifier: IdentifierKey,
}

/// The outcome of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Outcome {
    /// The subscription was reclaimed by this call.
    Done,
    /// The account did not hold the subscription; nothing was changed.
    AlreadyDone,
}

/// The result of an order, with the data to undo it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The id of the order.
    pub order: String,
    /// The outcome.
    pub outcome: Outcome,
    /// The time of the vendor's confirmation.
    pub at: DateTime<Utc>,
    /// The data that the connector needs to undo the order.
    pub undo: Value,
}

/// A reason that prevents an order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blocker {
    /// A stable code, for example `LAST_ADMIN`.
    pub code: String,
    /// The problem.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}
