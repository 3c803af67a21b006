//! The bodies of a job's events.

use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use seatgraph_core::Finding;
use serde::{Deserialize, Serialize};

use super::{RunCounts, Stage, Status};
use crate::types::sql::SqlJson;
use crate::types::sql_json;

/// The body of an event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = SqlJson)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum EventBody {
    /// The job entered a state.
    State(Status),
    /// The job made progress.
    Progress(Progress),
    /// A stage of a sync made progress.
    Stage {
        /// The stage at that time.
        stage: Stage,
        /// The run's counts at that time.
        counts: RunCounts,
    },
    /// A sync made a finding.
    Finding {
        /// The finding.
        finding: Finding,
    },
    /// An event that a newer version wrote.
    #[serde(other)]
    Unknown,
}

/// Progress of a job in units of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Units done so far.
    pub done: i64,
    /// Units altogether; `None` when that is unknown.
    pub total: Option<i64>,
    /// What the job does now, as a sentence.
    pub message: String,
}

sql_json!(EventBody);
