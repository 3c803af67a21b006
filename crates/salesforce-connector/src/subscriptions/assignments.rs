//! Permission-set-licence assignments of active and inactive users.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Identifier, Process, Rejection, Result, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::connection::Connection;
use crate::describe::{Rows, Table};
use crate::query::{RecordId, time_or_null};
use crate::row;
use crate::subscriptions::feature::PERMISSION_SET_LICENSE;
use crate::subscriptions::related_rows::{self, IdRange};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AssignmentRow {
    assignee_id: RecordId,
    permission_set_license: LicenseName,
    #[serde(default, deserialize_with = "time_or_null")]
    created_date: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct LicenseName {
    permission_set_license_key: String,
    master_label: Option<String>,
}

pub(super) const TABLE: Table = Table {
    object: "PermissionSetLicenseAssign",
    process: Process::DownloadSubscriptions,
    needed: &["Id", "AssigneeId", "PermissionSetLicense.PermissionSetLicenseKey"],
    optional: &[
        ("CreatedDate", "The time when a permission-set licence was assigned is unknown."),
        ("PermissionSetLicense.MasterLabel", "Permission-set licences are named after their keys."),
    ],
};

/// Reads the assignments of the users in `range`; the last range includes those of users that are not visible.
pub(super) async fn read(connection: &Connection, range: &IdRange<'_>) -> Result<Rows> {
    let columns = &connection.assignment_columns;
    let mut rows = related_rows::read(connection, columns, &TABLE, "AssigneeId", range).await?;
    rows.found.append(&mut related_rows::orphans(connection, columns, &TABLE, "AssigneeId", range).await?);
    Ok(rows)
}

/// Turns assignments of the accounts in `batch` into subscriptions; one of an unknown account is rejected.
pub(super) fn add(batch: &mut Batch, rejected: &mut Vec<Rejection>, rows: &[Value]) {
    let accounts: HashSet<&str> = batch.accounts.iter().map(|account| account.external_id.as_str()).collect();
    let mut held = HashSet::new();
    let mut subscriptions = Vec::with_capacity(rows.len());
    for row in rows {
        match row::read::<AssignmentRow>(row) {
            Ok(assignment) if !accounts.contains(assignment.assignee_id.as_str()) => {
                rejected.push(row::rejection(row, "UNKNOWN_ACCOUNT", "AssigneeId is a user that is not visible"));
            }
            Ok(assignment) => {
                let subscription = subscription(assignment);
                if held.insert((subscription.account.clone(), subscription.identifier.id.key.clone())) {
                    subscriptions.push(subscription);
                }
            }
            Err(rejection) => rejected.push(rejection),
        }
    }
    batch.subscriptions.append(&mut subscriptions);
}

fn subscription(row: AssignmentRow) -> Subscription {
    let license = row.permission_set_license;
    let name = license.master_label.unwrap_or_else(|| license.permission_set_license_key.clone());
    let identifier = Identifier::new(PERMISSION_SET_LICENSE, license.permission_set_license_key, name);
    Subscription {
        account: row.assignee_id.into_string(),
        pool: Some(identifier.id.clone()),
        identifier,
        assigned_at: row.created_date,
    }
}
