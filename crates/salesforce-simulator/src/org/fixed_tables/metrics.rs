//! Usage entitlements and the daily metrics of feature licences.

use super::{Cells, Row, Usage};
use crate::org::Org;
use crate::org::catalogue::FEATURES;
use crate::value::Value;

pub(super) fn entitlements(org: &Org) -> Vec<Cells> {
    let row = |setting: &'static str, label: &'static str, allowed: f64, used: Option<f64>, frequency: &'static str| {
        Row::new(org, "TenantUsageEntitlement")
            .text("Setting", setting)
            .text("MasterLabel", label)
            .text("ResourceGroupKey", "default")
            .with("CurrentAmountAllowed", Value::Double(allowed))
            .with("AmountUsed", used.map_or(Value::Null, Value::Double))
            .text("Frequency", frequency)
            .date("StartDate", -200)
            .date("EndDate", 165)
            .with("UsageDate", used.map_or(Value::Null, |_| Value::Time(org.reference_time - 20 * 3600)))
            .flag("IsPersistentResource", frequency == "Once")
            .flag("HasRollover", false)
            .cells
    };
    vec![
        row("setting/force.com/orgValue.MaxDataStorage", "Data Storage (MB)", 10_240.0, Some(6_321.5), "Once"),
        row("setting/force.com/orgValue.MaxCdpProfiles", "Unified Profiles", 1_000_000.0, Some(41_977.0), "Yearly"),
        row("setting/force.com/orgValue.MonthlyPlatformEvents", "Platform Events", 250_000.0, None, "Monthly"),
        row("setting/force.com/orgValue.FlowOrchestrationRuns", "Orchestration Runs", 600.0, Some(0.0), "Monthly"),
    ]
}

/// The age of the metrics in days, newest first.
const METRIC_DAYS: [i64; 3] = [1, 2, 8];

pub(super) fn features(org: &Org, usage: &Usage) -> Vec<Cells> {
    let mut rows = Vec::new();
    for (taken, days) in METRIC_DAYS.into_iter().enumerate() {
        for (bit, (_, feature)) in FEATURES.iter().enumerate().filter(|(_, (_, feature))| !feature.is_empty()) {
            // Older rows have smaller numbers, so that a client that reads the wrong date fails.
            let assigned = (usage.features[bit] - taken as i64).max(0);
            let row = Row::new(org, "ActiveFeatureLicenseMetric")
                .date("MetricsDate", -days)
                .text("FeatureType", feature)
                .int("AssignedUserCount", assigned)
                .int("ActiveUserCount", usage.recent_features[bit].min(assigned))
                .int("TotalLicenseCount", usage.features[bit] + usage.features[bit] / 8 + 4 - taken as i64);
            rows.push(row.cells);
        }
    }
    rows
}
