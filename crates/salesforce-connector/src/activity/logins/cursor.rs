//! Where the login history is read up to, and the query for what comes next.

use chrono::{DateTime, Duration, Utc};
use seatgraph_core::{Batch, Error, ErrorKind, Finding, Page, Result};

use super::fold::{Logins, TIME};
use super::kind_unknown;
use crate::activity::position::{LoginUsers, Pass, Position};
use crate::connection::Connection;
use crate::describe::ColumnSplit;
use crate::findings;
use crate::query::{Select, TimeKey, time_literal};

/// The members of [`Position::Logins`].
#[derive(Debug)]
pub(in crate::activity) struct LoginsCursor {
    pub(in crate::activity) after: Option<TimeKey>,
    pub(in crate::activity) days: Option<u16>,
    pub(in crate::activity) reached: Option<DateTime<Utc>>,
    pub(in crate::activity) users: LoginUsers,
    pub(in crate::activity) pass: Pass,
}

impl LoginsCursor {
    pub(super) fn select(&self, columns: &ColumnSplit, limit: u32) -> Select {
        let select = Select::from("LoginHistory").columns(columns.shown.iter().copied());
        let select = match &self.after {
            Some(key) if self.reached.is_none() => select.filter(key.after(TIME)),
            _ => select.filter(format!("{TIME} >= {}", time_literal(self.begin()))),
        };
        let select = match self.end() {
            Some(end) => select.filter(format!("{TIME} < {}", time_literal(end))),
            None => select,
        };
        select.order_by("LoginTime, Id").limit(limit)
    }

    /// The time from which the next query reads.
    fn begin(&self) -> DateTime<Utc> {
        self.reached.or_else(|| self.after.as_ref().map(|key| key.at)).unwrap_or(self.pass.logins_since)
    }

    /// The time up to which it reads, once a query has timed out.
    fn end(&self) -> Option<DateTime<Utc>> {
        self.days.map(|days| self.begin() + Duration::days(i64::from(days)))
    }

    /// Halves the days that one query may span, after a query that timed out with `error`.
    pub(super) fn narrowed(mut self, connection: &Connection, error: Error) -> Result<Page> {
        let span = (connection.clock.now() - self.begin()).num_days().clamp(1, 180);
        let span = u16::try_from(span).expect("clamped to what fits");
        self.days = match self.days.unwrap_or(span) {
            0 | 1 => return Err(error),
            days => Some(days / 2),
        };
        let total = self.pass.total;
        Ok(Page::new(Batch::default(), self.into_position().next()?, 0, total))
    }

    fn into_position(self) -> Position {
        let Self { after, days, reached, users, pass } = self;
        Position::Logins { after, days, reached, users, pass }
    }

    /// Turns the logins that a query gave into a page, and moves on.
    pub(super) fn page(
        mut self,
        mut logins: Logins,
        connection: &Connection,
        hidden: Vec<&'static str>,
    ) -> Result<Page> {
        self.include(&mut logins);
        let (total, rows) = (self.pass.total, logins.rows);
        let mut findings: Vec<Finding> = hidden.into_iter().map(kind_unknown).collect();
        let end = self.end().filter(|end| *end <= connection.clock.now());
        let next = if rows >= u64::from(connection.settings.page_size) {
            let last = logins.last.take().filter(|last| Some(last) != self.after.as_ref());
            self.after = Some(last.ok_or_else(no_key)?);
            self.reached = None;
            self.into_position().next()?
        } else if let Some(end) = end {
            self.reached = Some(end);
            self.into_position().next()?
        } else {
            findings.extend(self.restriction());
            self.pass.done()?
        };
        let rejected = std::mem::take(&mut logins.rejected);
        let mut page = Page::new(Batch { activity: logins.into_activity(), ..Batch::default() }, next, rows, total);
        page.findings = findings;
        page.rejected = rejected;
        Ok(page)
    }

    pub(super) fn include(&mut self, logins: &mut Logins) {
        let known = std::mem::take(&mut self.users);
        self.users = known.and(std::mem::take(&mut logins.users));
        self.pass.newest_login = self.pass.newest_login.max(logins.newest);
    }

    /// The finding for a history that shows the connection's own logins only: the permissions say so, or several users
    /// logged in recently and the history shows one of them at most. A history that shows several users outranks the
    /// permissions, which Salesforce updates late.
    pub(super) fn restriction(&self) -> Option<Finding> {
        let shown = match self.users {
            LoginUsers::None => "no logins",
            LoginUsers::One(_) => "the logins of one user",
            LoginUsers::Several => return None,
        };
        if self.pass.own_logins_only {
            let seen = "UserPermissionAccess grants neither Manage Users nor Monitor Login History";
            return Some(findings::login_history_restricted(seen));
        }
        let recent = self.pass.recent;
        let seen = format!("{recent} users logged in recently, LoginHistory shows {shown}");
        (recent > 1).then(|| findings::login_history_restricted(seen))
    }
}

fn no_key() -> Error {
    Error::new(ErrorKind::Malformed, "last login of the page has no LoginTime and Id to continue after")
}
