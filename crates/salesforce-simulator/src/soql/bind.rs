//! Binds a parsed query to the schema as one user sees it, refusing as Salesforce does.

mod aggregation;
mod bulk;
mod conditions;
mod literal;

pub(crate) use self::bulk::prepare_bulk;
use super::ast::{FieldScope, Item, Name, Operand, Order, Query};
use super::plan::{Output, Path, Plan, Record, Shape, Sort};
use super::{parser, run};
use crate::org::Org;
use crate::org::id::Id;
use crate::refusal::Refusal;
use crate::schema::{self, Field, Object};
use crate::viewer::Viewer;

const MAX_HOPS: usize = 5;

/// Turns query text into a plan.
pub(crate) fn prepare(org: &Org, viewer: &Viewer, text: &str) -> Result<Plan, Refusal> {
    let query = parser::parse(text)?;
    let binder = Binder { org, viewer, text };
    let object = binder.object(&query.from)?;
    binder.plan(&query, object)
}

struct Binder<'a> {
    org: &'a Org,
    viewer: &'a Viewer,
    text: &'a str,
}

impl Binder<'_> {
    fn refuse(&self, code: &str, at: usize, message: &str) -> Refusal {
        Refusal::in_query(code, self.text, at, message)
    }

    fn object(&self, name: &Name) -> Result<&'static Object, Refusal> {
        let found = schema::object(&name.text).filter(|object| self.viewer.sees(object));
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

    fn plan(&self, query: &Query, object: &'static Object) -> Result<Plan, Refusal> {
        let scope = Scope { object, alias: query.alias.as_deref() };
        let filter = query.filter.as_ref().map(|condition| self.filter(condition, &scope)).transpose()?;
        let has_calls = query.items.iter().any(|item| matches!(item, Item::Aggregate { .. }));
        let count_all = query.items.iter().any(|item| matches!(item, Item::CountAll));
        let mut plan =
            Plan { object, shape: Shape::Count, filter, order: Vec::new(), limit: query.limit, offset: query.offset };
        if count_all && query.group.is_empty() {
            if query.items.len() > 1 {
                return Err(self.refuse("MALFORMED_QUERY", 0, "COUNT() must be the only element in the select list"));
            }
        } else if has_calls || !query.group.is_empty() {
            plan.shape = Shape::Groups(self.aggregation(query, &scope)?);
        } else {
            plan.shape = Shape::Records(self.record(query, &scope)?);
            plan.order = self.order(&query.order, &scope)?;
        }
        Ok(plan)
    }

    fn order(&self, order: &[Order], scope: &Scope<'_>) -> Result<Vec<Sort<Path>>, Refusal> {
        let mut sorts = Vec::new();
        for entry in order {
            let Operand::Field(name) = &entry.by else {
                return Err(self.refuse("MALFORMED_QUERY", 0, "ORDER BY an aggregate needs GROUP BY"));
            };
            let path = self.sortable(name, scope)?;
            sorts.push(sort(path, entry));
        }
        Ok(sorts)
    }

    fn sortable(&self, name: &Name, scope: &Scope<'_>) -> Result<Path, Refusal> {
        let path = self.path(name, scope)?;
        if !path.field.sortable {
            let message = format!("field '{}' can not be sorted in a query call", path.field.name);
            return Err(self.refuse("MALFORMED_QUERY", name.at, &message));
        }
        Ok(path)
    }

    fn record(&self, query: &Query, scope: &Scope<'_>) -> Result<Record, Refusal> {
        let mut record = Record::new(scope.object, self.viewer.version);
        for item in &query.items {
            match item {
                Item::Field { name, .. } => {
                    let segments = scope.segments(&name.text);
                    self.select(&mut record, &segments, name, 0)?;
                }
                Item::Fields { scope: fields, at } => self.select_fields(&mut record, *fields, *at, query)?,
                Item::Child(child) => {
                    let output = self.child(child, scope)?;
                    record.outputs.push(output);
                }
                Item::CountAll | Item::Aggregate { .. } => {
                    return Err(self.refuse("MALFORMED_QUERY", 0, "unexpected token: 'COUNT'"));
                }
            }
        }
        Ok(record)
    }

    fn select_fields(&self, record: &mut Record, scope: FieldScope, at: usize, query: &Query) -> Result<(), Refusal> {
        if scope != FieldScope::Standard && query.limit.is_none_or(|limit| limit > 200) {
            let message = "The SOQL FIELDS function must have a LIMIT of at most 200";
            return Err(self.refuse("MALFORMED_QUERY", at, message));
        }
        if scope == FieldScope::Custom {
            return Err(self.refuse("INVALID_FIELD", at, "No custom fields on this entity"));
        }
        let object = record.object;
        self.viewer.fields(object).for_each(|field| record.add(field));
        Ok(())
    }

    /// Adds a dotted path to the record, merging parents that are selected more than once.
    fn select(&self, record: &mut Record, segments: &[&str], name: &Name, depth: usize) -> Result<(), Refusal> {
        let [first, rest @ ..] = segments else { return Ok(()) };
        if rest.is_empty() {
            let field = self.field(record.object, first, name)?;
            let known = record
                .outputs
                .iter()
                .any(|output| matches!(output, Output::Field { field: own, .. } if own.name == field.name));
            if known {
                let message = format!("duplicate field selected: {}", field.name);
                return Err(self.refuse("MALFORMED_QUERY", name.at, &message));
            }
            record.add(field);
            return Ok(());
        }
        let (field, target) = self.hop(record.object, first, name, depth)?;
        let parent = field.parent.as_ref().expect("a hop has a parent");
        let known = record.outputs.iter().position(
            |output| matches!(output, Output::Parent { relationship, .. } if *relationship == parent.relationship),
        );
        let place = known.unwrap_or_else(|| {
            record.outputs.push(Output::Parent {
                key: key(parent.relationship),
                field,
                relationship: parent.relationship,
                record: Record::new(target, self.viewer.version),
            });
            record.outputs.len() - 1
        });
        match &mut record.outputs[place] {
            Output::Parent { record, .. } => self.select(record, rest, name, depth + 1),
            _ => Ok(()),
        }
    }

    fn child(&self, query: &Query, scope: &Scope<'_>) -> Result<Output, Refusal> {
        let name = &query.from;
        let found = scope.object.child(&name.text).filter(|(object, _)| self.viewer.sees(object));
        let Some((object, field)) = found else {
            let message = format!(
                "Didn't understand relationship '{}' in FROM part of query call. If you are attempting to use a \
                 custom relationship, be sure to append the '__r' after the custom relationship name. Please \
                 reference your WSDL or the describe call for the appropriate names.",
                name.text
            );
            return Err(self.refuse("INVALID_TYPE", name.at, &message));
        };
        let reference = &object.fields[field];
        let plan = Box::new(self.plan(query, object)?);
        if !matches!(plan.shape, Shape::Records(_)) {
            return Err(self.refuse("MALFORMED_QUERY", name.at, "aggregates are not allowed in a subquery"));
        }
        let relationship = reference.child_name.expect("a child relationship has a name");
        Ok(Output::Child { key: key(relationship), reference, plan })
    }

    fn field(&self, object: &'static Object, segment: &str, name: &Name) -> Result<&'static Field, Refusal> {
        let found = object.field(segment).filter(|(_, field)| self.viewer.sees_field(object, field));
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
        let found = object.relationship(segment).filter(|(_, field)| self.viewer.sees_field(object, field));
        let target = found.and_then(|(_, field)| {
            let target = &schema::objects()[field.parent.as_ref()?.object];
            self.viewer.sees(target).then_some((field, target))
        });
        if depth >= MAX_HOPS {
            return Err(self.refuse("MALFORMED_QUERY", name.at, "only 5 levels of parent relationships are allowed"));
        }
        target.ok_or_else(|| {
            let message = format!(
                "Didn't understand relationship '{segment}' in field path. If you are attempting to use a custom \
                 relationship, be sure to append the '__r' after the custom relationship name. Please reference \
                 your WSDL or the describe call for the appropriate names."
            );
            self.refuse("INVALID_FIELD", name.at, &message)
        })
    }

    fn path(&self, name: &Name, scope: &Scope<'_>) -> Result<Path, Refusal> {
        let segments = scope.segments(&name.text);
        let (last, parents) = segments.split_last().expect("a name has a segment");
        let mut object = scope.object;
        let mut hops = Vec::new();
        for segment in parents {
            let (field, target) = self.hop(object, segment, name, hops.len())?;
            hops.push((field, target));
            object = target;
        }
        let field = self.field(object, last, name)?;
        Ok(Path { hops, object, field })
    }

    /// The ids a semi-join's inner query yields.
    fn inner_ids(&self, query: &Query) -> Result<Vec<Id>, Refusal> {
        let object = self.object(&query.from)?;
        let plan = self.plan(query, object)?;
        let field = match (&plan.shape, query.items.as_slice()) {
            (Shape::Records(record), [Item::Field { .. }]) => match record.outputs.as_slice() {
                [Output::Field { field, .. }] if field.kind.is_id() => Some(*field),
                _ => None,
            },
            _ => None,
        };
        let field = field.ok_or_else(|| {
            self.refuse("MALFORMED_QUERY", query.from.at, "The inner select must select exactly one id field")
        })?;
        run::ids(self.org, self.viewer, &plan, field)
    }
}

/// The object that names in a query refer to, and the alias it was given.
struct Scope<'a> {
    object: &'static Object,
    alias: Option<&'a str>,
}

impl Scope<'_> {
    /// The segments of a path, without a leading alias or object name.
    fn segments<'n>(&self, name: &'n str) -> Vec<&'n str> {
        let mut segments: Vec<&str> = name.split('.').collect();
        let is_self = |first: &str| {
            self.alias.is_some_and(|alias| alias.eq_ignore_ascii_case(first))
                || first.eq_ignore_ascii_case(self.object.name) && self.object.relationship(first).is_none()
        };
        if segments.len() > 1 && is_self(segments[0]) {
            segments.remove(0);
        }
        segments
    }
}

fn sort<T>(by: T, order: &Order) -> Sort<T> {
    // Null is the smallest value, so it comes first ascending and last descending.
    let nulls_first = order.nulls_first.unwrap_or(!order.descending);
    Sort { by, descending: order.descending, nulls_first }
}

fn key(name: &str) -> Vec<u8> {
    format!(",\"{name}\":").into_bytes()
}
