//! A whole answer, however many parts the vendor makes of it, and whatever it forgets between them.

use seatgraph_core::{Error, ErrorKind, Result};
use serde_json::Value;

use crate::query::{Answer, Org, RecordId, Select, text_literal};

/// How a question goes on behind the last row received.
pub(crate) type GoOn = fn(Select, &Value) -> Result<Select>;

/// Goes on by `Id`; for questions ordered by it.
pub(crate) fn by_id(select: Select, last: &Value) -> Result<Select> {
    let id = last.get("Id").and_then(Value::as_str).and_then(RecordId::parse).ok_or_else(|| without_key(&select))?;
    Ok(select.filter(format!("Id > {}", text_literal(id.as_str()))))
}

/// What is said of a row that nothing can be asked behind.
pub(crate) fn without_key(select: &Select) -> Error {
    Error::new(ErrorKind::Malformed, "last row has no key to go on from").with("object", select.object())
}

/// For questions that nothing can be asked behind: when the vendor forgets its place, the process starts over.
pub(crate) fn nowhere(select: Select, _: &Value) -> Result<Select> {
    Err(Error::new(ErrorKind::CursorExpired, "organisation forgot its place").with("object", select.object()))
}

/// A locator that is not there any more is forgotten too.
fn is_forgotten(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::CursorExpired | ErrorKind::NotFound)
}

impl Org {
    /// Reads every row of `select`, or as many as its limit allows. When the vendor forgets its place, the question
    /// is asked again behind the last row.
    pub(crate) async fn read(&self, select: &Select, go_on: GoOn) -> Result<Vec<Value>> {
        let mut rows = Vec::new();
        let mut answer = self.query(select).await?;
        loop {
            let before = rows.len();
            let locator = answer.locator()?.map(str::to_owned);
            rows.append(&mut answer.records);
            let Some(locator) = locator else { return Ok(rows) };
            answer = match self.more(&locator).await {
                Err(e) if is_forgotten(&e) && rows.len() > before => match rest(select, &rows, go_on)? {
                    Some(select) => self.query(&select).await?,
                    None => return Ok(rows),
                },
                Err(e) if is_forgotten(&e) => {
                    let message = "organisation forgets its place faster than it gives rows";
                    return Err(Error::new(ErrorKind::Unavailable, message).with_source(e));
                }
                next => self.checked(next?, select)?,
            };
        }
    }

    /// An organisation that gives empty parts for ever would hold the page for ever.
    fn checked(&self, answer: Answer, select: &Select) -> Result<Answer> {
        if answer.records.is_empty() && answer.locator()?.is_some() {
            let message = "answer goes on without giving rows";
            return Err(Error::new(ErrorKind::Malformed, message).with("object", select.object()));
        }
        Ok(answer)
    }
}

/// The question for what is missing behind `rows`; `None` when the limit is reached.
fn rest(select: &Select, rows: &[Value], go_on: GoOn) -> Result<Option<Select>> {
    let received = u32::try_from(rows.len()).unwrap_or(u32::MAX);
    let left = select.most().map(|limit| limit.saturating_sub(received));
    if left == Some(0) {
        return Ok(None);
    }
    let last = rows.last().ok_or_else(|| without_key(select))?;
    let select = go_on(select.clone(), last)?;
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
    fn what_is_missing_is_asked_behind_the_last_row() {
        let rows = [json!({"Id": "005xx000001SwiU"})];
        let select = rest(&page(), &rows, by_id).unwrap().unwrap();
        assert_eq!(select.to_string(), "SELECT Id FROM User WHERE Id > '005xx000001SwiUAAS' ORDER BY Id LIMIT 2");
    }

    #[test]
    fn nothing_is_asked_once_the_limit_is_reached() {
        let rows = vec![json!({"Id": "005xx000001SwiU"}); 3];
        assert!(rest(&page(), &rows, by_id).unwrap().is_none());
    }

    #[test]
    fn what_has_no_order_by_key_is_started_over() {
        let rows = [json!({"Name": "x"})];
        assert_eq!(rest(&page(), &rows, nowhere).unwrap_err().kind(), ErrorKind::CursorExpired);
    }

    #[test]
    fn a_last_row_without_a_key_is_malformed() {
        let rows = [json!({"Name": "x"})];
        assert_eq!(rest(&page(), &rows, by_id).unwrap_err().kind(), ErrorKind::Malformed);
    }
}
