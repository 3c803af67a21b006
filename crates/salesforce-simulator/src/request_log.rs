//! The log of data calls: counts by kind, and a list.

use std::collections::BTreeMap;

use serde::Serialize;

/// The number of calls that the log lists. Later calls are counted only.
const MAX_ENTRIES: usize = 200_000;

/// One data call.
#[derive(Clone, Serialize)]
pub(crate) struct Entry {
    pub(crate) method: String,
    pub(crate) path_and_query: String,
    pub(crate) status: u16,
}

#[derive(Default)]
pub(crate) struct RequestLog {
    counts: BTreeMap<&'static str, u64>,
    bulk_jobs: BTreeMap<&'static str, u64>,
    log: Vec<Entry>,
}

impl RequestLog {
    pub(crate) fn count(&mut self, kind: &'static str) {
        *self.counts.entry(kind).or_default() += 1;
    }

    pub(crate) fn count_bulk_job(&mut self, object: &'static str) {
        *self.bulk_jobs.entry(object).or_default() += 1;
    }

    pub(crate) fn log(&mut self, entry: Entry) {
        if self.log.len() < MAX_ENTRIES {
            self.log.push(entry);
        }
    }

    pub(crate) fn counts(&self) -> BTreeMap<&'static str, u64> {
        let mut counts = self.counts.clone();
        counts.insert("total", self.counts.values().sum());
        counts
    }

    /// Bulk query jobs made, by object.
    pub(crate) fn bulk_jobs(&self) -> &BTreeMap<&'static str, u64> {
        &self.bulk_jobs
    }

    pub(crate) fn entries(&self) -> &[Entry] {
        &self.log
    }

    pub(crate) fn reset(&mut self) {
        *self = Self::default();
    }
}
