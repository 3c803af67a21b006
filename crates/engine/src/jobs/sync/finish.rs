//! Finishes a run: retires records that are missing from complete snapshots, unless there are suspiciously many.

use seatgraph_core::{Finding, Process, RecordKind, Severity};
use seatgraph_store::{Missing, Stage, StageState, sync};

use crate::EngineSettings;
use crate::findings as problem;
use crate::jobs::sync::execution::Execution;
use crate::jobs::sync::outcome::RunOutcome;

/// Tolerance between a snapshot and the vendor's own count, as one row in this number: the organisation changes meanwhile.
const TOLERANCE: i64 = 1_000;
/// With more rejected rows than this, or than one in a hundred, the snapshot is not trusted.
const REJECTED_AT_MOST: i64 = 1_000;

impl Execution {
    pub(super) async fn finish(&mut self) -> Result<RunOutcome, RunOutcome> {
        self.check_cancelled()?;
        let mut added = std::mem::take(&mut self.degraded);
        let checks = retirement_checks(&self.stages, self.run.counts.rejected, |process| self.snapshot_of(process));
        added.extend(checks.findings);
        // The seen records are deleted after the retirement, which an earlier claim may have completed.
        if !checks.kinds.is_empty()
            && !self.has_retired()
            && let Some(reason) = self.retire(&checks.kinds).await?
        {
            return Ok(RunOutcome::Suspect { reason });
        }
        let bookmarks = self.stages.iter().filter(|stage| stage.state == StageState::Done);
        let bookmarks = bookmarks.filter_map(|stage| Some((stage.process?, stage.bookmark.clone()))).collect();
        Ok(RunOutcome::Succeeded { findings: added, bookmarks })
    }

    fn has_retired(&self) -> bool {
        self.stages.iter().any(|stage| stage.process.is_none() && stage.state == StageState::Done)
    }

    /// Retires missing records, or returns why not.
    async fn retire(&mut self, kinds: &[RecordKind]) -> Result<Option<String>, RunOutcome> {
        let (db, run, profile) = (self.engine.db(), self.run.id, self.profile.id);
        let missing = sync::missing(db, run, profile, kinds).await?;
        if !self.run.suspect_confirmed
            && let Some(reason) = suspicious(&missing, self.engine.settings())
        {
            return Ok(Some(reason));
        }
        let finish = self.stages.iter().find(|stage| stage.process.is_none()).map_or(0, |stage| stage.ordinal);
        sync::retire(db, run, profile, self.fence, finish, kinds).await?;
        Ok(None)
    }
}

/// The records that a run may retire.
#[derive(Debug, Default, PartialEq)]
struct RetirementChecks {
    /// The kinds of record with a trusted snapshot.
    kinds: Vec<RecordKind>,
    /// Findings about the snapshots.
    findings: Vec<Finding>,
}

/// Finds the snapshots that are complete enough for retirement.
fn retirement_checks(
    stages: &[Stage],
    rejected: i64,
    snapshot_of: impl Fn(Process) -> &'static [RecordKind],
) -> RetirementChecks {
    let rows: i64 = stages.iter().map(|stage| stage.done).sum();
    let too_many = rejected > REJECTED_AT_MOST || rejected.saturating_mul(100) > rows;
    let mut checks = RetirementChecks::default();
    for stage in stages.iter().filter(|stage| stage.state == StageState::Done) {
        let Some((process, kinds)) = stage.process.map(|process| (process, snapshot_of(process))) else { continue };
        match stage.total.filter(|&total| !kinds.is_empty() && !is_complete(stage.done, total)) {
            Some(total) => checks.findings.push(problem::incomplete(process, stage.done, total)),
            None if too_many => {}
            None => checks.kinds.extend(kinds),
        }
    }
    checks.findings.extend((rejected > 0).then(|| problem::rejected(rejected, too_many)));
    checks
}

const fn is_complete(done: i64, total: i64) -> bool {
    (done - total).abs().saturating_mul(TOLERANCE) <= total
}

/// Returns the records to retire if they are suspiciously many: reduced permissions look the same as mass departure.
fn suspicious(missing: &[Missing], settings: &EngineSettings) -> Option<String> {
    let much = |missing: &&Missing| {
        let share = missing.would_retire.saturating_mul(100) > missing.live.saturating_mul(settings.suspect_percent);
        share && missing.would_retire >= settings.suspect_minimum
    };
    let suspects = missing.iter().filter(much);
    let words: Vec<_> = suspects.map(|of| format!("{} of {} {}", of.would_retire, of.live, of.kind.plural())).collect();
    let reason =
        format!("{} would be retired; confirm that they left, or fix the connection's permissions", words.join(", "));
    (!words.is_empty()).then_some(reason)
}

/// Whether any finding is a warning or an error.
pub(super) fn has_warnings<'a>(mut findings: impl Iterator<Item = &'a Finding>) -> bool {
    findings.any(|finding| finding.severity >= Severity::Warning)
}

#[cfg(test)]
mod tests {
    use super::*;

    const USERS: Process = Process::DownloadSubscriptions;

    fn stage(state: StageState, done: i64, total: Option<i64>) -> Stage {
        Stage {
            ordinal: 0,
            name: String::new(),
            process: Some(USERS),
            state,
            done,
            total,
            cursor: None,
            bookmark: None,
            started_at: None,
            finished_at: None,
        }
    }

    fn judged(stage: Stage, rejected: i64) -> (bool, Vec<String>) {
        let RetirementChecks { kinds, findings } = retirement_checks(&[stage], rejected, of_users);
        (kinds == [RecordKind::Account], findings.into_iter().map(|finding| finding.code).collect())
    }

    fn of_users(process: Process) -> &'static [RecordKind] {
        match process {
            USERS => &[RecordKind::Account],
            Process::DownloadConsumption => &[RecordKind::Consumption],
            _ => &[],
        }
    }

    #[test]
    fn only_a_finished_snapshot_retires() {
        assert_eq!(judged(stage(StageState::Done, 1_000, Some(1_000)), 0), (true, vec![]));
        assert_eq!(judged(stage(StageState::Done, 1_000, None), 0), (true, vec![]));
        assert_eq!(judged(stage(StageState::Failed, 1_000, Some(1_000)), 0), (false, vec![]));
        let nothing = retirement_checks(&[stage(StageState::Done, 5, Some(5))], 0, |_| &[]);
        assert_eq!(nothing, RetirementChecks::default());
    }

    #[test]
    fn each_snapshot_is_judged_by_itself() {
        let allowances =
            |state, total| Stage { process: Some(Process::DownloadConsumption), ..stage(state, 10, Some(total)) };
        let kinds = |other| retirement_checks(&[stage(StageState::Done, 10, Some(10)), other], 0, of_users).kinds;
        assert_eq!(kinds(allowances(StageState::Done, 10)), [RecordKind::Account, RecordKind::Consumption]);
        assert_eq!(kinds(allowances(StageState::Done, 12)), [RecordKind::Account]);
        assert_eq!(kinds(allowances(StageState::Failed, 10)), [RecordKind::Account]);
    }

    #[test]
    fn a_snapshot_may_miss_the_count_by_one_in_a_thousand() {
        assert!(judged(stage(StageState::Done, 999, Some(1_000)), 0).0);
        assert!(judged(stage(StageState::Done, 1_001, Some(1_000)), 0).0);
        let short = judged(stage(StageState::Done, 998, Some(1_000)), 0);
        assert_eq!(short, (false, vec!["INCOMPLETE_SNAPSHOT".to_owned()]));
        assert!(!judged(stage(StageState::Done, 9, Some(10)), 0).0);
    }

    #[test]
    fn few_rejected_rows_are_told_and_many_keep_everything() {
        let rows = |done, rejected| judged(stage(StageState::Done, done, Some(done)), rejected);
        assert_eq!(rows(1_000, 10), (true, vec!["ROWS_REJECTED".to_owned()]));
        assert_eq!(rows(1_000, 11), (false, vec!["TOO_MANY_ROWS_REJECTED".to_owned()]));
        assert_eq!(rows(1_000_000, 1_001), (false, vec!["TOO_MANY_ROWS_REJECTED".to_owned()]));
    }

    fn missing(would_retire: i64, live: i64) -> [Missing; 2] {
        let none = Missing { kind: RecordKind::Pool, would_retire: 0, live: 100 };
        [Missing { kind: RecordKind::Account, would_retire, live }, none]
    }

    #[test]
    fn more_than_a_fifth_and_at_least_ten_is_suspicious() {
        let suspicious = |would, live| suspicious(&missing(would, live), &EngineSettings::default()).is_some();
        assert!(!suspicious(20, 100));
        assert!(suspicious(21, 100));
        assert!(!suspicious(9, 9));
        assert!(suspicious(10, 10));
    }

    #[test]
    fn a_suspicion_says_how_many_of_what() {
        let reason = suspicious(&missing(30, 100), &EngineSettings::default()).unwrap();
        assert!(reason.starts_with("30 of 100 accounts would be retired"), "{reason}");
    }

    #[test]
    fn information_does_not_taint_a_run() {
        let finding = |severity| Finding::new("CODE", severity, "Message.", "Remedy.");
        assert!(!has_warnings([finding(Severity::Info)].iter()));
        assert!(has_warnings([finding(Severity::Info), finding(Severity::Warning)].iter()));
    }
}
