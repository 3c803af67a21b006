//! Input that starts a sync run.

use async_graphql::{ID, InputObject};
use seatgraph_core::Process as CoreProcess;
use seatgraph_store::ProfileId;

use super::{Refused, parse_id};
use crate::schema::command::Input;
use crate::schema::context::RequestContext;
use crate::schema::process::Process;

/// A sync run to start.
#[derive(Debug, InputObject)]
pub(crate) struct StartSyncInput {
    /// Idempotency key chosen by the caller. A repeated request with the same key returns the same run.
    idempotency_key: Option<String>,
    /// Processes to run. Default: all processes that the profile has enabled.
    processes: Option<Vec<Process>>,
    /// Global ID of the profile.
    profile_id: ID,
}

impl Input for StartSyncInput {
    type Command = (ProfileId, Option<Vec<CoreProcess>>, Option<String>);

    fn read(self, _: &RequestContext) -> Result<Self::Command, Refused> {
        let profile = parse_id(&["profileId"], "profile", &self.profile_id)?;
        let processes = self.processes.map(|processes| processes.into_iter().map(CoreProcess::from).collect());
        Ok((profile, processes, self.idempotency_key))
    }
}
