//! Users, what each of them holds, and whether it is frozen.

mod person;

pub(crate) use person::finding as column_finding;

use std::collections::{HashMap, HashSet};

use futures::future::try_join;
use seatgraph_core::{AccountKind, Batch, Error, ErrorKind, Finding, Next, Page, Process, Rejection, Result};
use serde_json::Value;

use crate::config::Settings;
use crate::connector::Salesforce;
use crate::describe::{Choice, Table, explained, is_withheld, said};
use crate::findings;
use crate::query::{Org, RecordId, Select, by_id};
use crate::row;
use crate::subscriptions::hanging::Span;
use crate::subscriptions::users::person::Person;
use crate::subscriptions::{assignments, hanging};

/// Columns without which a user is no account.
const NEEDED: [&str; 4] = ["Id", "Username", "IsActive", "ProfileId"];

/// Who is frozen.
pub(super) const FROZEN: Table = Table { object: "UserLogin", needed: &["Id", "UserId", "IsFrozen"], optional: &[] };

/// A page of users as they came.
#[derive(Debug)]
pub(super) struct Users {
    pub(super) rows: u64,
    /// Whether as many came as were asked for.
    pub(super) is_full: bool,
    /// The key of the last one.
    pub(super) last: Option<RecordId>,
    found: Vec<Value>,
    hidden: Vec<&'static str>,
}

/// A page in the gateway's words.
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

/// Counts users and assignments, where the organisation counts them.
pub(super) async fn count(org: &Org) -> Result<(Option<u64>, Option<u64>)> {
    let users = Select::count("User");
    let assigned = Select::count("PermissionSetLicenseAssign");
    try_join(org.count_if_told(&users), async {
        org.count_if_told(&assigned).await.map_err(|e| explained(e, findings::permission_set_licenses_hidden))
    })
    .await
}

/// Reads the users behind `after`, as many as a page holds.
pub(super) async fn read(link: &Salesforce, after: Option<&RecordId>) -> Result<Users> {
    loop {
        let choice = columns(link).await?;
        let select = Select::from("User")
            .columns(choice.shown.iter().copied())
            .between("Id", after, None)
            .order_by("Id")
            .limit(link.settings.page_size);
        match link.org.read(&select, by_id).await {
            Ok(found) => return users(link, found, choice.hidden, after),
            Err(e) if link.user_columns.learn(&e, &choice) => {}
            Err(e) => return Err(explained(e, findings::view_setup_missing)),
        }
    }
}

/// The columns of users that the organisation hides.
pub(crate) async fn hidden_columns(link: &Salesforce) -> Result<Vec<&'static str>> {
    Ok(columns(link).await?.hidden)
}

async fn columns(link: &Salesforce) -> Result<Choice> {
    let wanted: Vec<_> = NEEDED.into_iter().chain(person::OPTIONAL.iter().map(|(column, _)| *column)).collect();
    let choice = link.user_columns.choose(&link.org, &wanted).await?;
    let choice = choice.ok_or_else(|| Error::new(ErrorKind::Forbidden, "organisation does not show its users"))?;
    if [person::LICENSE_KEY, person::LICENSE_NAME].iter().all(|column| choice.hidden.contains(column)) {
        let finding = findings::view_setup_missing("Profile.UserLicense is absent on User");
        return Err(
            Error::new(ErrorKind::Forbidden, "organisation hides who holds which licence").with_finding(finding)
        );
    }
    match choice.hidden.iter().find(|column| NEEDED.contains(column)) {
        Some(column) => {
            let finding =
                findings::field_hidden(Process::DownloadSubscriptions, "User", column, "Nothing works without it.");
            Err(Error::new(ErrorKind::Forbidden, "organisation hides what an account consists of")
                .with("field", column)
                .with_finding(finding))
        }
        None => Ok(choice),
    }
}

fn users(link: &Salesforce, found: Vec<Value>, hidden: Vec<&'static str>, after: Option<&RecordId>) -> Result<Users> {
    let last = found.iter().rev().find_map(key);
    let stuck = !found.is_empty() && (last.is_none() || last.as_ref() == after);
    if stuck {
        return Err(
            Error::new(ErrorKind::Malformed, "page of users has no key to go on from").with("json_path", "records.Id")
        );
    }
    let is_full = found.len() as u64 >= u64::from(link.settings.page_size);
    Ok(Users { rows: found.len() as u64, is_full, last, found, hidden })
}

fn key(row: &Value) -> Option<RecordId> {
    RecordId::parse(row.get("Id")?.as_str()?)
}

/// Reads what hangs on the users behind `after` and up to `to`, and turns all of it into records.
pub(super) async fn complete(
    link: &Salesforce,
    users: Users,
    after: Option<&RecordId>,
    to: Option<&RecordId>,
) -> Result<Records> {
    let span = Span { after, to, users: users.found.iter().filter_map(key).collect() };
    let assigned = async {
        let rows = assignments::read(link, &span).await;
        rows.map_err(|e| explained(e, findings::permission_set_licenses_hidden))
    };
    let (assigned, frozen) = try_join(assigned, frozen(link, &span)).await?;
    let mut records = Records { rows: users.rows + assigned.found.len() as u64, ..Records::default() };
    records.findings.extend(assigned.findings);
    records.findings.extend(users.hidden.iter().filter_map(|column| person::finding(column)));
    let frozen = frozen.unwrap_or_else(|finding| {
        records.findings.push(finding);
        HashMap::new()
    });
    records.add_users(&link.settings, &users.found, &frozen);
    assignments::add(&mut records.batch, &mut records.rejected, &assigned.found);
    Ok(records)
}

/// Reads who is frozen; a finding where that is not shown, which may look like nobody being there.
async fn frozen(link: &Salesforce, span: &Span<'_>) -> Result<std::result::Result<HashMap<RecordId, bool>, Finding>> {
    if span.users.is_empty() {
        return Ok(Ok(HashMap::new()));
    }
    match hanging::read(link, &link.frozen_columns, &FROZEN, "UserId", span).await {
        Ok(rows) if rows.found.is_empty() => Ok(Err(findings::frozen_unknown("UserLogin is empty"))),
        Ok(rows) => Ok(Ok(rows.found.iter().filter_map(person::frozen).collect())),
        Err(e) if is_withheld(&e) => Ok(Err(findings::frozen_unknown(said(&e)))),
        Err(e) => Err(e),
    }
}

impl Records {
    /// Turns users into accounts and what each holds through its profile.
    fn add_users(&mut self, settings: &Settings, rows: &[Value], frozen: &HashMap<RecordId, bool>) {
        let mut known = HashSet::with_capacity(rows.len());
        let mut unreadable = false;
        for row in rows {
            let person = match row::read::<Person>(row) {
                Ok(person) => person,
                Err(rejection) => {
                    self.rejected.push(rejection);
                    continue;
                }
            };
            if !known.insert(person.id.clone()) {
                self.rejected.push(row::rejection(row, "DUPLICATE", "user is there twice"));
                continue;
            }
            let frozen = frozen.get(&person.id).copied();
            let license = person.license();
            self.batch.subscriptions.extend(person.subscription(license.as_ref()));
            let account = person.into_account(settings, license.as_ref(), frozen);
            // The vendor's own users may have no profile at all.
            unreadable |= license.is_none() && account.active && account.kind != AccountKind::Automated;
            self.batch.accounts.push(account);
        }
        if unreadable {
            self.findings.push(findings::license_unreadable());
        }
    }
}

#[cfg(test)]
mod tests;
