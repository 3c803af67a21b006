//! Committing a page.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel_async::RunQueryDsl;
use seatgraph_core::{Next, RecordKind, Rejection};
use uuid::Uuid;

use super::activity::ActivityStatements;
use super::identifiers::{IdentifierStatements, PoolStatements};
use super::merge::{Merge, Merged};
use super::prepared::{PageCommit, Prepared};
use crate::db::{on_both, with_tx};
use crate::deadline::until;
use crate::findings::FindingStatements;
use crate::profiles::AllowanceStatements;
use crate::records::{KINDS, Kind, References, Rows, clean};
use crate::runs::{RunLocks, RunStatements, held};
use crate::schema::sync_rejections;
use crate::types::Bind;
use crate::{Db, Result, Stage, StageState, SyncRun};

/// A committed page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Committed {
    /// The run after the page.
    pub run: SyncRun,
    /// The stage after the page.
    pub stage: Stage,
}

/// Commits a page: records, cursor, progress and its event, in one transaction.
///
/// Subscriptions and activities of unknown accounts are rejected and counted.
///
/// # Errors
/// `LostLease` if the run is no longer held under the fence; nothing is written then.
pub async fn commit_page(db: &Db, commit: PageCommit<'_>) -> Result<Committed> {
    let page = Arc::new(Prepared::of(&commit));
    let committed = with_tx!(db, Page, |c, now| {
        let mut run = held(c.lock_run(page.run).await?, page.fence)?;
        let mut stage = c.stage(page.run, page.ordinal).await?;
        let identifiers = c.put_identifiers(&page, now).await?;
        let mut references = References::new(page.profile, now, identifiers);
        let (mut merged, mut orphans) = (Vec::with_capacity(KINDS.len()), Vec::new());
        for kind in KINDS {
            c.resolve(kind, &page, &mut references).await?;
            let Rows { rows, orphans: unknown } = (kind.rows)(&page.batch, &references);
            let seen_by = page.snapshot_of.contains(&kind.kind).then_some(page.run);
            merged.push((kind.kind, c.merge(kind, rows, seen_by).await?));
            orphans.extend(unknown);
        }
        c.merge_activity(&page, &mut orphans).await?;
        let orphans = page.reject(&orphans);
        c.add_rejections(&page, &stage, &orphans).await?;
        c.put_allowance(page.profile, page.allowance).await?;
        page.advance(&mut stage, now);
        c.save_stage(run.id, &stage).await?;
        page.count(&mut run, &merged, orphans.len());
        run.job.leased_until = Some(until(now, page.lease));
        c.add_findings(&mut run.job, now, page.findings.clone()).await?;
        c.progress(&mut run, now, &stage).await?;
        c.save_run(&run, page.fence).await?;
        Ok(Committed { run, stage })
    })?;
    db.notify(committed.run.job.id);
    Ok(committed)
}

impl Prepared {
    /// Moves the stage past this page.
    fn advance(&self, stage: &mut Stage, now: DateTime<Utc>) {
        stage.state = StageState::Running;
        stage.started_at = stage.started_at.or(Some(now));
        stage.done += self.rows;
        stage.total = stage.total.or(self.total);
        match &self.next {
            Next::More(cursor) => stage.cursor = Some(cursor.clone()),
            Next::Done(bookmark) => {
                stage.state = StageState::Done;
                stage.cursor = None;
                stage.bookmark.clone_from(bookmark);
                stage.finished_at = Some(now);
            }
        }
    }

    /// Adds this page to the run's counts. A committed page is progress, so the attempts are counted from 1 again.
    fn count(&self, run: &mut SyncRun, merged: &[(RecordKind, Merged)], orphans: usize) {
        let number = |many: usize| i64::try_from(many).unwrap_or(i64::MAX);
        run.job.attempt = 1;
        run.api_calls += self.api_calls;
        for (kind, merged) in merged {
            if let Some(counts) = run.counts.of(*kind) {
                *counts.seen += merged.seen;
                *counts.added += merged.added;
                *counts.changed += merged.changed;
            }
        }
        run.counts.rejected += number(self.rejected.len()) + number(orphans);
    }

    /// Returns rejections for records with an unknown account.
    fn reject(&self, orphans: &[String]) -> Vec<Rejection> {
        let rejection = |account: &String| Rejection {
            external_id: Some(account.clone()),
            code: "UNKNOWN_ACCOUNT".to_owned(),
            message: "the record's account was not among those that the vendor listed".to_owned(),
        };
        orphans.iter().map(rejection).collect()
    }
}

trait ReferenceStatements {
    /// Finds the ids of what the page's records of a kind refer to.
    async fn resolve(&mut self, kind: &Kind, page: &Prepared, references: &mut References) -> Result<()>;
}

on_both! {
    impl ReferenceStatements {
        async fn resolve(&mut self, kind: &Kind, page: &Prepared, references: &mut References) -> Result<()> {
            let mentions = (kind.mentions)(&page.batch);
            let names = mentions.accounts.into_iter().filter(|name| references.account(name).is_none());
            let names: BTreeSet<String> = names.map(|name| clean(name).into_owned()).collect();
            if !names.is_empty() {
                let found = self.account_ids(page.profile, names.into_iter().collect()).await?;
                references.accounts.extend(found);
            }
            if mentions.pools && references.pools.is_empty() {
                references.pools = self.pools_of(page).await?;
            }
            Ok(())
        }
    }
}

trait RejectionStatements {
    async fn add_rejections(&mut self, page: &Prepared, stage: &Stage, orphans: &[Rejection]) -> Result<()>;
}

on_both! {
    impl RejectionStatements {
        async fn add_rejections(&mut self, page: &Prepared, stage: &Stage, orphans: &[Rejection]) -> Result<()> {
            let Some(process) = stage.process else { return Ok(()) };
            for rejection in page.rejected.iter().chain(orphans) {
                diesel::insert_into(sync_rejections::table)
                    .values((
                        sync_rejections::id.eq(Bind(Uuid::now_v7())),
                        sync_rejections::run_id.eq(page.run),
                        sync_rejections::process.eq(Bind(process)),
                        sync_rejections::external_id.eq(&rejection.external_id),
                        sync_rejections::code.eq(&rejection.code),
                        sync_rejections::message.eq(&rejection.message),
                    ))
                    .execute(self)
                    .await?;
            }
            Ok(())
        }
    }
}
