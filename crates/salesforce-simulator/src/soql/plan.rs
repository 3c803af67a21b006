//! A query that is bound to the schema.

use super::filter::Filter;
use super::path::Path;
use crate::schema::{Field, Object};

/// One member of a record in JSON.
pub(crate) enum Output {
    Field(&'static Field),
    Parent { field: &'static Field, relationship: &'static str, record: Record },
}

/// The members of a record in JSON.
pub(crate) struct Record {
    pub(crate) object: &'static Object,
    pub(crate) outputs: Vec<Output>,
}

impl Record {
    pub(crate) fn new(object: &'static Object) -> Self {
        Self { object, outputs: Vec::new() }
    }
}

pub(crate) struct Sort {
    pub(crate) by: Path,
    pub(crate) descending: bool,
}

/// A query of the Bulk API, with the columns of its CSV result.
pub(crate) struct BulkQuery {
    pub(crate) plan: Plan,
    pub(crate) columns: Vec<Path>,
}

pub(crate) enum Shape {
    Records(Record),
    Count,
}

pub(crate) struct Plan {
    pub(crate) object: &'static Object,
    pub(crate) shape: Shape,
    pub(crate) filter: Option<Filter>,
    pub(crate) order: Vec<Sort>,
    pub(crate) limit: Option<u64>,
}
