//! What can be followed as it happens.

use async_graphql::{Context, ID, Subscription as Streams};
use futures::{Stream, StreamExt as _};

use super::error::{self, Result};
use super::event::{SyncEvent, SyncProgressBy};
use super::job::JobEvent;
use super::scope::Scoped as _;

/// The root of every subscription.
#[derive(Debug, Default)]
pub struct Subscription;

/// Everything that can be followed as it happens.
#[Streams]
impl Subscription {
    /// The events of a job. The stream begins with the present state, continues with every later event in order and
    /// without gaps, and ends with the event that ends the job.
    async fn job_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's global id.")] id: ID,
        #[graphql(desc = "Sequence number of the last event that is known already; later events are sent again. \
                          Without it the stream begins with the present.")]
        after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<JobEvent>>> {
        if after.is_some_and(|number| number < 0) {
            return Err(error::bad_input("after", "must not be negative"));
        }
        let job = id.parse().map_err(|_| error::not_found("job `id` does not exist"))?;
        let progress = ctx.scope()?.engine.job_progress(job, after.map(i64::from));
        Ok(progress.map(|event| event.map(JobEvent::from).map_err(|error| error::engine(&error))))
    }

    /// What happens to a run. It begins with the present state, goes on with every later event in order and without gaps,
    /// and ends with the event that ends the run. By profile it is the run that is open, or else the next one.
    async fn sync_progress(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose progress to follow.")] by: SyncProgressBy,
        #[graphql(
            desc = "The number of the last event that is known already; what came after it is sent again. Without \
                          it the stream begins with the present."
        )]
        after: Option<i32>,
    ) -> Result<impl Stream<Item = Result<SyncEvent>>> {
        if after.is_some_and(|number| number < 0) {
            return Err(error::bad_input("after", "must not be negative"));
        }
        let progress = ctx.scope()?.engine.progress(by.read()?, after.map(i64::from));
        Ok(progress.filter_map(async |event| match event {
            Ok(event) => SyncEvent::of(event.run, event.event).map(Ok),
            Err(error) => Some(Err(error::engine(&error))),
        }))
    }
}
