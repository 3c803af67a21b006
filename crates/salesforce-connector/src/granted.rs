//! Which permissions the connected user has, as `UserPermissionAccess` says.

use std::collections::{BTreeSet, HashSet};

use seatgraph_core::Result;
use serde_json::Value;

use crate::errors::{CODE, is_hidden_object};
use crate::query::{Org, Select};

/// The object with one row about the user who asks.
pub(crate) const OBJECT: &str = "UserPermissionAccess";

/// Reads which of `wanted` the connection has; `None` when the organisation does not say.
pub(crate) async fn among(org: &Org, wanted: BTreeSet<&'static str>) -> Result<Option<HashSet<String>>> {
    match org.query(&Select::from(OBJECT).columns(wanted.iter().copied())).await {
        Ok(answer) => Ok(answer.records.first().map(|row| granted(row, wanted))),
        // The permissions that exist depend on the organisation; one that does not exist is not granted.
        Err(e) if e.get(CODE) == Some("INVALID_FIELD") => one_by_one(org, wanted).await,
        Err(e) if is_hidden_object(&e) => Ok(None),
        Err(e) => Err(e),
    }
}

async fn one_by_one(org: &Org, wanted: BTreeSet<&'static str>) -> Result<Option<HashSet<String>>> {
    let mut all = HashSet::new();
    for permission in wanted {
        match org.query(&Select::from(OBJECT).columns([permission])).await {
            Ok(answer) => match answer.records.first() {
                Some(row) => all.extend(granted(row, [permission])),
                None => return Ok(None),
            },
            Err(e) if e.get(CODE) == Some("INVALID_FIELD") => {}
            Err(e) => return Err(e),
        }
    }
    Ok(Some(all))
}

fn granted(row: &Value, wanted: impl IntoIterator<Item = &'static str>) -> HashSet<String> {
    let is_granted = |permission: &&str| row.get(*permission).and_then(Value::as_bool) == Some(true);
    wanted.into_iter().filter(is_granted).map(str::to_owned).collect()
}
