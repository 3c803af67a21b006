//! Login history, by time and id: successful logins, told apart by sort.
//!
//! Where the connection may not see other users' logins, the vendor silently shows its own alone. That is noticed by
//! comparing with the user records: several users logged in lately, and history knows of one at most.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering::Relaxed;

use chrono::{DateTime, Duration, NaiveDate, Utc};
use seatgraph_core::{Activity, ActivityKind, Batch, Error, ErrorKind, Finding, Page, Process, Rejection, Result};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::activity::kind::kind;
use crate::activity::{Pass, Position, done, more};
use crate::connector::Salesforce;
use crate::describe::{Choice, is_hidden, is_withheld, said};
use crate::dialect::CODE;
use crate::findings;
use crate::query::{RecordId, Select, parse_time, text_literal, time, time_literal, without_key};
use crate::row;

const SOURCE: &str = "LoginHistory";
const NEEDED: [&str; 4] = ["Id", "UserId", "LoginTime", "Status"];
const OPTIONAL: [&str; 2] = ["LoginType", "LoginSubType"];

/// As many pages of a long history come at once by a job.
const PAGES_A_JOB: u32 = 10;

/// Where history was read up to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Key {
    at: DateTime<Utc>,
    id: RecordId,
}

/// Whose logins the history showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Callers {
    Nobody,
    One(RecordId),
    Several,
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

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Login {
    user_id: Option<RecordId>,
    #[serde(deserialize_with = "time")]
    login_time: DateTime<Utc>,
    login_type: Option<String>,
    login_sub_type: Option<String>,
    status: Option<String>,
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
            Ok(logins) => return stand.page(&logins, link, choice.hidden),
            Err(e) if link.login_columns.learn(&e, &choice) => {}
            Err(e) if is_withheld(&e) => return without_history(stand, &said(&e)),
            Err(e) if e.get(CODE) == Some("QUERY_TIMEOUT") => return stand.narrowed(link, e),
            Err(e) => return Err(e),
        }
    }
}

/// Logins as they came.
struct Logins {
    found: Vec<Value>,
    /// Whether as many came as were asked for.
    are_full: bool,
}

async fn read(link: &Salesforce, stand: &Stand, choice: &Choice) -> Result<Logins> {
    let logins = |found: Vec<Value>, asked: u32| Logins { are_full: found.len() as u64 >= u64::from(asked), found };
    let page = link.settings.page_size;
    if stand.pass.has_logins(link.settings.bulk_rows) && !link.jobs_refused.load(Relaxed) {
        let at_once = page * PAGES_A_JOB;
        match link.org.tabulate(&stand.select(choice, at_once)).await? {
            Some(found) => return Ok(logins(found, at_once)),
            None => link.jobs_refused.store(true, Relaxed),
        }
    }
    Ok(logins(link.org.read(&stand.select(choice, page), by_time).await?, page))
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

    fn page(mut self, logins: &Logins, link: &Salesforce, hidden: Vec<&'static str>) -> Result<Page> {
        let rows = &logins.found;
        let (activity, rejected) = records(rows);
        self.note(rows);
        let total = self.pass.total;
        let mut findings: Vec<Finding> = hidden.into_iter().map(sort_unknown).collect();
        let end = self.end().filter(|end| *end <= link.clock.now());
        let next = if logins.are_full {
            self.after = Some(last_key(rows, self.after.as_ref())?);
            self.reached = None;
            more(&self.into_position())?
        } else if let Some(end) = end {
            self.reached = Some(end);
            more(&self.into_position())?
        } else {
            findings.extend(self.own_alone());
            done(&self.pass)?
        };
        let mut page = Page::new(Batch { activity, ..Batch::default() }, next, rows.len() as u64, total);
        page.findings = findings;
        page.rejected = rejected;
        Ok(page)
    }

    fn note(&mut self, rows: &[Value]) {
        for user in rows.iter().filter_map(|row| RecordId::parse(row.get("UserId")?.as_str()?)) {
            self.callers = match std::mem::replace(&mut self.callers, Callers::Several) {
                Callers::Nobody => Callers::One(user),
                Callers::One(known) if known == user => Callers::One(known),
                Callers::One(_) | Callers::Several => break,
            };
        }
        let newest = rows.iter().filter_map(|row| parse_time(row.get("LoginTime")?.as_str()?)).max();
        self.pass.newest_login = self.pass.newest_login.max(newest);
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

fn last_key(rows: &[Value], before: Option<&Key>) -> Result<Key> {
    let last = rows.iter().rev().find_map(Key::of).filter(|key| Some(key) != before);
    last.ok_or_else(|| Error::new(ErrorKind::Malformed, "page of logins has no key to go on from"))
}

fn sort_unknown(column: &'static str) -> Finding {
    let without = "People, programs and single sign-on cannot all be told apart.";
    findings::field_hidden(Process::PullUserActivity, "LoginHistory", column, without)
}

/// Turns logins into evidence: the newest of each account, sort and day, so that a page of them stays small.
fn records(rows: &[Value]) -> (Vec<Activity>, Vec<Rejection>) {
    let mut newest: BTreeMap<(RecordId, ActivityKind, NaiveDate), DateTime<Utc>> = BTreeMap::new();
    let mut rejected = Vec::new();
    for row in rows {
        match row::read::<Login>(row) {
            Ok(login) if !login.succeeded() => {}
            Ok(Login { user_id: Some(user), login_time: at, login_type, login_sub_type, .. }) => {
                let kind = kind(login_type.as_deref(), login_sub_type.as_deref());
                let known = newest.entry((user, kind, at.date_naive())).or_insert(at);
                *known = at.max(*known);
            }
            Ok(_) => {}
            Err(rejection) => rejected.push(rejection),
        }
    }
    let evidence = |((user, kind, _), at): ((RecordId, ActivityKind, NaiveDate), DateTime<Utc>)| Activity {
        account: user.into_string(),
        kind,
        at,
        source: SOURCE.to_owned(),
    };
    (newest.into_iter().map(evidence).collect(), rejected)
}

impl Login {
    fn succeeded(&self) -> bool {
        self.status.as_deref().is_some_and(|status| status.eq_ignore_ascii_case("success"))
    }
}

#[cfg(test)]
mod tests;
