//! What the organisation says it bought: user licences, permission-set licences, and features where it tells.

use std::collections::HashSet;

use chrono::NaiveDate;
use seatgraph_core::{Batch, Error, ErrorKind, Finding, Identifier, IdentifierKey, Pool, Rejection, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::describe::{explained, query_if_shown};
use crate::findings;
use crate::query::{Org, Select, by_id, count_or_null};
use crate::row;
use crate::subscriptions::feature::{PERMISSION_SET_LICENSE, USER_LICENSE, feature};

/// More days than features are sold, so the newest day is always whole.
const METRIC_ROWS: u32 = 200;

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
    let licenses = org.read(&user_licenses(), by_id).await.map_err(|e| explained(e, findings::view_setup_missing))?;
    if licenses.is_empty() {
        let error = Error::new(ErrorKind::Forbidden, "organisation shows no user licence");
        return Err(error.with_finding(findings::view_setup_missing("UserLicense is empty")));
    }
    let sets = org.read(&permission_set_licenses(), by_id).await;
    let sets = sets.map_err(|e| explained(e, findings::permission_set_licenses_hidden))?;
    let mut pools = Pools::default();
    pools.take(&licenses, user_license);
    pools.take(&sets, permission_set_license);
    let counted = |pool: &&Pool| pool.identifier.id.kind == PERMISSION_SET_LICENSE;
    pools.permission_sets_used = pools.batch.pools.iter().filter(counted).filter_map(|pool| pool.used).sum();
    match query_if_shown(org, &feature_metrics()).await? {
        Ok(answer) => pools.take(newest_day(&answer.records), feature_license),
        Err(seen) => pools.findings.push(findings::feature_metrics_absent(seen)),
    }
    Ok(pools)
}

fn user_licenses() -> Select {
    let columns = ["Id", "LicenseDefinitionKey", "Name", "Status", "TotalLicenses", "UsedLicenses"];
    Select::from("UserLicense").columns(columns).order_by("Id")
}

fn permission_set_licenses() -> Select {
    let columns =
        ["Id", "PermissionSetLicenseKey", "MasterLabel", "Status", "ExpirationDate", "TotalLicenses", "UsedLicenses"];
    Select::from("PermissionSetLicense").columns(columns).order_by("Id")
}

fn feature_metrics() -> Select {
    let columns = ["MetricsDate", "FeatureType", "TotalLicenseCount", "AssignedUserCount"];
    Select::from("ActiveFeatureLicenseMetric").columns(columns).order_by("MetricsDate DESC").limit(METRIC_ROWS)
}

/// Rows come newest first; history stays behind the newest day.
fn newest_day(rows: &[Value]) -> &[Value] {
    let day = rows.first().map(|row| row["MetricsDate"].clone());
    let end = rows.iter().position(|row| Some(&row["MetricsDate"]) != day.as_ref()).unwrap_or(rows.len());
    &rows[..end]
}

impl Pools {
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
    let key = row.license_definition_key.filter(|key| !key.is_empty()).unwrap_or_else(|| row.name.clone());
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
