//! One Salesforce row at a time: a malformed row is rejected and reported, the others are used.

use seatgraph_core::Rejection;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a row; the rejection names the malformed field, never its value.
pub(crate) fn read<R: DeserializeOwned>(row: &Value) -> Result<R, Rejection> {
    // Tracking the path doubles the time, so it is tracked only for a row that is known to be malformed.
    R::deserialize(row).or_else(|_| {
        serde_path_to_error::deserialize(row)
            .map_err(|e| rejection(row, "MALFORMED", &format!("{} is malformed", e.path())))
    })
}

/// The reason why a row was rejected.
pub(crate) fn rejection(row: &Value, code: &str, message: &str) -> Rejection {
    let external_id = row.get("Id").and_then(Value::as_str).map(str::to_owned);
    Rejection { external_id, code: code.to_owned(), message: message.to_owned() }
}
