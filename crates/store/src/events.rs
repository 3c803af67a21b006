//! Events: numbered news of a run, without gaps, and the wake-ups that point at them.

use chrono::{DateTime, Utc};
use diesel::deserialize::FromSqlRow;
use diesel::expression::AsExpression;
use seatgraph_core::Finding;
use serde::{Deserialize, Serialize};

use crate::types::sql::Doc;
use crate::{RunCounts, RunState, Stage};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, AsExpression, FromSqlRow)]
#[diesel(sql_type = Doc)]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum EventBody {
    /// The run came into a state.
    RunState {
        /// The state.
        state: RunState,
        /// Why, for people.
        reason: Option<String>,
    },
    /// A stage moved.
    Stage {
        /// The stage, then.
        stage: Stage,
        /// What the run had done, then.
        counts: RunCounts,
    },
    /// Something that people should know was found.
    Finding {
        /// What it is.
        finding: Finding,
    },
}

/// One numbered piece of news of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// From 1, without gaps within the run.
    pub sequence: i64,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What happened.
    pub body: EventBody,
}
