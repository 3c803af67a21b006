//! One vendor row at a time: a bad one is left out and kept in sight, and the others go on.

use seatgraph_core::Rejection;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads a row; the refusal names the field at fault, never its value.
pub(crate) fn read<R: DeserializeOwned>(row: &Value) -> Result<R, Rejection> {
    // Keeping the path costs as much as reading, so it is kept only for a row that is known to be bad.
    R::deserialize(row).or_else(|_| {
        serde_path_to_error::deserialize(row)
            .map_err(|e| rejection(row, "MALFORMED", &format!("{} is not understood", e.path())))
    })
}

/// States why a row was left out.
pub(crate) fn rejection(row: &Value, code: &str, message: &str) -> Rejection {
    let external_id = row.get("Id").and_then(Value::as_str).map(str::to_owned);
    Rejection { external_id, code: code.to_owned(), message: message.to_owned() }
}
