//! The query jobs of Bulk API 2.0.

pub(crate) mod job;
pub(crate) mod jobs;
pub(crate) mod requests;
