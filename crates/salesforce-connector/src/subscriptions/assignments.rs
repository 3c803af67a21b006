//! Permission-set-licence assignments: who holds one, whether active or not.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use seatgraph_core::{Batch, Identifier, Rejection, Subscription};
use serde::Deserialize;
use serde_json::Value;

use crate::query::{RecordId, Select, time_or_null};
use crate::row;
use crate::subscriptions::feature::PERMISSION_SET_LICENSE;

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

/// The assignments of the users behind `after` and up to `to`.
pub(super) fn select(after: Option<&RecordId>, to: Option<&RecordId>) -> Select {
    Select::from("PermissionSetLicenseAssign")
        .columns([
            "Id",
            "AssigneeId",
            "CreatedDate",
            "PermissionSetLicense.PermissionSetLicenseKey",
            "PermissionSetLicense.MasterLabel",
        ])
        .between("AssigneeId", after, to)
        .order_by("Id")
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
