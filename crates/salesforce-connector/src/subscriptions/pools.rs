//! What the organisation says it bought: user licences, permission-set licences, and features where it tells.

use std::collections::HashSet;

use chrono::NaiveDate;
use seatgraph_core::{Batch, Error, ErrorKind, Finding, Identifier, IdentifierKey, Pool, Rejection, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::describe::{Columns, Rows, Table, explained, is_withheld, said};
use crate::findings;
use crate::query::{GoOn, Org, Select, by_id, count_or_null, date_or_null, nowhere};
use crate::row;
use crate::subscriptions::feature::{PERMISSION_SET_LICENSE, USER_LICENSE, feature, license_key};

/// More days than features are sold, so the newest day is always whole.
const METRIC_ROWS: u32 = 200;

const BOUGHT: &str = "How many seats were bought is not known.";
const USED: &str = "How many seats the vendor counts as used is not known.";

pub(super) const USER_LICENSES: Table = Table {
    object: "UserLicense",
    needed: &["Id", "Name"],
    optional: &[
        ("LicenseDefinitionKey", "Licences are told apart by name alone."),
        ("Status", "Whether a licence is disabled is not known."),
        ("TotalLicenses", BOUGHT),
        ("UsedLicenses", USED),
    ],
};

pub(super) const PERMISSION_SET_LICENSES: Table = Table {
    object: "PermissionSetLicense",
    needed: &["Id", "PermissionSetLicenseKey"],
    optional: &[
        ("MasterLabel", "Permission-set licences are called by their keys."),
        ("Status", "Whether a permission-set licence is disabled is not known."),
        ("ExpirationDate", "When a permission-set licence ends is not known."),
        ("TotalLicenses", BOUGHT),
        ("UsedLicenses", USED),
    ],
};

pub(super) const FEATURE_METRICS: Table = Table {
    object: "ActiveFeatureLicenseMetric",
    needed: &["MetricsDate", "FeatureType"],
    optional: &[("TotalLicenseCount", BOUGHT), ("AssignedUserCount", USED)],
};

/// The pools of an organisation.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pub(super) batch: Batch,
    pub(super) rows: u64,
    /// How many permission-set licences the vendor counts as used.
    pub(super) permission_sets_used: i64,
    pub(super) findings: Vec<Finding>,
    pub(super) rejected: Vec<Rejection>,
    known: HashSet<IdentifierKey>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct UserLicenseRow {
    license_definition_key: Option<String>,
    name: String,
    status: Option<String>,
    #[serde(default, deserialize_with = "count_or_null")]
    total_licenses: Option<i64>,
    #[serde(default, deserialize_with = "count_or_null")]
    used_licenses: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PermissionSetLicenseRow {
    permission_set_license_key: String,
    master_label: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "date_or_null")]
    expiration_date: Option<NaiveDate>,
    #[serde(default, deserialize_with = "count_or_null")]
    total_licenses: Option<i64>,
    #[serde(default, deserialize_with = "count_or_null")]
    used_licenses: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct FeatureRow {
    feature_type: String,
    #[serde(default, deserialize_with = "count_or_null")]
    total_license_count: Option<i64>,
    #[serde(default, deserialize_with = "count_or_null")]
    assigned_user_count: Option<i64>,
}

/// Reads every pool.
///
/// # Errors
/// `Forbidden` with a finding when licences are hidden: a snapshot without them would retire everybody.
pub(super) async fn read(org: &Org) -> Result<Pools> {
    // Hidden may also look empty; an organisation has at least one user licence.
    let by_key = |table: &Table| Select::from(table.object).order_by("Id");
    let licenses = ask(org, &USER_LICENSES, by_key(&USER_LICENSES), by_id).await;
    let licenses = licenses.map_err(|e| explained(e, findings::view_setup_missing))?;
    if licenses.found.is_empty() {
        let error = Error::new(ErrorKind::Forbidden, "organisation shows no user licence");
        return Err(error.with_finding(findings::view_setup_missing("UserLicense is empty")));
    }
    let sets = ask(org, &PERMISSION_SET_LICENSES, by_key(&PERMISSION_SET_LICENSES), by_id).await;
    let sets = sets.map_err(|e| explained(e, findings::permission_set_licenses_hidden))?;
    let mut pools = Pools::default();
    pools.take(&licenses.found, user_license);
    pools.take(&sets.found, permission_set_license);
    pools.findings.extend(licenses.findings.into_iter().chain(sets.findings));
    let counted = |pool: &&Pool| pool.identifier.id.kind == PERMISSION_SET_LICENSE;
    pools.permission_sets_used = pools.batch.pools.iter().filter(counted).filter_map(|pool| pool.used).sum();
    pools.take_metrics(metrics(org).await)?;
    Ok(pools)
}

/// Reads the metrics of features; when the vendor forgets its place, once more.
async fn metrics(org: &Org) -> Result<Rows> {
    let newest_first = Select::from(FEATURE_METRICS.object).order_by("MetricsDate DESC").limit(METRIC_ROWS);
    match ask(org, &FEATURE_METRICS, newest_first.clone(), nowhere).await {
        Err(e) if e.kind() == ErrorKind::CursorExpired => ask(org, &FEATURE_METRICS, newest_first, nowhere).await,
        metrics => metrics,
    }
}

/// Reads a table that is read once in a pass.
async fn ask(org: &Org, table: &Table, select: Select, go_on: GoOn) -> Result<Rows> {
    Columns::undescribed(table.object).read(org, table, &select, go_on).await
}

/// History stays behind the newest day; days in the vendor's writing sort by time.
fn newest_day(mut rows: Vec<Value>) -> Vec<Value> {
    let day = |row: &Value| row.get("MetricsDate").and_then(Value::as_str).map(str::to_owned);
    let newest = rows.iter().filter_map(day).max();
    rows.retain(|row| day(row) == newest);
    rows
}

impl Pools {
    /// An edition may lack metrics, or a way of asking for them.
    fn take_metrics(&mut self, metrics: Result<Rows>) -> Result<()> {
        match metrics {
            Ok(metrics) => {
                self.take(&newest_day(metrics.found), feature_license);
                self.findings.extend(metrics.findings);
            }
            Err(e) if is_withheld(&e) => {
                self.findings.push(findings::feature_metrics_absent(said(&e)));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Turns rows into pools; a row that is not understood, or a second one of its key, is left out and kept in sight.
    fn take<R: DeserializeOwned>(&mut self, rows: &[Value], pool: impl Fn(R) -> Pool) {
        self.rows += rows.len() as u64;
        for row in rows {
            match row::read(row).map(&pool) {
                Ok(pool) if self.known.insert(pool.identifier.id.clone()) => self.batch.pools.push(pool),
                Ok(_) => self.rejected.push(row::rejection(row, "DUPLICATE", "key is there twice")),
                Err(rejection) => self.rejected.push(rejection),
            }
        }
    }
}

fn user_license(row: UserLicenseRow) -> Pool {
    let key = license_key(row.license_definition_key, Some(&row.name)).unwrap_or_default();
    Pool {
        identifier: Identifier::new(USER_LICENSE, key, row.name),
        total: row.total_licenses,
        used: row.used_licenses,
        status: row.status,
        expires: None,
    }
}

fn permission_set_license(row: PermissionSetLicenseRow) -> Pool {
    let name = row.master_label.unwrap_or_else(|| row.permission_set_license_key.clone());
    Pool {
        identifier: Identifier::new(PERMISSION_SET_LICENSE, row.permission_set_license_key, name),
        total: row.total_licenses,
        used: row.used_licenses,
        status: row.status,
        expires: row.expiration_date,
    }
}

fn feature_license(row: FeatureRow) -> Pool {
    Pool {
        identifier: feature(&row.feature_type),
        total: row.total_license_count,
        used: row.assigned_user_count,
        status: None,
        expires: None,
    }
}

#[cfg(test)]
mod tests;
