//! All rows of a query, in as many parts as Salesforce gives them, even if it refuses a locator in between.

use chrono::{DateTime, Utc};
use seatgraph_core::{Error, ErrorKind, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::org::{Answer, Org};
use super::soql::{Select, text, time};
use super::value::{RecordId, parse_time};
use crate::errors::is_refused_locator;

/// How a query continues after the rows received.
pub(crate) type Continue = fn(Select, &[Value]) -> Result<Select>;

/// Continues by `Id`; for queries ordered by it.
pub(crate) fn by_id(select: Select, rows: &[Value]) -> Result<Select> {
    let id = rows.last().and_then(|last| RecordId::parse(last.get("Id")?.as_str()?)).ok_or_else(|| no_key(&select))?;
    Ok(select.filter(format!("Id > {}", text(id.as_str()))))
}

/// The key of a row in a table that is read by time and then id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct TimeKey {
    pub(crate) at: DateTime<Utc>,
    id: RecordId,
}

impl TimeKey {
    /// The key of `row`, whose time is in `column`; `None` when either is missing or malformed.
    pub(crate) fn of(row: &Value, column: &str) -> Option<Self> {
        let at = parse_time(row.get(column)?.as_str()?)?;
        Some(Self { at, id: RecordId::parse(row.get("Id")?.as_str()?)? })
    }

    /// The condition for the rows after this one.
    pub(crate) fn after(&self, column: &str) -> String {
        let (at, id) = (time(self.at), text(self.id.as_str()));
        format!("({column} > {at} OR ({column} = {at} AND Id > {id}))")
    }
}

/// The error for a last row after which the query cannot continue.
pub(crate) fn no_key(select: &Select) -> Error {
    Error::new(ErrorKind::Malformed, "last row has no key to continue after").with("object", select.object())
}

impl Org {
    /// Reads every row of `select`, or as many as its limit allows. When Salesforce refuses the locator, a new
    /// query continues after the last row, with the token of that time.
    pub(crate) async fn read(&self, select: &Select, continue_after: Continue) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut answer = self.query(select).await?;
        loop {
            let before = rows.len();
            let locator = answer.locator()?.map(str::to_owned);
            rows.append(&mut answer.records);
            let Some(locator) = locator else { return Ok(rows) };
            answer = match self.more(&locator).await {
                Err(e) if is_refused_locator(&e) && rows.len() > before => match rest(select, &rows, continue_after)? {
                    Some(select) => self.query(&select).await?,
                    None => return Ok(rows),
                },
                Err(e) if is_refused_locator(&e) => {
                    let message = "organisation refuses query locators faster than it gives rows";
                    return Err(Error::new(ErrorKind::Unavailable, message).with_source(e));
                }
                next => self.checked(next?, select)?,
            };
        }
    }

    /// Refuses an empty part that is not the last one: a series of them would never end.
    fn checked(&self, answer: Answer, select: &Select) -> Result<Answer> {
        if answer.records.is_empty() && answer.locator()?.is_some() {
            let message = "part of the answer is empty and not the last one";
            return Err(Error::new(ErrorKind::Malformed, message).with("object", select.object()));
        }
        Ok(answer)
    }
}

/// The query for the rows after `rows`; `None` when the limit is reached.
fn rest(select: &Select, rows: &[Value], continue_after: Continue) -> Result<Option<Select>> {
    let received = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let left = select.max_rows().map(|limit| limit.saturating_sub(received));
    if left == Some(0) {
        return Ok(None);
    }
    let select = continue_after(select.clone(), rows)?;
    Ok(Some(match left {
        Some(left) => select.limit(left),
        None => select,
    }))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn page() -> Select {
        Select::from("User").columns(["Id"]).order_by("Id").limit(3)
    }

    #[test]
    fn the_rest_is_queried_after_the_last_row() {
        let rows = [json!({"Id": "005xx000001SwiU"})];
        let select = rest(&page(), &rows, by_id).unwrap().unwrap();
        assert_eq!(select.to_string(), "SELECT Id FROM User WHERE Id > '005xx000001SwiUAAS' ORDER BY Id LIMIT 2");
    }

    #[test]
    fn no_query_is_sent_once_the_limit_is_reached() {
        let rows = vec![json!({"Id": "005xx000001SwiU"}); 3];
        assert!(rest(&page(), &rows, by_id).unwrap().is_none());
    }

    #[test]
    fn a_last_row_without_a_key_is_malformed() {
        let rows = [json!({"Name": "x"})];
        assert_eq!(rest(&page(), &rows, by_id).unwrap_err().kind(), ErrorKind::Malformed);
    }
}
