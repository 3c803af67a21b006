//! Paths from a row to its own fields and the fields of its parents.

use crate::org::Org;
use crate::org::rows::Row;
use crate::schema::{Field, Object};
use crate::user_context::UserContext;
use crate::value::Value;

/// A path to a field of a row or of one of its parents.
#[derive(Clone)]
pub(crate) struct Path {
    /// The reference fields of the path, each with the referenced object.
    pub(crate) hops: Vec<(&'static Field, &'static Object)>,
    /// The object that owns the field.
    pub(crate) object: &'static Object,
    pub(crate) field: &'static Field,
}

impl Path {
    pub(crate) fn is_own(&self, name: &str) -> bool {
        self.hops.is_empty() && self.field.name == name
    }

    /// Reads the value; null if a parent is missing or hidden.
    pub(crate) fn value<'a>(
        &self,
        org: &'a Org,
        context: &UserContext,
        object: &Object,
        ordinal: u64,
        row: &Row,
    ) -> Value<'a> {
        let Some(((first, target), rest)) = self.hops.split_first() else {
            return org.value(object, self.field, ordinal, row);
        };
        let reference = org.value(object, first, ordinal, row);
        let Some((mut ordinal, mut row)) = parent(org, context, target, &reference) else {
            return Value::Null;
        };
        let mut object: &Object = target;
        for (field, target) in rest {
            let reference = org.value(object, field, ordinal, &row);
            let Some((next, next_row)) = parent(org, context, target, &reference) else {
                return Value::Null;
            };
            (ordinal, row, object) = (next, next_row, target);
        }
        org.value(object, self.field, ordinal, &row)
    }

    /// The column name in the Bulk API, in the case of the schema.
    pub(crate) fn header(&self) -> String {
        let hops = self.hops.iter().filter_map(|(field, _)| Some(field.parent.as_ref()?.relationship));
        hops.chain([self.field.name]).collect::<Vec<_>>().join(".")
    }
}

/// Finds the referenced row, if it exists and the user can see it.
pub(crate) fn parent(org: &Org, context: &UserContext, object: &Object, reference: &Value<'_>) -> Option<(u64, Row)> {
    let Value::Id(id) = reference else { return None };
    let ordinal = org.ordinal(object, *id)?;
    let row = org.row(object, ordinal, context.permissions)?;
    context.sees_row(org, object, &row).then_some((ordinal, row))
}
