//! How runs come to be, and what people do to them.

use chrono::{DateTime, SecondsFormat, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;

use super::statements::{Locks, RunStatements};
use super::{Enqueued, NewRun, RunCounts, Slot, SyncRun};
use crate::db::{on_both, with_tx};
use crate::schema::{integration_profiles, sync_runs};
use crate::types::Bind;
use crate::{Db, Error, ProfileId, ProfileState, Result, RunId, RunState};

/// Asks for a run. The run, its stages and its first event appear together.
///
/// # Errors
/// `Conflict` with `sync_runs_idempotency` when the key was used for other processes.
pub async fn enqueue(db: &Db, new: NewRun) -> Result<Enqueued> {
    // Two callers at once: the loser of the race meets the winner's row on the second look.
    for _ in 0..3 {
        match try_enqueue(db, new.clone()).await {
            Err(error) if error.is_conflict_with("sync_runs_open") => {}
            Err(error) if error.is_conflict_with("sync_runs_idempotency") => {}
            Ok(Enqueued::SameKey(run)) if !same_processes(&run, &new) => {
                return Err(Error::conflict("sync_runs_idempotency"));
            }
            outcome => {
                if let Ok(Enqueued::Created(run)) = &outcome {
                    db.stir(run.id);
                }
                return outcome;
            }
        }
    }
    Err(Error::conflict("sync_runs_open"))
}

fn same_processes(run: &SyncRun, new: &NewRun) -> bool {
    let sorted = |processes: &[seatgraph_core::Process]| {
        let mut sorted = processes.to_vec();
        sorted.sort_unstable();
        sorted
    };
    sorted(&run.processes) == sorted(&new.processes)
}

async fn try_enqueue(db: &Db, new: NewRun) -> Result<Enqueued> {
    with_tx!(db, Full, |c, now| {
        if let Some(run) = c.run_of_key(new.profile_id, new.idempotency_key.as_deref()).await? {
            return Ok(Enqueued::SameKey(run));
        }
        if let Some(run) = c.lock_open_run(new.profile_id).await? {
            // It may have been made by the same key since that was looked up.
            let is_same = new.idempotency_key.is_some() && run.idempotency_key == new.idempotency_key;
            return Ok(if is_same { Enqueued::SameKey(run) } else { Enqueued::Open(run) });
        }
        let mut run = fresh(&new, now);
        c.insert_run(&mut run, &new.stages).await?;
        Ok(Enqueued::Created(run))
    })
}

/// Asks for the run of a scheduled slot, and moves the profile on to its next one.
///
/// The slot is taken by moving `next_run_at` away from it, so of several replicas one makes the run. An open
/// `SUSPECT` run is superseded; behind any other open run the slot is let go.
///
/// # Errors
/// `Unavailable` when the database is away.
pub async fn enqueue_slot(
    db: &Db,
    profile: ProfileId,
    slot: DateTime<Utc>,
    new: NewRun,
    next_run_at: Option<DateTime<Utc>>,
) -> Result<Slot> {
    let new = NewRun { idempotency_key: Some(slot_key(slot)), ..new };
    let (outcome, superseded) = with_tx!(db, Full, |c, now| {
        if !c.take_slot(profile, slot, next_run_at).await? {
            return Ok((Slot::Taken, None));
        }
        if c.run_of_key(profile, new.idempotency_key.as_deref()).await?.is_some() {
            return Ok((Slot::Taken, None));
        }
        let mut superseded = None;
        if let Some(mut open) = c.lock_open_run(profile).await? {
            if open.state != RunState::Suspect {
                return Ok((Slot::Skipped(open), None));
            }
            let fence = open.fence;
            let reason = Some("superseded by the next scheduled run".to_owned());
            c.end_run(&mut open, RunState::Cancelled, reason, now).await?;
            c.save_run(&open, fence).await?;
            superseded = Some(open.id);
        }
        let mut run = fresh(&new, now);
        c.insert_run(&mut run, &new.stages).await?;
        Ok((Slot::Created(run), superseded))
    })?;
    if let Slot::Created(run) = &outcome {
        db.stir(run.id);
    }
    if let Some(run) = superseded {
        db.stir(run);
    }
    Ok(outcome)
}

fn slot_key(slot: DateTime<Utc>) -> String {
    format!("slot {}", slot.to_rfc3339_opts(SecondsFormat::Secs, true))
}

fn fresh(new: &NewRun, now: DateTime<Utc>) -> SyncRun {
    SyncRun {
        id: RunId::generate(),
        profile_id: new.profile_id,
        state: RunState::Queued,
        reason: None,
        trigger: new.trigger,
        processes: new.processes.clone(),
        idempotency_key: new.idempotency_key.clone(),
        suspect_confirmed: false,
        available_at: now,
        attempt: 0,
        fence: 0,
        lease_owner: None,
        leased_until: None,
        last_sequence: 0,
        api_calls: 0,
        counts: RunCounts::default(),
        queued_at: now,
        started_at: None,
        finished_at: None,
    }
}

/// Stops a run: at once when no worker holds it, otherwise between pages. Returns the state it is in now; a run
/// that had ended stays as it was.
///
/// # Errors
/// `NotFound` when there is no such run.
pub async fn cancel(db: &Db, run: RunId) -> Result<RunState> {
    let state = with_tx!(db, Full, |c, now| {
        let mut run = c.lock_run(run).await?.ok_or(Error::NotFound { what: "run" })?;
        let fence = run.fence;
        match run.state {
            RunState::Queued | RunState::PausedQuota | RunState::Suspect => {
                c.end_run(&mut run, RunState::Cancelled, None, now).await?;
            }
            RunState::Running => c.move_run(&mut run, RunState::Cancelling, None, now).await?,
            _ => return Ok(run.state),
        }
        c.save_run(&run, fence).await?;
        Ok(run.state)
    })?;
    db.stir(run);
    Ok(state)
}

/// Takes a person's word that the records a `SUSPECT` run missed are really gone, and queues it to go on.
///
/// # Errors
/// `NotFound` when there is no such run; `Conflict` with `not_suspect` when it is in another state.
pub async fn confirm(db: &Db, run: RunId) -> Result<SyncRun> {
    let confirmed = with_tx!(db, Full, |c, now| {
        let mut run = c.lock_run(run).await?.ok_or(Error::NotFound { what: "run" })?;
        if run.state != RunState::Suspect {
            return Err(Error::conflict("not_suspect"));
        }
        run.suspect_confirmed = true;
        run.available_at = now;
        run.attempt = 0;
        let fence = run.fence;
        c.move_run(&mut run, RunState::Queued, Some("confirmed".to_owned()), now).await?;
        c.save_run(&run, fence).await?;
        Ok(run)
    })?;
    db.stir(confirmed.id);
    Ok(confirmed)
}

trait QueueStatements {
    async fn run_of_key(&mut self, profile: ProfileId, key: Option<&str>) -> Result<Option<SyncRun>>;
    async fn take_slot(&mut self, profile: ProfileId, slot: DateTime<Utc>, next: Option<DateTime<Utc>>)
    -> Result<bool>;
}

on_both! {
    impl QueueStatements {
        async fn run_of_key(&mut self, profile: ProfileId, key: Option<&str>) -> Result<Option<SyncRun>> {
            let Some(key) = key else { return Ok(None) };
            let query = sync_runs::table.select(SyncRun::as_select()).filter(sync_runs::profile_id.eq(profile));
            Ok(query.filter(sync_runs::idempotency_key.eq(key)).first(self).await.optional()?)
        }

        async fn take_slot(
            &mut self,
            profile: ProfileId,
            slot: DateTime<Utc>,
            next: Option<DateTime<Utc>>,
        ) -> Result<bool> {
            let taken = diesel::update(integration_profiles::table)
                .filter(integration_profiles::id.eq(profile))
                .filter(integration_profiles::next_run_at.eq(Bind(Some(slot))))
                .filter(integration_profiles::state.eq(ProfileState::Published))
                .filter(integration_profiles::deleted_at.is_null())
                .set(integration_profiles::next_run_at.eq(Bind(next)))
                .execute(self)
                .await?;
            Ok(taken == 1)
        }
    }
}
