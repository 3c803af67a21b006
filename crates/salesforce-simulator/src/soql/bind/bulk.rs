//! Binds a query for the Bulk API, which serves less of SOQL and answers in columns.

use super::{Binder, Scope};
use crate::org::Org;
use crate::refusal::Refusal;
use crate::schema::Object;
use crate::soql::ast::{FieldScope, Item, Query};
use crate::soql::parser;
use crate::soql::plan::{BulkColumn, BulkQuery, Path};
use crate::viewer::Viewer;

/// The first version that keeps columns in the order of the query; older ones sort them by name.
const ORDERED_SINCE: u16 = 50;

/// Turns query text into a plan with columns.
pub(crate) fn prepare_bulk(org: &Org, viewer: &Viewer, text: &str) -> Result<BulkQuery, Refusal> {
    let query = parser::parse(text)?;
    let binder = Binder { org, viewer, text };
    let object = binder.object(&query.from)?;
    check_entity(viewer, object)?;
    binder.check_bulk(&query)?;
    let plan = binder.plan(&query, object)?;
    let columns = binder.bulk_columns(&query, &Scope { object, alias: query.alias.as_deref() })?;
    Ok(BulkQuery { plan, columns })
}

fn check_entity(viewer: &Viewer, object: &Object) -> Result<(), Refusal> {
    let mut unsupported = viewer.faults.bulk.unsupported_objects.iter();
    if unsupported.any(|name| name.eq_ignore_ascii_case(object.name)) {
        let message = format!("Entity '{}' is not supported by the Bulk API.", object.name);
        return Err(Refusal::bad("INVALIDENTITY", message));
    }
    Ok(())
}

impl Binder<'_> {
    /// Refuses what the guide lists as unsupported; TYPEOF, with which the schema has no business, is no SOQL at all.
    fn check_bulk(&self, query: &Query) -> Result<(), Refusal> {
        let unsupported = |what: &str| {
            Err(Refusal::bad("API_ERROR", format!("{what} not supported in Bulk V2 Query with CSV content type")))
        };
        if !query.group.is_empty() || query.having.is_some() {
            return unsupported("GROUP BY");
        }
        if query.offset > 0 {
            return unsupported("OFFSET");
        }
        for item in &query.items {
            match item {
                Item::CountAll | Item::Aggregate { .. } => return unsupported("Aggregate Functions"),
                Item::Child(_) => return unsupported("Aggregate Relationships"),
                Item::Fields { scope: FieldScope::All | FieldScope::Custom, at } => {
                    let message =
                        "The SOQL FIELDS function is not supported with an unbounded set of fields in this API.";
                    return Err(self.refuse("MALFORMED_QUERY", *at, message));
                }
                Item::Fields { .. } | Item::Field { .. } => {}
            }
        }
        Ok(())
    }

    fn bulk_columns(&self, query: &Query, scope: &Scope<'_>) -> Result<Vec<BulkColumn>, Refusal> {
        let mut columns = Vec::new();
        for item in &query.items {
            match item {
                Item::Field { name, .. } => columns.push(BulkColumn::of(self.path(name, scope)?)),
                Item::Fields { .. } => columns.extend(
                    self.viewer
                        .fields(scope.object)
                        .map(|field| BulkColumn::of(Path { hops: Vec::new(), object: scope.object, field })),
                ),
                Item::CountAll | Item::Aggregate { .. } | Item::Child(_) => {}
            }
        }
        if self.viewer.version < ORDERED_SINCE {
            columns.sort_by(|left, right| left.header.cmp(&right.header));
        }
        Ok(columns)
    }
}
