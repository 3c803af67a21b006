//! A query bound to the schema: what to read, from where, and in which order.

use super::ast::Function;
use super::filter::Filter;
use crate::org::Org;
use crate::org::rows::Row;
use crate::schema::{Field, Object};
use crate::value::Value;
use crate::viewer::Viewer;

/// A field reached from a row, possibly through its parents.
#[derive(Clone)]
pub(crate) struct Path {
    /// The reference fields on the way, each with the object it leads to.
    pub(crate) hops: Vec<(&'static Field, &'static Object)>,
    /// The object that owns the field.
    pub(crate) object: &'static Object,
    pub(crate) field: &'static Field,
}

impl Path {
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.hops.is_empty() && self.field.name == name
    }

    /// The value at the end of the path; null when a parent on the way is missing or hidden.
    pub(crate) fn value<'a>(
        &self,
        org: &'a Org,
        viewer: &Viewer,
        object: &Object,
        ordinal: u64,
        row: &Row,
    ) -> Value<'a> {
        let Some(((first, target), rest)) = self.hops.split_first() else {
            return org.value(object, self.field, ordinal, row);
        };
        let reference = org.value(object, first, ordinal, row);
        let Some((mut ordinal, mut row)) = parent(org, viewer, target, &reference) else {
            return Value::Null;
        };
        let mut object: &Object = target;
        for (field, target) in rest {
            let reference = org.value(object, field, ordinal, &row);
            let Some((next, next_row)) = parent(org, viewer, target, &reference) else {
                return Value::Null;
            };
            (ordinal, row, object) = (next, next_row, target);
        }
        org.value(object, self.field, ordinal, &row)
    }
}

/// The row a reference leads to, if it is there and may be seen.
pub(crate) fn parent(org: &Org, viewer: &Viewer, object: &Object, reference: &Value<'_>) -> Option<(u64, Row)> {
    let Value::Id(id) = reference else { return None };
    let ordinal = org.ordinal(object, *id)?;
    let row = org.row(object, ordinal, viewer.permissions)?;
    viewer.sees_row(org, object, &row).then_some((ordinal, row))
}

/// One member of a record's JSON.
pub(crate) enum Output {
    Field { key: Vec<u8>, field: &'static Field },
    Parent { key: Vec<u8>, field: &'static Field, relationship: &'static str, record: Record },
    Child { key: Vec<u8>, reference: &'static Field, plan: Box<Plan> },
}

/// How a record of an object is written.
pub(crate) struct Record {
    pub(crate) object: &'static Object,
    /// `{"attributes":{…,"url":"…/` up to the id.
    pub(crate) opening: Vec<u8>,
    pub(crate) outputs: Vec<Output>,
}

impl Record {
    pub(crate) fn new(object: &'static Object, version: u16) -> Self {
        let name = object.name;
        let opening =
            format!("{{\"attributes\":{{\"type\":\"{name}\",\"url\":\"/services/data/v{version}.0/sobjects/{name}/");
        Self { object, opening: opening.into_bytes(), outputs: Vec::new() }
    }

    pub(crate) fn add(&mut self, field: &'static Field) {
        let key = format!(",\"{}\":", field.name).into_bytes();
        self.outputs.push(Output::Field { key, field });
    }
}

pub(crate) struct Sort<T> {
    pub(crate) by: T,
    pub(crate) descending: bool,
    pub(crate) nulls_first: bool,
}

/// A column of a grouped answer: one of the keys, or one of the calls.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Column {
    Key(usize),
    Call(usize),
}

pub(crate) struct Aggregation {
    pub(crate) keys: Vec<Path>,
    pub(crate) calls: Vec<(Function, Path)>,
    pub(crate) columns: Vec<(String, Column)>,
    pub(crate) having: Option<Filter<Column>>,
    pub(crate) order: Vec<Sort<Column>>,
}

/// A query of the Bulk API, whose answer is a sheet.
pub(crate) struct BulkQuery {
    pub(crate) plan: Plan,
    pub(crate) columns: Vec<BulkColumn>,
}

/// A column of a sheet, headed by the path to its field in the schema's case.
pub(crate) struct BulkColumn {
    pub(crate) header: String,
    pub(crate) path: Path,
}

impl BulkColumn {
    pub(crate) fn of(path: Path) -> Self {
        let hops = path.hops.iter().filter_map(|(field, _)| Some(field.parent.as_ref()?.relationship));
        let header = hops.chain([path.field.name]).collect::<Vec<_>>().join(".");
        Self { header, path }
    }
}

pub(crate) enum Shape {
    Records(Record),
    Count,
    Groups(Aggregation),
}

pub(crate) struct Plan {
    pub(crate) object: &'static Object,
    pub(crate) shape: Shape,
    pub(crate) filter: Option<Filter<Path>>,
    pub(crate) order: Vec<Sort<Path>>,
    pub(crate) limit: Option<u64>,
    pub(crate) offset: u64,
}
