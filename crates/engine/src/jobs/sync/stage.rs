//! Reads one process page by page; the next page is read while the current one is written.

use seatgraph_core::http::ReportedUsage;
use seatgraph_core::{Allowance, Cursor, Error, Identifier, Next, Page, Process, RecordKind};
use seatgraph_store::{PageCommit, StageState, sync};

use crate::findings;
use crate::jobs::sync::execution::{Execution, FailureScope, Fetch};
use crate::jobs::sync::outcome::RunOutcome;
use crate::jobs::sync::quota::{self, Pause};

/// Maximum number of restarts after an expired cursor.
const MAX_RESTARTS: u32 = 2;

/// Why a process was interrupted.
enum StageError {
    /// The connector failed.
    Connector(Error),
    /// The run stops.
    Run(RunOutcome),
}

impl From<RunOutcome> for StageError {
    fn from(outcome: RunOutcome) -> Self {
        Self::Run(outcome)
    }
}

impl From<seatgraph_store::Error> for StageError {
    fn from(error: seatgraph_store::Error) -> Self {
        Self::Run(error.into())
    }
}

impl Execution {
    /// Reads `process` to its end. An optional process may fail here without failing the run.
    pub(super) async fn read(&mut self, at: usize, process: Process) -> Result<(), RunOutcome> {
        self.check_cancelled()?;
        if self.stages[at].state == StageState::Waiting {
            self.stages[at] =
                sync::begin_stage(self.engine.db(), self.run.id, self.fence, self.stages[at].ordinal).await?;
        }
        let mut starts_over = 0;
        loop {
            let error = match self.pages(at, process).await {
                Ok(()) => return Ok(()),
                Err(StageError::Run(verdict)) => return Err(verdict),
                Err(StageError::Connector(error)) => error,
            };
            tracing::debug!(error = %error, sync.run = %self.run.id, connector.process = %process, "page failed");
            let judgement = match self.judge(&error, process) {
                FailureScope::StartOver if starts_over == MAX_RESTARTS => {
                    self.fail_stage(process, findings::expires_always(process))
                }
                other => other,
            };
            match judgement {
                FailureScope::Run(verdict) => return Err(verdict),
                FailureScope::Process(finding) => return self.degrade(at, finding).await,
                FailureScope::StartOver => self.start_over(at).await?,
            }
            starts_over += 1;
        }
    }

    async fn pages(&mut self, at: usize, process: Process) -> Result<(), StageError> {
        let mut from = self.stages[at].cursor.clone();
        let mut coming = self.fetch(process, from.clone());
        loop {
            let page = self.await_page(coming).await?;
            let next = match &page.next {
                Next::More(position) if from.as_ref() == Some(position) => {
                    return Err(RunOutcome::failed(findings::stuck(process)).into());
                }
                Next::More(position) => Some(position.clone()),
                Next::Done(_) => None,
            };
            let pause = self.pause().await?;
            let prefetched = next.as_ref().filter(|_| pause.is_none()).map(|position| self.prefetch(process, position));
            self.commit(at, process, page).await?;
            let Some(position) = next else { return Ok(()) };
            self.check_cancelled()?;
            if let Some(Pause { until, reason }) = pause {
                return Err(RunOutcome::Paused { until, reason }.into());
            }
            coming = prefetched.unwrap_or_else(|| self.prefetch(process, &position));
            from = Some(position);
        }
    }

    fn prefetch(&self, process: Process, position: &Cursor) -> Fetch {
        self.fetch(process, Some(position.clone()))
    }

    /// Waits for a page, or until the run is to stop.
    async fn await_page(&self, coming: Fetch) -> Result<Page, StageError> {
        tokio::select! {
            biased;
            () = self.signals.cancelled.cancelled() => Err(RunOutcome::Cancelled.into()),
            () = self.signals.stopping.cancelled() => Err(RunOutcome::Requeued.into()),
            page = coming.page() => page.map_err(StageError::Connector),
        }
    }

    /// Stops between two pages if requested.
    pub(super) fn check_cancelled(&self) -> Result<(), RunOutcome> {
        if self.signals.cancelled.is_cancelled() || self.run.job.is_cancelling() {
            return Err(RunOutcome::Cancelled);
        }
        if self.signals.stopping.is_cancelled() { Err(RunOutcome::Requeued) } else { Ok(()) }
    }

    async fn commit(&mut self, at: usize, process: Process, page: Page) -> Result<(), RunOutcome> {
        let calls = self.connection.api_usage.calls();
        let now = self.engine.now();
        let Page { batch, next, rows, total, findings, rejected } = page;
        let catalogue = &self.catalogue;
        let recognize = |identifier: &Identifier| catalogue.recognize(identifier);
        let commit = PageCommit {
            run: self.run.id,
            profile: self.profile.id,
            connector: self.manifest.key,
            fence: self.fence,
            ordinal: self.stages[at].ordinal,
            batch: &batch,
            next,
            rows,
            total,
            findings: &findings,
            rejected: &rejected,
            snapshot_of: self.snapshot_of(process),
            api_calls: signed(calls - self.reported_calls),
            allowance: self.connection.api_usage.reported().map(|ReportedUsage { used, limit }| Allowance {
                limit,
                used,
                at: now,
            }),
            lease: self.engine.settings().lease,
            recognize: &recognize,
        };
        let committed = sync::commit_page(self.engine.db(), commit).await?;
        self.run = committed.run;
        self.stages[at] = committed.stage;
        self.reported_calls = calls;
        Ok(())
    }

    /// The kinds of record that `process` delivers as a complete snapshot.
    pub(super) fn snapshot_of(&self, process: Process) -> &'static [RecordKind] {
        self.manifest.process(process).map_or(&[], |spec| spec.snapshot_of)
    }

    async fn pause(&self) -> Result<Option<Pause>, RunOutcome> {
        let Some(observed) = self.connection.api_usage.reported() else { return Ok(None) };
        let unreported = self.connection.api_usage.calls() - self.reported_calls;
        let calls = u64::try_from(self.run.api_calls).unwrap_or(0) + unreported;
        let now = self.engine.db().now().await?;
        let started = self.run.job.started_at.unwrap_or(now);
        Ok(quota::pause(observed, calls, started, now, self.engine.settings()))
    }

    async fn start_over(&mut self, at: usize) -> Result<(), RunOutcome> {
        let ordinal = self.stages[at].ordinal;
        let kinds = self.stages[at].process.map_or(&[][..], |process| self.snapshot_of(process));
        self.stages[at] = sync::restart_stage(self.engine.db(), self.run.id, self.fence, ordinal, kinds).await?;
        Ok(())
    }

    async fn degrade(&mut self, at: usize, finding: seatgraph_core::Finding) -> Result<(), RunOutcome> {
        let ordinal = self.stages[at].ordinal;
        self.stages[at] = sync::fail_stage(self.engine.db(), self.run.id, self.fence, ordinal, &finding).await?;
        self.degraded.push(finding);
        Ok(())
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
