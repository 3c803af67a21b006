//! Permission-set-licence assignments: who holds one, whether active or not.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Identifier, Rejection, Result, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::connector::Salesforce;
use crate::describe::{Rows, Table};
use crate::query::{RecordId, time_or_null};
use crate::row;
use crate::subscriptions::feature::PERMISSION_SET_LICENSE;
use crate::subscriptions::hanging::{self, Span};

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
    needed: &["Id", "AssigneeId", "PermissionSetLicense.PermissionSetLicenseKey"],
    optional: &[
        ("CreatedDate", "Since when a permission-set licence is held is not known."),
        ("PermissionSetLicense.MasterLabel", "Permission-set licences are called by their keys."),
    ],
};

/// Reads the assignments of the users within `span`, and with the last of them those of users that are not shown.
pub(super) async fn read(link: &Salesforce, span: &Span<'_>) -> Result<Rows> {
    let columns = &link.assignment_columns;
    let mut rows = hanging::read(link, columns, &TABLE, "AssigneeId", span).await?;
    rows.found.append(&mut hanging::orphans(link, columns, &TABLE, "AssigneeId", span).await?);
    Ok(rows)
}

/// Turns assignments of the accounts in `batch` into subscriptions; one of an account that is not shown is left out.
pub(super) fn add(batch: &mut Batch, rejected: &mut Vec<Rejection>, rows: &[Value]) {
    let accounts: HashSet<&str> = batch.accounts.iter().map(|account| account.external_id.as_str()).collect();
    let mut held = HashSet::new();
    let mut subscriptions = Vec::with_capacity(rows.len());
    for row in rows {
        match row::read::<AssignmentRow>(row) {
            Ok(assignment) if !accounts.contains(assignment.assignee_id.as_str()) => {
                rejected.push(row::rejection(
                    row,
                    "UNKNOWN_ACCOUNT",
                    "AssigneeId is a user that the organisation does not show",
                ));
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
