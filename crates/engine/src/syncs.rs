//! Starts, cancels and confirms sync runs, and estimates their end.

use chrono::{DateTime, TimeDelta, Utc};
use seatgraph_core::{Cursor, Process};
use seatgraph_store::{
    Enqueued, NewRun, NewStage, Profile, ProfileId, ProfileState, RunId, RunState, Stage, StageState, SyncRun, Trigger,
    jobs, runs,
};

use crate::refusal::{Denied, Refusal, RefusalCode};
use crate::{Engine, Result, find};

/// The last stage of a run: missing records are retired and the run is finished.
pub(crate) const FINISH: &str = "FINISH";
const KEY_LIMIT: usize = 200;

/// The processes of a run, with the cursor of an incremental one.
pub(crate) type Plan = Vec<(Process, Option<Cursor>)>;

impl Engine {
    /// Starts a sync manually. The same key always returns the same run.
    ///
    /// # Errors
    /// Refuses a profile that is not published, disabled processes, a key that was used for other processes, and a second run
    /// while one is open.
    pub async fn start_sync(
        &self,
        profile: ProfileId,
        processes: Option<Vec<Process>>,
        key: Option<String>,
    ) -> Result<SyncRun, Denied> {
        let profile = self.profile(profile).await.map_err(|denied| denied.at("profileId"))?;
        if let Some(way_out) = not_published(profile.state) {
            return Err(Denied::invalid_state(format!("profile {} {way_out}", profile.name)));
        }
        if key.as_ref().is_some_and(|key| key.is_empty() || key.len() > KEY_LIMIT) {
            let message = format!("an idempotency key has 1 to {KEY_LIMIT} bytes");
            return Err(Refusal::new(RefusalCode::Invalid, message).at(["idempotencyKey"]).into());
        }
        self.enqueue(&profile, processes, Trigger::Manual, key).await
    }

    /// Cancels a run: at once if it waits, between two pages if it runs.
    ///
    /// # Errors
    /// Refuses a run that has ended.
    pub async fn cancel_sync(&self, run: RunId) -> Result<SyncRun, Denied> {
        let found = self.sync_run(run).await?;
        if is_terminal(found.state()) {
            return Err(Denied::invalid_state(format!("the run has ended as {}", found.state().as_str())));
        }
        jobs::cancel(self.db(), run.into()).await?;
        self.sync_run(run).await
    }

    /// Confirms a suspect run: the missing records are really gone, and it may retire them.
    ///
    /// # Errors
    /// Refuses a run that is not suspect.
    pub async fn confirm_suspect_sync(&self, run: RunId) -> Result<SyncRun, Denied> {
        let found = self.sync_run(run).await?;
        if found.state() != RunState::Suspect {
            return Err(Denied::invalid_state(format!("the run is {}, not SUSPECT", found.state().as_str())));
        }
        runs::confirm(self.db(), run).await?;
        self.sync_run(run).await
    }

    /// Returns the vendor rows per second of the current stage and the estimated end of the run; `None` if unknown. A stage
    /// that has not started is assumed to be as long as the average of the others.
    #[must_use]
    pub fn rate_and_eta(&self, run: &SyncRun, stages: &[Stage]) -> (Option<f64>, Option<DateTime<Utc>>) {
        if run.state() == RunState::Running { pace(stages, self.now()) } else { (None, None) }
    }

    pub(crate) async fn enqueue(
        &self,
        profile: &Profile,
        wanted: Option<Vec<Process>>,
        trigger: Trigger,
        key: Option<String>,
    ) -> Result<SyncRun, Denied> {
        self.refuse_in_quarantine()?;
        let mut plan = self.planned(profile).await?;
        let readable: Vec<_> = plan.iter().map(|&(process, _)| process).collect();
        let processes = chosen(&readable, wanted)?;
        plan.retain(|(process, _)| processes.contains(process));
        match runs::enqueue(self.db(), new_run(profile.id, plan, trigger, key)).await {
            Ok(Enqueued::Created(run) | Enqueued::SameKey(run)) => Ok(run),
            Ok(Enqueued::Open(run)) => Err(open(&run).into()),
            Err(error) if error.is_conflict_with("jobs_idempotency") => {
                let message = "the key stood for other processes; choose another key";
                Err(Refusal::new(RefusalCode::IdempotencyKeyReused, message).at(["idempotencyKey"]).into())
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(crate) async fn sync_run(&self, run: RunId) -> Result<SyncRun, Denied> {
        find::sync_run(self.db(), run).await
    }
}

/// Plans a run: a stage per process with its first cursor, and a finishing stage.
pub(crate) fn new_run(profile_id: ProfileId, plan: Plan, trigger: Trigger, key: Option<String>) -> NewRun {
    let processes = plan.iter().map(|&(process, _)| process).collect();
    let reading = plan.into_iter().map(|(process, bookmark)| NewStage {
        name: process.as_str().to_owned(),
        process: Some(process),
        cursor: bookmark,
    });
    let finish = NewStage { name: FINISH.to_owned(), process: None, cursor: None };
    let stages = reading.chain([finish]).collect();
    NewRun { profile_id, trigger, processes, idempotency_key: key, stages }
}

/// Whether this state is final.
pub(crate) fn is_terminal(state: RunState) -> bool {
    !state.is_open()
}

fn chosen(readable: &[Process], wanted: Option<Vec<Process>>) -> Result<Vec<Process>, Refusal> {
    let Some(wanted) = wanted else { return Ok(readable.to_vec()) };
    let refuse = |code, message: String| Err(Refusal::new(code, message).at(["processes"]));
    if wanted.is_empty() {
        return refuse(RefusalCode::Required, "name at least one process, or leave the list out for all".to_owned());
    }
    match wanted.iter().find(|process| !readable.contains(process)) {
        Some(process) if !process.is_read() => {
            refuse(RefusalCode::Unsupported, format!("{process} is not part of a sync"))
        }
        Some(process) => refuse(RefusalCode::Invalid, format!("{process} is not switched on for this profile")),
        None => Ok(readable.iter().copied().filter(|process| wanted.contains(process)).collect()),
    }
}

const fn not_published(state: ProfileState) -> Option<&'static str> {
    match state {
        ProfileState::Published => None,
        ProfileState::Draft => Some("is a draft; publish it"),
        ProfileState::Paused => Some("is paused; resume it"),
        ProfileState::ReauthRequired => Some("needs its credential renewed; set it on the alias, then resume"),
    }
}

fn open(run: &SyncRun) -> Refusal {
    let way_out = match run.state() {
        RunState::Suspect => "confirm or cancel it",
        _ => "wait for it or cancel it",
    };
    let message = format!("run {} is open ({}); {way_out}", run.id, run.state().as_str());
    Refusal::new(RefusalCode::Conflict, message).at(["profileId"])
}

fn pace(stages: &[Stage], now: DateTime<Utc>) -> (Option<f64>, Option<DateTime<Utc>>) {
    let at_work = stages.iter().find(|stage| stage.state == StageState::Running && stage.process.is_some());
    let Some(stage) = at_work else { return (None, None) };
    let elapsed = stage.started_at.map_or(TimeDelta::zero(), |started| now - started).as_seconds_f64();
    if elapsed <= 0.0 || stage.done <= 0 {
        return (None, None);
    }
    let rate = count(stage.done) / elapsed;
    let known: Vec<f64> = stages.iter().filter_map(|stage| stage.total).map(count).collect();
    let Some(total) = stage.total else { return (Some(rate), None) };
    let mean = known.iter().sum::<f64>() / count(i64::try_from(known.len()).unwrap_or(i64::MAX));
    let waiting = stages.iter().filter(|stage| stage.state == StageState::Waiting && stage.process.is_some()).count();
    let left = count((total - stage.done).max(0)) + mean * count(i64::try_from(waiting).unwrap_or(i64::MAX));
    let wait = TimeDelta::try_milliseconds((left / rate * 1_000.0) as i64);
    (Some(rate), wait.and_then(|wait| now.checked_add_signed(wait)))
}

#[expect(clippy::cast_precision_loss, reason = "an estimate needs no more than 52 bits")]
const fn count(rows: i64) -> f64 {
    rows as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: Process = Process::DownloadSubscriptions;
    const ACTIVITY: Process = Process::PullUserActivity;

    fn utc(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn stage(process: Option<Process>, state: StageState, done: i64, total: Option<i64>) -> Stage {
        Stage {
            ordinal: 0,
            name: String::new(),
            process,
            state,
            done,
            total,
            cursor: None,
            bookmark: None,
            started_at: (state == StageState::Running).then(|| utc("2026-05-10T10:00:00Z")),
            finished_at: None,
        }
    }

    #[test]
    fn a_run_is_estimated_by_the_stage_at_work_and_the_stages_to_come() {
        let now = utc("2026-05-10T10:00:10Z");
        let at_work = stage(Some(USERS), StageState::Running, 1_000, Some(3_000));
        let finish = stage(None, StageState::Waiting, 0, None);
        assert_eq!(pace(&[at_work.clone(), finish.clone()], now), (Some(100.0), Some(utc("2026-05-10T10:00:30Z"))));
        let waiting = stage(Some(ACTIVITY), StageState::Waiting, 0, None);
        assert_eq!(pace(&[at_work, waiting, finish], now), (Some(100.0), Some(utc("2026-05-10T10:01:00Z"))));
    }

    #[test]
    fn nothing_is_estimated_from_nothing() {
        let now = utc("2026-05-10T10:00:10Z");
        assert_eq!(pace(&[stage(Some(USERS), StageState::Running, 0, Some(10))], now), (None, None));
        assert_eq!(pace(&[stage(None, StageState::Running, 0, None)], now), (None, None));
        assert_eq!(pace(&[stage(Some(USERS), StageState::Running, 50, None)], now), (Some(5.0), None));
    }

    #[test]
    fn chosen_processes_are_enabled_ones_in_the_contracts_order() {
        assert_eq!(chosen(&[USERS, ACTIVITY], Some(vec![ACTIVITY, USERS])).unwrap(), [USERS, ACTIVITY]);
        assert_eq!(chosen(&[USERS, ACTIVITY], None).unwrap(), [USERS, ACTIVITY]);
        assert_eq!(chosen(&[USERS], Some(vec![ACTIVITY])).unwrap_err().code, RefusalCode::Invalid);
        assert_eq!(
            chosen(&[USERS], Some(vec![Process::ReclaimSubscription])).unwrap_err().code,
            RefusalCode::Unsupported
        );
        assert_eq!(chosen(&[USERS], Some(vec![])).unwrap_err().code, RefusalCode::Required);
    }

    #[test]
    fn a_run_is_planned_with_a_stage_per_process_and_one_to_finish() {
        let run = new_run(ProfileId::generate(), vec![(USERS, None), (ACTIVITY, None)], Trigger::Manual, None);
        let names: Vec<_> = run.stages.iter().map(|stage| stage.name.as_str()).collect();
        assert_eq!(names, ["DOWNLOAD_SUBSCRIPTIONS", "PULL_USER_ACTIVITY", "FINISH"]);
    }
}
