//! Licence pools: user licences, permission-set licences, and feature licences where they are visible.

use std::collections::{BTreeSet, HashSet};

use chrono::NaiveDate;
use seatgraph_core::{Batch, Error, ErrorKind, Finding, Identifier, IdentifierKey, Pool, Process, Rejection, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::describe::{Columns, Rows, Table};
use crate::errors::{explained, is_withheld, reported};
use crate::findings;
use crate::query::{Continue, Org, Select, by_id, count_or_null, date_or_null, no_key, text_literal};
use crate::row;
use crate::subscriptions::feature::{PERMISSION_SET_LICENSE, USER_LICENSE, feature, license_key};

/// More rows than there are features, so that the newest day is always complete.
const METRIC_ROWS: u32 = 200;

const TOTAL: &str = "The number of licences bought is unknown.";
const USED: &str = "The number of licences that Salesforce counts as used is unknown.";

pub(super) const USER_LICENSES: Table = Table {
    object: "UserLicense",
    process: Process::DownloadSubscriptions,
    needed: &["Id", "Name"],
    optional: &[
        ("LicenseDefinitionKey", "Licences are identified by their names only."),
        ("Status", "Whether a licence is disabled is unknown."),
        ("TotalLicenses", TOTAL),
        ("UsedLicenses", USED),
    ],
};

pub(super) const PERMISSION_SET_LICENSES: Table = Table {
    object: "PermissionSetLicense",
    process: Process::DownloadSubscriptions,
    needed: &["Id", "PermissionSetLicenseKey"],
    optional: &[
        ("MasterLabel", "Permission-set licences are named after their keys."),
        ("Status", "Whether a permission-set licence is disabled is unknown."),
        ("ExpirationDate", "The expiry date of a permission-set licence is unknown."),
        ("TotalLicenses", TOTAL),
        ("UsedLicenses", USED),
    ],
};

pub(super) const FEATURE_METRICS: Table = Table {
    object: "ActiveFeatureLicenseMetric",
    process: Process::DownloadSubscriptions,
    needed: &["MetricsDate", "FeatureType"],
    optional: &[("TotalLicenseCount", TOTAL), ("AssignedUserCount", USED)],
};

/// The pools of an organisation.
#[derive(Debug, Default)]
pub(super) struct Pools {
    pub(super) batch: Batch,
    pub(super) rows: u64,
    /// How many permission-set licences Salesforce counts as used.
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
/// `Forbidden` with a finding when licences are hidden: a snapshot without them would retire every subscription.
pub(super) async fn read(org: &Org) -> Result<Pools> {
    // A hidden object may also be empty, and every organisation has a user licence.
    let by_key = |table: &Table| Select::from(table.object).order_by("Id");
    let licenses = read_table(org, &USER_LICENSES, by_key(&USER_LICENSES), by_id).await;
    let licenses = licenses.map_err(|e| explained(e, findings::view_setup_missing))?;
    if licenses.found.is_empty() {
        let error = Error::new(ErrorKind::Forbidden, "no user licence is visible");
        return Err(error.with_finding(findings::view_setup_missing("UserLicense has no visible row")));
    }
    let sets = read_table(org, &PERMISSION_SET_LICENSES, by_key(&PERMISSION_SET_LICENSES), by_id).await;
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

/// Reads the metrics of features.
async fn metrics(org: &Org) -> Result<Rows> {
    let newest_first = Select::from(FEATURE_METRICS.object).order_by("MetricsDate DESC").limit(METRIC_ROWS);
    read_table(org, &FEATURE_METRICS, newest_first, by_feature).await
}

/// Continues with the other features. Metrics have no key, but the newest row of a feature comes before its older ones.
fn by_feature(select: Select, rows: &[Value]) -> Result<Select> {
    let feature = |row: &Value| row.get("FeatureType").and_then(Value::as_str).map(text_literal);
    let received: Option<BTreeSet<_>> = rows.iter().map(feature).collect();
    let received: Vec<_> = received.ok_or_else(|| no_key(&select))?.into_iter().collect();
    Ok(select.filter(format!("FeatureType NOT IN ({})", received.join(","))))
}

/// Reads a table that is read once per pass.
async fn read_table(org: &Org, table: &Table, select: Select, continue_after: Continue) -> Result<Rows> {
    Columns::undescribed(table.object).read(org, table, &select, continue_after).await
}

/// Keeps the rows of the newest day. Salesforce's dates sort as text.
fn newest_day(mut rows: Vec<Value>) -> Vec<Value> {
    let day = |row: &Value| row.get("MetricsDate").and_then(Value::as_str).map(str::to_owned);
    let newest = rows.iter().filter_map(day).max();
    rows.retain(|row| day(row) == newest);
    rows
}

impl Pools {
    /// Adds the metrics, or a finding: not every edition has them.
    fn take_metrics(&mut self, metrics: Result<Rows>) -> Result<()> {
        match metrics {
            Ok(metrics) => {
                self.take(&newest_day(metrics.found), feature_license);
                self.findings.extend(metrics.findings);
            }
            Err(e) if is_withheld(&e) => {
                self.findings.push(findings::feature_metrics_hidden(reported(&e)));
            }
            Err(e) => return Err(e),
        }
        Ok(())
    }

    /// Turns rows into pools; a malformed row, or a second one with the same key, is rejected.
    fn take<R: DeserializeOwned>(&mut self, rows: &[Value], pool: impl Fn(R) -> Pool) {
        self.rows += rows.len() as u64;
        for row in rows {
            match row::read(row).map(&pool) {
                Ok(pool) if self.known.insert(pool.identifier.id.clone()) => self.batch.pools.push(pool),
                Ok(_) => self.rejected.push(row::rejection(row, "DUPLICATE", "another row has the same key")),
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
