//! Which columns are hidden of what the processes read, besides users: each object is asked for one row.

use seatgraph_core::{Finding, Process};

use crate::activity;
use crate::check::Look;
use crate::check::objects::Shown;
use crate::connector::Salesforce;
use crate::describe::{Columns, Table};
use crate::query::{Select, nowhere};
use crate::subscriptions;

/// What the download of consumption reads.
const ENTITLEMENTS: Table = Table {
    object: "TenantUsageEntitlement",
    needed: &["Id", "Setting"],
    optional: &[
        ("MasterLabel", "Allowances are called by their settings."),
        ("CurrentAmountAllowed", "How much is allowed is not known."),
        ("AmountUsed", "How much was used is not known."),
        ("Frequency", "In which rhythm an allowance is renewed is not known."),
        ("StartDate", "Since when an allowance holds is not known."),
        ("EndDate", "Until when an allowance holds is not known."),
    ],
};

/// Looks at each object that is shown.
pub(super) async fn look(link: &Salesforce, look: &mut Look, shown: &Shown) {
    for table in subscriptions::TABLES {
        look_at(link, look, shown, table, Process::DownloadSubscriptions).await;
    }
    look_at(link, look, shown, &ENTITLEMENTS, Process::DownloadConsumption).await;
    if shown.has("LoginHistory")
        && let Some(hidden) = look.at("the columns of LoginHistory", activity::hidden_columns(link)).await
    {
        look.add(hidden);
    }
}

async fn look_at(link: &Salesforce, look: &mut Look, shown: &Shown, table: &Table, process: Process) {
    if !shown.has(table.object) {
        return;
    }
    let (columns, one) = (Columns::undescribed(table.object), Select::from(table.object).limit(1));
    let what = format!("the columns of {}", table.object);
    if let Some(rows) = look.at(&what, columns.read(&link.org, table, &one, nowhere)).await {
        look.add(rows.findings.into_iter().map(|finding| Finding { process: Some(process), ..finding }));
    }
}
