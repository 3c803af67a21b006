//! The job kinds that a binary knows.

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;
use seatgraph_store::ClaimableKind;

use super::prune::Prune;
use super::sync::Sync;
use super::{JobContext, JobKind, JobOutcome};
use crate::{Engine, EngineSettings, Result};

/// The job kinds that a worker claims and runs.
#[derive(Clone, Default)]
pub struct Kinds(Vec<Arc<dyn ErasedKind>>);

impl Kinds {
    /// The kinds of this program: every kind is registered here.
    #[must_use]
    pub fn builtin() -> Self {
        Self::default().with(Sync).with(Prune)
    }

    /// Adds a kind.
    #[must_use]
    pub fn with(mut self, kind: impl JobKind) -> Self {
        self.0.push(Arc::new(kind));
        self
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Arc<dyn ErasedKind>> {
        self.0.iter()
    }

    pub(super) fn find(&self, name: &str) -> Option<Arc<dyn ErasedKind>> {
        self.iter().find(|kind| kind.name() == name).cloned()
    }
}

impl fmt::Debug for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|kind| kind.name())).finish()
    }
}

/// A [`JobKind`] whose payload is read when the job runs.
pub(super) trait ErasedKind: Send + std::marker::Sync {
    fn name(&self) -> &'static str;
    fn claimable(&self, settings: &EngineSettings) -> ClaimableKind;
    fn lease_class(&self) -> super::LeaseClass;
    fn concurrency(&self, settings: &EngineSettings) -> usize;
    fn run<'a>(&'a self, job: &'a mut JobContext) -> BoxFuture<'a, JobOutcome>;
    fn exhausted<'a>(&'a self, job: &'a mut JobContext, reason: String) -> BoxFuture<'a, JobOutcome>;
    fn enqueue_due<'a>(&'a self, engine: &'a Engine) -> BoxFuture<'a, Result<()>>;
}

impl<K: JobKind> ErasedKind for K {
    fn name(&self) -> &'static str {
        K::NAME
    }

    fn claimable(&self, settings: &EngineSettings) -> ClaimableKind {
        ClaimableKind { name: K::NAME, versions: K::VERSIONS, lease: K::LEASE.duration(settings) }
    }

    fn lease_class(&self) -> super::LeaseClass {
        K::LEASE
    }

    fn concurrency(&self, settings: &EngineSettings) -> usize {
        JobKind::concurrency(self, settings)
    }

    fn run<'a>(&'a self, job: &'a mut JobContext) -> BoxFuture<'a, JobOutcome> {
        Box::pin(async move {
            match serde_json::from_value(job.job.payload.clone()) {
                Ok(payload) => JobKind::run(self, job, payload).await,
                Err(error) => {
                    let version = job.job.payload_version;
                    let reason = format!("the payload is not one of {} version {version}: {error}", K::NAME);
                    JobOutcome::Failed { reason }
                }
            }
        })
    }

    fn exhausted<'a>(&'a self, job: &'a mut JobContext, reason: String) -> BoxFuture<'a, JobOutcome> {
        Box::pin(JobKind::exhausted(self, job, reason))
    }

    fn enqueue_due<'a>(&'a self, engine: &'a Engine) -> BoxFuture<'a, Result<()>> {
        Box::pin(JobKind::enqueue_due(self, engine))
    }
}
