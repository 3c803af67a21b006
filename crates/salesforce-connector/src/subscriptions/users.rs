//! Users, their subscriptions, and whether they are frozen.

mod user_row;

pub(crate) use user_row::finding as column_finding;

use std::collections::{HashMap, HashSet};

use futures::future::try_join;
use seatgraph_core::{AccountKind, Batch, Error, ErrorKind, Finding, Next, Page, Process, Rejection, Result};
use serde_json::Value;

use self::user_row::UserRow;
use crate::config::Settings;
use crate::connection::Connection;
use crate::describe::{ColumnSplit, Table};
use crate::errors::{explained, is_withheld, reported};
use crate::findings;
use crate::query::{Org, RecordId, Select, by_id};
use crate::row;
use crate::subscriptions::assignments;
use crate::subscriptions::related_rows::{self, IdRange};

/// Columns without which a user cannot become an account.
const NEEDED: [&str; 4] = ["Id", "Username", "IsActive", "ProfileId"];

/// Which users are frozen.
pub(super) const FROZEN: Table = Table {
    object: "UserLogin",
    process: Process::DownloadSubscriptions,
    needed: &["Id", "UserId", "IsFrozen"],
    optional: &[],
};

/// A page of users as JSON.
#[derive(Debug)]
pub(super) struct Users {
    pub(super) rows: u64,
    /// Whether there are as many as requested.
    pub(super) is_full: bool,
    /// The id of the last one.
    pub(super) last: Option<RecordId>,
    found: Vec<Value>,
    hidden: Vec<&'static str>,
}

/// The records of a page.
#[derive(Debug, Default)]
pub(super) struct Records {
    batch: Batch,
    rows: u64,
    findings: Vec<Finding>,
    rejected: Vec<Rejection>,
}

impl Records {
    pub(super) fn into_page(self, next: Next, total: Option<u64>) -> Page {
        let mut page = Page::new(self.batch, next, self.rows, total);
        page.findings = self.findings;
        page.rejected = self.rejected;
        page
    }
}

/// Counts users and assignments; `None` where the organisation refuses to count.
pub(super) async fn count(org: &Org) -> Result<(Option<u64>, Option<u64>)> {
    let users = Select::count("User");
    let assigned = Select::count("PermissionSetLicenseAssign");
    try_join(org.count_if_supported(&users), async {
        org.count_if_supported(&assigned).await.map_err(|e| explained(e, findings::permission_set_licenses_hidden))
    })
    .await
}

/// Reads the page of users after `after`.
pub(super) async fn read(connection: &Connection, after: Option<&RecordId>) -> Result<Users> {
    loop {
        let split = columns(connection).await?;
        let select = Select::from("User")
            .columns(split.shown.iter().copied())
            .between("Id", after, None)
            .order_by("Id")
            .limit(connection.settings.page_size);
        match connection.org.read(&select, by_id).await {
            Ok(found) => return users(connection, found, split.hidden, after),
            Err(e) if connection.user_columns.remember_hidden(&e, &split) => {}
            Err(e) => return Err(explained(e, findings::view_setup_missing)),
        }
    }
}

/// The columns of User that the organisation hides.
pub(crate) async fn hidden_columns(connection: &Connection) -> Result<Vec<&'static str>> {
    Ok(columns(connection).await?.hidden)
}

async fn columns(connection: &Connection) -> Result<ColumnSplit> {
    let wanted: Vec<_> = NEEDED.into_iter().chain(user_row::OPTIONAL.iter().map(|(column, _)| *column)).collect();
    let split = connection.user_columns.split(&connection.org, &wanted).await?;
    let split = split.ok_or_else(|| Error::new(ErrorKind::Forbidden, "User is not visible"))?;
    if [user_row::LICENSE_KEY, user_row::LICENSE_NAME].iter().all(|column| split.hidden.contains(column)) {
        let finding = findings::view_setup_missing("Profile.UserLicense is not visible on User");
        return Err(Error::new(ErrorKind::Forbidden, "licences of users are not visible").with_finding(finding));
    }
    match split.hidden.iter().find(|column| NEEDED.contains(column)) {
        Some(column) => {
            let finding =
                findings::field_hidden(Process::DownloadSubscriptions, "User", column, "The process needs it.");
            Err(Error::new(ErrorKind::Forbidden, "a required column of User is not visible")
                .with("field", column)
                .with_finding(finding))
        }
        None => Ok(split),
    }
}

fn users(
    connection: &Connection,
    found: Vec<Value>,
    hidden: Vec<&'static str>,
    after: Option<&RecordId>,
) -> Result<Users> {
    let last = found.iter().rev().find_map(key);
    let stuck = !found.is_empty() && (last.is_none() || last.as_ref() == after);
    if stuck {
        return Err(Error::new(ErrorKind::Malformed, "last user of the page has no Id to continue after")
            .with("json_path", "records.Id"));
    }
    let is_full = found.len() as u64 >= u64::from(connection.settings.page_size);
    Ok(Users { rows: found.len() as u64, is_full, last, found, hidden })
}

fn key(row: &Value) -> Option<RecordId> {
    RecordId::parse(row.get("Id")?.as_str()?)
}

/// Reads the rows that refer to the users after `after` up to `to`, and turns everything into records.
pub(super) async fn complete(
    connection: &Connection,
    users: Users,
    after: Option<&RecordId>,
    to: Option<&RecordId>,
) -> Result<Records> {
    let range = IdRange { after, to, users: users.found.iter().filter_map(key).collect() };
    let assigned = async {
        let rows = assignments::read(connection, &range).await;
        rows.map_err(|e| explained(e, findings::permission_set_licenses_hidden))
    };
    let (assigned, frozen) = try_join(assigned, frozen(connection, &range)).await?;
    let mut records = Records { rows: users.rows + assigned.found.len() as u64, ..Records::default() };
    records.findings.extend(assigned.findings);
    records.findings.extend(users.hidden.iter().filter_map(|column| user_row::finding(column)));
    let frozen = frozen.unwrap_or_else(|finding| {
        records.findings.push(finding);
        HashMap::new()
    });
    records.add_users(&connection.settings, &users.found, &frozen);
    assignments::add(&mut records.batch, &mut records.rejected, &assigned.found);
    Ok(records)
}

/// Reads which users are frozen; a finding where that is hidden, which may also look like an empty object.
async fn frozen(
    connection: &Connection,
    range: &IdRange<'_>,
) -> Result<std::result::Result<HashMap<RecordId, bool>, Finding>> {
    if range.users.is_empty() {
        return Ok(Ok(HashMap::new()));
    }
    match related_rows::read(connection, &connection.frozen_columns, &FROZEN, "UserId", range).await {
        Ok(rows) if rows.found.is_empty() => Ok(Err(findings::frozen_unknown("UserLogin has no visible row"))),
        Ok(rows) => Ok(Ok(rows.found.iter().filter_map(user_row::frozen).collect())),
        Err(e) if is_withheld(&e) => Ok(Err(findings::frozen_unknown(reported(&e)))),
        Err(e) => Err(e),
    }
}

impl Records {
    /// Turns users into accounts and the subscriptions that they hold through their profiles.
    fn add_users(&mut self, settings: &Settings, rows: &[Value], frozen: &HashMap<RecordId, bool>) {
        let mut known = HashSet::with_capacity(rows.len());
        let mut license_hidden = false;
        for row in rows {
            let user = match row::read::<UserRow>(row) {
                Ok(user) => user,
                Err(rejection) => {
                    self.rejected.push(rejection);
                    continue;
                }
            };
            if !known.insert(user.id.clone()) {
                self.rejected.push(row::rejection(row, "DUPLICATE", "another row has the same Id"));
                continue;
            }
            let frozen = frozen.get(&user.id).copied();
            let license = user.license();
            self.batch.subscriptions.extend(user.subscription(license.as_ref()));
            let account = user.into_account(settings, license.as_ref(), frozen);
            // Users that Salesforce created may have no profile.
            license_hidden |= license.is_none() && account.active && account.kind != AccountKind::Automated;
            self.batch.accounts.push(account);
        }
        if license_hidden {
            self.findings.push(findings::license_unreadable());
        }
    }
}

#[cfg(test)]
mod tests;
