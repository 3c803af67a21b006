//! Scheduled slots of kinds that run for the whole installation.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use crate::db::{with_conn, with_tx};
use crate::job_queue::{Enqueued, JobStatements, NewJob, ScheduledSlot, slot_key};
use crate::schema::job_schedules;
use crate::types::Bind;
use crate::{Db, Error, Result};

/// Returns the next slot of a kind; the first time it is asked for, that is `first`.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn next_slot(db: &Db, kind: &'static str, first: DateTime<Utc>) -> Result<DateTime<Utc>> {
    use job_schedules::{kind as kind_column, next_at, table};
    let known: Option<DateTime<Utc>> = with_conn!(db, read, |c| {
        Ok(table.filter(kind_column.eq(kind)).select(next_at).first(c).await.optional()?)
    })?;
    if let Some(slot) = known {
        return Ok(slot);
    }
    with_tx!(db, Full, |c, _now| {
        let row = (kind_column.eq(kind), next_at.eq(Bind(first)));
        diesel::insert_into(table).values(row).on_conflict(kind_column).do_nothing().execute(c).await?;
        Ok(table.filter(kind_column.eq(kind)).select(next_at).first(c).await?)
    })
}

/// Takes a slot of the kind's schedule, sets the next one, and creates the slot's job. Of several replicas one does
/// it: the slot is taken by replacing its time. Behind an open job with the same unique key the slot is skipped.
///
/// # Errors
/// `Unavailable` if the database is unavailable.
pub async fn enqueue_slot(db: &Db, new: &NewJob, slot: DateTime<Utc>, next: DateTime<Utc>) -> Result<ScheduledSlot> {
    let new = NewJob { idempotency_key: Some(slot_key(slot)), ..new.clone() };
    let outcome = with_tx!(db, Full, |c, now| {
        let due = job_schedules::table.filter(job_schedules::kind.eq(new.kind));
        let due = due.filter(job_schedules::next_at.eq(Bind(slot)));
        if diesel::update(due).set(job_schedules::next_at.eq(Bind(next))).execute(c).await? == 0 {
            return Ok(ScheduledSlot::Taken);
        }
        match c.enqueue_job(&new, now).await {
            Ok(Enqueued::Created(job)) => Ok(ScheduledSlot::Created(job)),
            Ok(Enqueued::Open(job)) => Ok(ScheduledSlot::Skipped(job)),
            Ok(Enqueued::SameKey(_)) => Ok(ScheduledSlot::Taken),
            Err(error) if error.is_conflict_with("jobs_idempotency") => Ok(ScheduledSlot::Taken),
            Err(error) => Err::<_, Error>(error),
        }
    })?;
    if let ScheduledSlot::Created(job) = &outcome {
        db.notify(job.id);
    }
    Ok(outcome)
}
