//! The subscription root.

use async_graphql::{Context, ID, Subscription as Streams};
use futures::{Stream, StreamExt as _};

use super::context::HasRequest as _;
use super::error::{self, Result};
use super::event::{SyncEvent, SyncProgressBy};
use super::job::JobEvent;

/// The subscription root.
#[derive(Debug, Default)]
pub struct Subscription;

/// Subscriptions: streams of events.
#[Streams]
impl Subscription {
    /// Events of a job. The stream starts with the current state, continues with every later event in order and without
    /// gaps, and ends with the event that ends the job.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Global ID of the job.")] id: ID,
        #[graphql(
            desc = "Sequence number of the last event that the client has received. The stream continues after \
                          it. If omitted, the stream starts with the current state."
        )]
        after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<JobEvent>>> {
        if after.is_some_and(|number| number < 0) {
            return Err(error::bad_input("after", "must not be negative"));
        }
        let job = id.parse().map_err(|_| error::not_found("job `id` does not exist"))?;
        let progress = ctx.request()?.engine.job_progress(job, after.map(i64::from));
        Ok(progress.map(|event| event.map(JobEvent::from).map_err(|error| error::engine(&error))))
    }

    /// Events of a sync run. The stream starts with the current state, continues with every later event in order and
    /// without gaps, and ends with the event that ends the run.
    async fn sync_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Identifies the sync run.")] by: SyncProgressBy,
        #[graphql(
            desc = "Sequence number of the last event that the client has received. The stream continues after it. \
                    If omitted, the stream starts with the current state."
        )]
        after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<SyncEvent>>> {
        if after.is_some_and(|number| number < 0) {
            return Err(error::bad_input("after", "must not be negative"));
        }
        let progress = ctx.request()?.engine.progress(by.read()?, after.map(i64::from));
        Ok(progress.filter_map(async |event| match event {
            Ok(event) => SyncEvent::of(event.run, event.event).map(Ok),
            Err(error) => Some(Err(error::engine(&error))),
        }))
    }
}
