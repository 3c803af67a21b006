//! `jobs/query`: the query jobs of Bulk API 2.0.

mod csv;
mod results;

use std::sync::Arc;

use serde_json::Value;

use super::caller::Caller;
use super::query::blocking;
use super::reply::Reply;
use super::request::Request;
use crate::bulk::job::{FinalState, Job, JobRows, JobState};
use crate::bulk::requests::{Change, NewJob};
use crate::org::Org;
use crate::refusal::Refusal;
use crate::soql::plan::BulkQuery;
use crate::soql::prepare_bulk;
use crate::soql::run::{self, Selection};
use crate::state::{State, lock};
use crate::user_context::UserContext;

/// The allowed jobs in 24 hours.
pub(crate) const MAX_JOBS: u64 = 10_000;

pub(crate) async fn handle(
    state: &Arc<State>,
    caller: Caller,
    request: &Request,
    rest: &[&str],
) -> Result<Reply, Refusal> {
    match (request.method.as_str(), rest) {
        ("POST", []) => create(state, caller, request).await,
        ("GET", [id]) => with_job(state, caller, id, |org, job| {
            job.poll(state.now());
            Ok(job.details(org))
        }),
        ("PATCH", [id]) => {
            Change::parse(&request.body)?;
            with_job(state, caller, id, |org, job| {
                job.abort(state.now())?;
                Ok(job.brief(org))
            })
        }
        ("GET", [id, "results"]) => results::set(state, caller, request, id).await,
        (_, [] | [_] | [_, "results"]) => Err(Refusal::method()),
        _ => Err(Refusal::not_found()),
    }
}

async fn create(state: &Arc<State>, caller: Caller, request: &Request) -> Result<Reply, Refusal> {
    let new_job = NewJob::parse(&request.body)?;
    blocking(state, move |state| {
        let org = state.org();
        let context = state.context(&org, caller.user, caller.version);
        let query = prepare_bulk(&org, &context, &new_job.query)?;
        check_limit(state)?;
        lock(&state.request_log).count_bulk_job(query.plan.object.name);
        let (selection, final_state) = run(state, &org, &context, &query);
        let (polls_left, now) = (context.faults.bulk.in_progress_polls, state.now());
        let rows = Arc::new(JobRows { context, query, selection });
        let mut jobs = lock(&state.jobs);
        let state = JobState::UploadComplete;
        let job = jobs.add(|number| Job {
            number,
            new_job,
            rows,
            final_state,
            state,
            polls_left,
            created: now,
            changed: now,
        });
        Ok(Reply::json(200, &job.brief(&org)))
    })
    .await
}

/// Counts a job, or refuses it if the daily limit is reached.
fn check_limit(state: &State) -> Result<(), Refusal> {
    let made = lock(&state.jobs).made();
    let is_limited = state.faults().bulk.jobs_remaining.is_some();
    let is_left =
        if is_limited { state.count_down(|faults| faults.bulk.jobs_remaining.as_mut()) } else { made < MAX_JOBS };
    if is_left {
        return Ok(());
    }
    let message = format!("Max bulk v2 query jobs ({MAX_JOBS}) per 24 hrs has been reached ({})", MAX_JOBS + 1);
    Err(Refusal::bad("LIMIT_EXCEEDED", message))
}

/// Selects the rows of a job and determines its final state. An error of the query fails the job.
fn run(state: &State, org: &Org, context: &UserContext, query: &BulkQuery) -> (Selection, FinalState) {
    let failing = context.faults.bulk.failed_jobs.as_ref();
    let fails = state.count_down(|faults| faults.bulk.failed_jobs.as_mut().map(|failed| &mut failed.times));
    if let Some(failed) = failing.filter(|_| fails) {
        return (Selection::none(), FinalState::Failed(failed.error_message.clone()));
    }
    match run::select_in_chunks(org, context, &query.plan) {
        Ok(selection) => (selection, FinalState::Complete),
        Err(refusal) => (Selection::none(), FinalState::Failed(Some(format!("{}: {}", refusal.code, refusal.message)))),
    }
}

/// Applies a function to a job that the caller can see.
fn with_job(
    state: &State,
    caller: Caller,
    id: &str,
    change: impl FnOnce(&Org, &mut Job) -> Result<Value, Refusal>,
) -> Result<Reply, Refusal> {
    let org = state.org();
    let context = state.context(&org, caller.user, caller.version);
    let mut jobs = lock(&state.jobs);
    let body = change(&org, jobs.find(&org, &context, id)?)?;
    Ok(Reply::json(200, &body))
}
