//! Reads one process: page after page, the next one on its way while this one is written.

use seatgraph_core::http::ReportedUsage;
use seatgraph_core::{Allowance, Cursor, Error, Identifier, Next, Page, Process, SyncMode};
use seatgraph_store::{PageCommit, StageState, sync};

use crate::findings;
use crate::worker::execution::{Execution, Fetch, Judgement};
use crate::worker::quota::{self, Pause};
use crate::worker::verdict::Verdict;

/// A vendor that forgets the position again and again would never let the process end.
const STARTS_OVER: u32 = 2;

/// Why a pass over a process broke off.
enum Halt {
    /// The connector could not go on.
    Connector(Error),
    /// The run does not go on.
    Run(Verdict),
}

impl From<Verdict> for Halt {
    fn from(verdict: Verdict) -> Self {
        Self::Run(verdict)
    }
}

impl From<seatgraph_store::Error> for Halt {
    fn from(error: seatgraph_store::Error) -> Self {
        Self::Run(error.into())
    }
}

impl Execution {
    /// Reads `process` to its end. A process that the run can do without may fail here without failing the run.
    pub(super) async fn read(&mut self, at: usize, process: Process) -> Result<(), Verdict> {
        self.heed()?;
        if self.stages[at].state == StageState::Waiting {
            self.stages[at] =
                sync::begin_stage(self.engine.db(), self.run.id, self.fence, self.stages[at].ordinal).await?;
        }
        let mut starts_over = 0;
        loop {
            let error = match self.pages(at, process).await {
                Ok(()) => return Ok(()),
                Err(Halt::Run(verdict)) => return Err(verdict),
                Err(Halt::Connector(error)) => error,
            };
            tracing::debug!(error = %error, sync.run = %self.run.id, connector.process = %process, "page failed");
            let judgement = match self.judge(&error, process) {
                Judgement::StartOver if starts_over == STARTS_OVER => {
                    self.give_up(process, findings::expires_always(process))
                }
                other => other,
            };
            match judgement {
                Judgement::Run(verdict) => return Err(verdict),
                Judgement::Process(finding) => return self.degrade(at, finding).await,
                Judgement::StartOver => self.start_over(at).await?,
            }
            starts_over += 1;
        }
    }

    async fn pages(&mut self, at: usize, process: Process) -> Result<(), Halt> {
        let mut from = self.stages[at].cursor.clone();
        let mut coming = self.fetch(process, from.clone());
        loop {
            let page = self.arrival(coming).await?;
            let next = match &page.next {
                Next::More(position) if from.as_ref() == Some(position) => {
                    return Err(Verdict::failed(findings::stuck(process)).into());
                }
                Next::More(position) => Some(position.clone()),
                Next::Done(_) => None,
            };
            let pause = self.pause().await?;
            let ahead = next.as_ref().filter(|_| pause.is_none()).map(|position| self.ahead(process, position));
            self.commit(at, process, page).await?;
            let Some(position) = next else { return Ok(()) };
            self.heed()?;
            if let Some(Pause { until, reason }) = pause {
                return Err(Verdict::Paused { until, reason }.into());
            }
            coming = ahead.unwrap_or_else(|| self.ahead(process, &position));
            from = Some(position);
        }
    }

    fn ahead(&self, process: Process, position: &Cursor) -> Fetch {
        self.fetch(process, Some(position.clone()))
    }

    /// Waits for a page; whoever wants the run to stop need not wait for it.
    async fn arrival(&self, coming: Fetch) -> Result<Page, Halt> {
        tokio::select! {
            biased;
            () = self.signals.cancelled.cancelled() => Err(Verdict::Cancelled.into()),
            () = self.signals.stopping.cancelled() => Err(Verdict::HandedBack.into()),
            page = coming.page() => page.map_err(Halt::Connector),
        }
    }

    /// Stops between two pages when somebody asked for it.
    pub(super) fn heed(&self) -> Result<(), Verdict> {
        if self.signals.cancelled.is_cancelled() || self.run.state == seatgraph_store::RunState::Cancelling {
            return Err(Verdict::Cancelled);
        }
        if self.signals.stopping.is_cancelled() { Err(Verdict::HandedBack) } else { Ok(()) }
    }

    async fn commit(&mut self, at: usize, process: Process, page: Page) -> Result<(), Verdict> {
        let calls = self.link.api_usage.calls();
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
            snapshot: self.is_snapshot(process),
            api_calls: signed(calls - self.reported_calls),
            allowance: self.link.api_usage.reported().map(|ReportedUsage { used, limit }| Allowance {
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

    /// Accounts, subscriptions and pools come from this process alone; only its silence says that one is gone.
    pub(super) fn is_snapshot(&self, process: Process) -> bool {
        let mode = self.manifest.process(process).map(|spec| spec.mode);
        process == Process::DownloadSubscriptions && mode == Some(SyncMode::Snapshot)
    }

    async fn pause(&self) -> Result<Option<Pause>, Verdict> {
        let Some(observed) = self.link.api_usage.reported() else { return Ok(None) };
        let unreported = self.link.api_usage.calls() - self.reported_calls;
        let calls = u64::try_from(self.run.api_calls).unwrap_or(0) + unreported;
        let now = self.engine.db().now().await?;
        let started = self.run.started_at.unwrap_or(now);
        Ok(quota::pause(observed, calls, started, now, self.engine.settings()))
    }

    async fn start_over(&mut self, at: usize) -> Result<(), Verdict> {
        let ordinal = self.stages[at].ordinal;
        self.stages[at] = sync::restart_stage(self.engine.db(), self.run.id, self.fence, ordinal).await?;
        Ok(())
    }

    async fn degrade(&mut self, at: usize, finding: seatgraph_core::Finding) -> Result<(), Verdict> {
        let ordinal = self.stages[at].ordinal;
        self.stages[at] = sync::fail_stage(self.engine.db(), self.run.id, self.fence, ordinal, &finding).await?;
        self.degraded.push(finding);
        Ok(())
    }
}

fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
