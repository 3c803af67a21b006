//! Login history, by time and id: successful logins, told apart by sort.
//!
//! Where the connection may not see other users' logins, the vendor silently shows its own alone. That is noticed by
//! comparing with the user records: several users logged in lately, and history knows of one at most.

mod ahead;
mod fold;

use chrono::{DateTime, Duration, Utc};
use seatgraph_core::{Batch, Error, ErrorKind, Finding, Page, Process, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

pub(crate) use self::ahead::Ahead;
pub(super) use self::fold::Callers;
use self::fold::Logins;
use crate::activity::{Pass, Position, done, more};
use crate::connector::Salesforce;
use crate::describe::{Choice, is_hidden, is_withheld, said};
use crate::dialect::CODE;
use crate::findings;
use crate::query::{RecordId, Select, parse_time, text_literal, time_literal, without_key};

const NEEDED: [&str; 4] = ["Id", "UserId", "LoginTime", "Status"];
const OPTIONAL: [&str; 2] = ["LoginType", "LoginSubType"];

/// Where history was read up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    at: DateTime<Utc>,
    id: RecordId,
}

/// Where this step stands; the members are those of [`Position::Logins`].
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) after: Option<Key>,
    pub(super) days: Option<u16>,
    pub(super) reached: Option<DateTime<Utc>>,
    pub(super) callers: Callers,
    pub(super) pass: Pass,
}

/// Counts the logins that the pass will read; `None` when the organisation cannot say in time.
pub(super) async fn count(link: &Salesforce, since: DateTime<Utc>) -> Result<Option<u64>> {
    let select = Select::count("LoginHistory").filter(format!("LoginTime >= {}", time_literal(since)));
    match link.org.count_if_told(&select).await {
        Err(e) if is_hidden(&e) => Ok(Some(0)),
        Err(e) if is_withheld(&e) => Ok(None),
        counted => counted,
    }
}

/// Says what is lost with the columns that the organisation hides.
pub(crate) async fn hidden_columns(link: &Salesforce) -> Result<Vec<Finding>> {
    let wanted: Vec<_> = NEEDED.into_iter().chain(OPTIONAL).collect();
    let Some(choice) = link.login_columns.choose(&link.org, &wanted).await? else { return Ok(Vec::new()) };
    if let Some(column) = choice.hidden.iter().find(|column| NEEDED.contains(column)) {
        return Ok(vec![findings::login_history_hidden(format!("LoginHistory.{column} is absent"))]);
    }
    Ok(choice.hidden.into_iter().map(sort_unknown).collect())
}

/// Reads the history behind where it stands, as much as a page holds.
pub(super) async fn page(link: &Salesforce, stand: Stand) -> Result<Page> {
    let wanted: Vec<_> = NEEDED.into_iter().chain(OPTIONAL).collect();
    loop {
        let Some(choice) = link.login_columns.choose(&link.org, &wanted).await? else {
            return without_history(stand, "LoginHistory is absent");
        };
        if let Some(column) = choice.hidden.iter().find(|column| NEEDED.contains(column)) {
            return without_history(stand, &format!("LoginHistory.{column} is absent"));
        }
        match read(link, &stand, &choice).await {
            Ok(logins) => return stand.page(logins, link, choice.hidden),
            Err(e) if link.login_columns.learn(&e, &choice) => {}
            Err(e) if is_withheld(&e) => return without_history(stand, &said(&e)),
            Err(e) if e.get(CODE) == Some("QUERY_TIMEOUT") => return stand.narrowed(link, e),
            Err(e) => return Err(e),
        }
    }
}

async fn read(link: &Salesforce, stand: &Stand, choice: &Choice) -> Result<Logins> {
    if let Some(logins) = ahead::page(link, stand, choice).await? {
        return Ok(logins);
    }
    let rows = link.org.read(&stand.select(choice, link.settings.page_size), by_time).await?;
    Ok(rows.into_iter().collect())
}

fn without_history(stand: Stand, seen: &str) -> Result<Page> {
    let mut page = Page::new(Batch::default(), done(&stand.pass)?, 0, stand.pass.total);
    page.findings.push(findings::login_history_hidden(seen));
    Ok(page)
}

/// Goes on behind a row by time and then id, because several logins may share a second.
fn by_time(select: Select, last: &Value) -> Result<Select> {
    let key = Key::of(last).ok_or_else(|| without_key(&select))?;
    Ok(select.filter(key.behind()))
}

impl Key {
    fn behind(&self) -> String {
        let (at, id) = (time_literal(self.at), text_literal(self.id.as_str()));
        format!("(LoginTime > {at} OR (LoginTime = {at} AND Id > {id}))")
    }

    fn of(row: &Value) -> Option<Self> {
        let at = parse_time(row.get("LoginTime")?.as_str()?)?;
        Some(Self { at, id: RecordId::parse(row.get("Id")?.as_str()?)? })
    }
}

impl Stand {
    fn select(&self, choice: &Choice, limit: u32) -> Select {
        let select = Select::from("LoginHistory").columns(choice.shown.iter().copied());
        let select = match &self.after {
            Some(key) if self.reached.is_none() => select.filter(key.behind()),
            _ => select.filter(format!("LoginTime >= {}", time_literal(self.begin()))),
        };
        let select = match self.end() {
            Some(end) => select.filter(format!("LoginTime < {}", time_literal(end))),
            None => select,
        };
        select.order_by("LoginTime, Id").limit(limit)
    }

    /// From where the next question looks.
    fn begin(&self) -> DateTime<Utc> {
        self.reached.or_else(|| self.after.as_ref().map(|key| key.at)).unwrap_or(self.pass.logins_since)
    }

    /// Up to where it looks, once the organisation found a question too long.
    fn end(&self) -> Option<DateTime<Utc>> {
        self.days.map(|days| self.begin() + Duration::days(i64::from(days)))
    }

    /// Halves the days that one question may span.
    fn narrowed(mut self, link: &Salesforce, error: Error) -> Result<Page> {
        let span = (link.clock.now() - self.begin()).num_days().clamp(1, 180);
        let span = u16::try_from(span).expect("clamped to what fits");
        self.days = match self.days.unwrap_or(span) {
            0 | 1 => return Err(error),
            days => Some(days / 2),
        };
        let total = self.pass.total;
        Ok(Page::new(Batch::default(), more(&self.into_position())?, 0, total))
    }

    fn into_position(self) -> Position {
        let Self { after, days, reached, callers, pass } = self;
        Position::Logins { after, days, reached, callers, pass }
    }

    fn page(mut self, mut logins: Logins, link: &Salesforce, hidden: Vec<&'static str>) -> Result<Page> {
        self.note(&mut logins);
        let (total, rows) = (self.pass.total, logins.rows);
        let mut findings: Vec<Finding> = hidden.into_iter().map(sort_unknown).collect();
        let end = self.end().filter(|end| *end <= link.clock.now());
        let next = if rows >= u64::from(link.settings.page_size) {
            let last = logins.last.take().filter(|last| Some(last) != self.after.as_ref());
            self.after = Some(last.ok_or_else(keyless)?);
            self.reached = None;
            more(&self.into_position())?
        } else if let Some(end) = end {
            self.reached = Some(end);
            more(&self.into_position())?
        } else {
            findings.extend(self.own_alone());
            done(&self.pass)?
        };
        let rejected = std::mem::take(&mut logins.rejected);
        let mut page = Page::new(Batch { activity: logins.into_activity(), ..Batch::default() }, next, rows, total);
        page.findings = findings;
        page.rejected = rejected;
        Ok(page)
    }

    fn note(&mut self, logins: &mut Logins) {
        let known = std::mem::take(&mut self.callers);
        self.callers = known.and(std::mem::take(&mut logins.callers));
        self.pass.newest_login = self.pass.newest_login.max(logins.newest);
    }

    /// The organisation says so, or several users logged in lately and history knows of one at most. History that
    /// shows several users outranks permissions, which the vendor tells late.
    fn own_alone(&self) -> Option<Finding> {
        let shown = match self.callers {
            Callers::Nobody => "nobody's",
            Callers::One(_) => "one user's",
            Callers::Several => return None,
        };
        if self.pass.own_alone {
            let seen = "UserPermissionAccess grants neither Manage Users nor Monitor Login History";
            return Some(findings::login_history_hidden(seen));
        }
        let recent = self.pass.recent;
        let seen = format!("{recent} users logged in lately, history shows {shown} logins");
        (recent > 1).then(|| findings::login_history_hidden(seen))
    }
}

fn keyless() -> Error {
    Error::new(ErrorKind::Malformed, "page of logins has no key to go on from")
}

fn sort_unknown(column: &'static str) -> Finding {
    let without = "People, programs and single sign-on cannot all be told apart.";
    findings::field_hidden(Process::PullUserActivity, "LoginHistory", column, without)
}

#[cfg(test)]
mod tests;
