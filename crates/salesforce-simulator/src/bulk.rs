//! The query jobs of Bulk API 2.0, apart from HTTP.

pub(crate) mod asked;
pub(crate) mod job;
pub(crate) mod jobs;
