//! Checks which columns are hidden, apart from those of User: each object is queried for one row.

use seatgraph_core::Process;

use super::objects::VisibleObjects;
use super::report::CheckReport;
use crate::activity;
use crate::connection::Connection;
use crate::describe::{Columns, Table};
use crate::query::{Select, by_id};
use crate::subscriptions;

/// The columns that the download of consumption reads.
const ENTITLEMENTS: Table = Table {
    object: "TenantUsageEntitlement",
    process: Process::DownloadConsumption,
    needed: &["Id", "Setting"],
    optional: &[
        ("MasterLabel", "Allowances are named after their settings."),
        ("CurrentAmountAllowed", "The allowed amount is unknown."),
        ("AmountUsed", "The used amount is unknown."),
        ("Frequency", "How often an allowance is renewed is unknown."),
        ("StartDate", "The start date of an allowance is unknown."),
        ("EndDate", "The end date of an allowance is unknown."),
    ],
};

/// Queries one row of each visible object.
pub(super) async fn check(connection: &Connection, report: &mut CheckReport, objects: &VisibleObjects) {
    let tables = subscriptions::TABLES.into_iter().chain([&ENTITLEMENTS]);
    for table in tables.filter(|table| objects.has(table.object)) {
        let (columns, one) = (Columns::undescribed(table.object), Select::from(table.object).limit(1));
        let what = format!("the columns of {}", table.object);
        if let Some(rows) = report.read(&what, columns.read(&connection.org, table, &one, by_id)).await {
            report.add(rows.findings);
        }
    }
    if objects.has("LoginHistory")
        && let Some(hidden) = report.read("the columns of LoginHistory", activity::hidden_columns(connection)).await
    {
        report.add(hidden);
    }
}
