//! Binds a parsed query to the schema that one user can see. Errors are those of Salesforce.

mod conditions;

use super::ast::{Columns, Name, Order, Query};
use super::path::Path;
use super::plan::{BulkQuery, Output, Plan, Record, Shape, Sort};
use super::{parser, run};
use crate::id::Id;
use crate::org::Org;
use crate::refusal::Refusal;
use crate::schema::{self, Field, Object};
use crate::user_context::UserContext;

const MAX_HOPS: usize = 5;

/// Parses and binds a query.
pub(crate) fn prepare(org: &Org, context: &UserContext, text: &str) -> Result<Plan, Refusal> {
    let query = parser::parse(text)?;
    let binder = Binder { org, context, text };
    binder.plan(&query)
}

/// Parses and binds a query of the Bulk API.
pub(crate) fn prepare_bulk(org: &Org, context: &UserContext, text: &str) -> Result<BulkQuery, Refusal> {
    let query = parser::parse(text)?;
    let binder = Binder { org, context, text };
    let object = binder.object(&query.from)?;
    let mut unsupported = context.faults.bulk.unsupported_objects.iter();
    if unsupported.any(|name| name.eq_ignore_ascii_case(object.name)) {
        let message = format!("Entity '{}' is not supported by the Bulk API.", object.name);
        return Err(Refusal::bad("INVALIDENTITY", message));
    }
    let Columns::Fields(names) = &query.columns else {
        let message = "Aggregate Functions not supported in Bulk V2 Query with CSV content type";
        return Err(Refusal::bad("API_ERROR", message));
    };
    let plan = binder.plan(&query)?;
    let columns = names.iter().map(|name| binder.path(name, object)).collect::<Result<_, _>>()?;
    Ok(BulkQuery { plan, columns })
}

struct Binder<'a> {
    org: &'a Org,
    context: &'a UserContext,
    text: &'a str,
}

impl Binder<'_> {
    fn refuse(&self, code: &str, at: usize, message: &str) -> Refusal {
        Refusal::in_query(code, self.text, at, message)
    }

    fn object(&self, name: &Name) -> Result<&'static Object, Refusal> {
        let found = schema::object(&name.text).filter(|object| self.context.sees(object));
        found.ok_or_else(|| {
            let message = format!(
                "sObject type '{}' is not supported. If you are attempting to use a custom object, be sure to \
                 append the '__c' after the entity name. Please reference your WSDL or the describe call for the \
                 appropriate names.",
                name.text
            );
            self.refuse("INVALID_TYPE", name.at, &message)
        })
    }

    fn plan(&self, query: &Query) -> Result<Plan, Refusal> {
        let object = self.object(&query.from)?;
        let filter = query.filter.as_ref().map(|condition| self.filter(condition, object)).transpose()?;
        let shape = match &query.columns {
            Columns::Count => Shape::Count,
            Columns::Fields(names) => {
                let mut record = Record::new(object);
                for name in names {
                    self.select(&mut record, &segments(name), name, 0)?;
                }
                Shape::Records(record)
            }
        };
        let order = query.order.iter().map(|order| self.sort(order, object)).collect::<Result<_, _>>()?;
        Ok(Plan { object, shape, filter, order, limit: query.limit })
    }

    fn sort(&self, order: &Order, object: &'static Object) -> Result<Sort, Refusal> {
        let path = self.path(&order.by, object)?;
        if !path.field.sortable {
            let message = format!("field '{}' can not be sorted in a query call", path.field.name);
            return Err(self.refuse("MALFORMED_QUERY", order.by.at, &message));
        }
        Ok(Sort { by: path, descending: order.descending })
    }

    /// Adds a dotted path to the record; a parent occurs once, however many of its fields are selected.
    fn select(&self, record: &mut Record, segments: &[&str], name: &Name, depth: usize) -> Result<(), Refusal> {
        let [first, rest @ ..] = segments else { return Ok(()) };
        if rest.is_empty() {
            let field = self.field(record.object, first, name)?;
            let known = |output: &Output| matches!(output, Output::Field(own) if own.name == field.name);
            if record.outputs.iter().any(known) {
                let message = format!("duplicate field selected: {}", field.name);
                return Err(self.refuse("MALFORMED_QUERY", name.at, &message));
            }
            record.outputs.push(Output::Field(field));
            return Ok(());
        }
        let (field, target) = self.hop(record.object, first, name, depth)?;
        let own = field.parent.as_ref().expect("a hop has a parent").relationship;
        for output in &mut record.outputs {
            if let Output::Parent { relationship, record, .. } = output
                && *relationship == own
            {
                return self.select(record, rest, name, depth + 1);
            }
        }
        let mut parent = Record::new(target);
        self.select(&mut parent, rest, name, depth + 1)?;
        record.outputs.push(Output::Parent { field, relationship: own, record: parent });
        Ok(())
    }

    fn field(&self, object: &'static Object, segment: &str, name: &Name) -> Result<&'static Field, Refusal> {
        let found = object.field(segment).filter(|(_, field)| self.context.sees_field(object, field));
        found.map(|(_, field)| field).ok_or_else(|| {
            let message = format!(
                "No such column '{segment}' on entity '{}'. If you are attempting to use a custom field, be sure to \
                 append the '__c' after the custom field name. Please reference your WSDL or the describe call for \
                 the appropriate names.",
                object.name
            );
            self.refuse("INVALID_FIELD", name.at, &message)
        })
    }

    fn hop(
        &self,
        object: &'static Object,
        segment: &str,
        name: &Name,
        depth: usize,
    ) -> Result<(&'static Field, &'static Object), Refusal> {
        if depth >= MAX_HOPS {
            return Err(self.refuse("MALFORMED_QUERY", name.at, "only 5 levels of parent relationships are allowed"));
        }
        let found = object.relationship(segment).filter(|field| self.context.sees_field(object, field));
        let target = found.and_then(|field| {
            let target = &schema::objects()[field.parent.as_ref()?.object];
            self.context.sees(target).then_some((field, target))
        });
        target.ok_or_else(|| {
            let message = format!(
                "Didn't understand relationship '{segment}' in field path. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference \
                 your WSDL or the describe call for the appropriate names."
            );
            self.refuse("INVALID_FIELD", name.at, &message)
        })
    }

    fn path(&self, name: &Name, object: &'static Object) -> Result<Path, Refusal> {
        let segments = segments(name);
        let (last, parents) = segments.split_last().expect("a name has a segment");
        let mut object = object;
        let mut hops = Vec::new();
        for segment in parents {
            let (field, target) = self.hop(object, segment, name, hops.len())?;
            hops.push((field, target));
            object = target;
        }
        let field = self.field(object, last, name)?;
        Ok(Path { hops, object, field })
    }

    /// Runs the inner query of a semi-join.
    fn inner_ids(&self, query: &Query) -> Result<Vec<Id>, Refusal> {
        let plan = self.plan(query)?;
        let field = match &plan.shape {
            Shape::Records(record) => match record.outputs.as_slice() {
                [Output::Field(field)] if field.kind.is_id() => Some(*field),
                _ => None,
            },
            Shape::Count => None,
        };
        let field = field.ok_or_else(|| {
            self.refuse("MALFORMED_QUERY", query.from.at, "The inner select must select exactly one id field")
        })?;
        run::ids(self.org, self.context, &plan, field)
    }
}

fn segments(name: &Name) -> Vec<&str> {
    name.text.split('.').collect()
}
