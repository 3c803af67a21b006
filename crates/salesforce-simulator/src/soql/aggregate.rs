//! Groups rows and computes COUNT, MIN, MAX, SUM and AVG over them.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::Function;
use super::filter;
use super::plan::{Aggregation, Column, Path, Plan};
use super::run;
use crate::org::Org;
use crate::refusal::Refusal;
use crate::schema::Kind;
use crate::value::{Value, write_string};
use crate::viewer::Viewer;

/// An answer of groups has no further pages.
const MOST_GROUPS: usize = 2000;

struct Group<'a> {
    keys: Vec<Value<'a>>,
    totals: Vec<Total<'a>>,
}

#[derive(Default)]
struct Total<'a> {
    count: i64,
    sum: f64,
    least: Option<Value<'a>>,
    most: Option<Value<'a>>,
    distinct: BTreeSet<String>,
}

impl<'a> Total<'a> {
    fn add(&mut self, function: Function, value: Value<'a>) {
        if value == Value::Null {
            return;
        }
        self.count += 1;
        match (function, &value) {
            (Function::Sum | Function::Avg, Value::Int(number)) => self.sum += *number as f64,
            (Function::Sum | Function::Avg, Value::Double(number)) => self.sum += number,
            (Function::CountDistinct, value) => {
                self.distinct.insert(value.to_text());
            }
            (Function::Min, _) if self.least.as_ref().is_none_or(|own| filter::compare(&value, own).is_lt()) => {
                self.least = Some(value);
            }
            (Function::Max, _) if self.most.as_ref().is_none_or(|own| filter::compare(&value, own).is_gt()) => {
                self.most = Some(value);
            }
            _ => {}
        }
    }

    fn value(&self, function: Function, path: &Path) -> Value<'a> {
        match function {
            Function::Count => Value::Int(self.count),
            Function::CountDistinct => Value::Int(self.distinct.len() as i64),
            Function::Min => self.least.clone().unwrap_or(Value::Null),
            Function::Max => self.most.clone().unwrap_or(Value::Null),
            _ if self.count == 0 => Value::Null,
            Function::Sum if path.field.kind == Kind::Int => Value::Int(self.sum as i64),
            Function::Sum => Value::Double(self.sum),
            Function::Avg => Value::Double(self.sum / self.count as f64),
        }
    }
}

/// Writes the whole answer of a grouped query.
pub(crate) fn answer(
    org: &Org,
    viewer: &Viewer,
    plan: &Plan,
    aggregation: &Aggregation,
    out: &mut Vec<u8>,
) -> Result<(), Refusal> {
    let groups = groups(org, viewer, plan, aggregation)?;
    let mut rows: Vec<Group<'_>> = groups
        .into_iter()
        .filter(|group| {
            let value = |column: &Column| value(aggregation, group, *column);
            aggregation.having.as_ref().is_none_or(|having| having.accepts(&value))
        })
        .collect();
    rows.sort_by(|left, right| {
        let keys = |group: &Group<'_>| -> Vec<Value<'_>> {
            aggregation.order.iter().map(|sort| to_static(value(aggregation, group, sort.by))).collect()
        };
        run::by_keys(&aggregation.order, &keys(left), &keys(right))
    });
    let rows: Vec<Group<'_>> = rows
        .into_iter()
        .skip(plan.offset as usize)
        .take(plan.limit.map_or(usize::MAX, |limit| limit as usize))
        .collect();
    if rows.len() > MOST_GROUPS {
        let message = "Aggregate query does not support queryMore(), use LIMIT to restrict the results to a single \
                       batch";
        return Err(Refusal::bad("EXCEEDED_ID_LIMIT", message));
    }
    write(aggregation, &rows, out);
    Ok(())
}

fn to_static(value: Value<'_>) -> Value<'static> {
    match value {
        Value::Text(text) => Value::Text(text.into_owned().into()),
        Value::Null => Value::Null,
        Value::Bool(own) => Value::Bool(own),
        Value::Int(own) => Value::Int(own),
        Value::Double(own) => Value::Double(own),
        Value::Id(own) => Value::Id(own),
        Value::Time(own) => Value::Time(own),
        Value::Date(own) => Value::Date(own),
    }
}

fn groups<'a>(
    org: &'a Org,
    viewer: &Viewer,
    plan: &Plan,
    aggregation: &Aggregation,
) -> Result<Vec<Group<'a>>, Refusal> {
    let selection = run::select_all(org, viewer, plan)?;
    let mut groups: BTreeMap<Vec<u8>, Group<'a>> = BTreeMap::new();
    let empty = || aggregation.calls.iter().map(|_| Total::default()).collect();
    if aggregation.keys.is_empty() {
        groups.insert(Vec::new(), Group { keys: Vec::new(), totals: empty() });
    }
    for ordinal in selection.page(0, u64::MAX) {
        let Some(row) = org.row(plan.object, ordinal, viewer.permissions) else { continue };
        let value = |path: &Path| path.value(org, viewer, plan.object, ordinal, &row);
        let keys: Vec<Value<'a>> = aggregation.keys.iter().map(value).collect();
        let mut name = Vec::new();
        for key in &keys {
            key.write_json(&mut name);
        }
        let group = groups.entry(name).or_insert_with(|| Group { keys, totals: empty() });
        for ((function, path), total) in aggregation.calls.iter().zip(&mut group.totals) {
            total.add(*function, value(path));
        }
    }
    Ok(groups.into_values().collect())
}

fn value<'a>(aggregation: &Aggregation, group: &Group<'a>, column: Column) -> Value<'a> {
    match column {
        Column::Key(index) => group.keys[index].clone(),
        Column::Call(index) => {
            let (function, path) = &aggregation.calls[index];
            group.totals[index].value(*function, path)
        }
    }
}

fn write(aggregation: &Aggregation, rows: &[Group<'_>], out: &mut Vec<u8>) {
    out.extend_from_slice(format!("{{\"totalSize\":{},\"done\":true,\"records\":[", rows.len()).as_bytes());
    for (index, group) in rows.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        out.extend_from_slice(b"{\"attributes\":{\"type\":\"AggregateResult\"}");
        for (name, column) in &aggregation.columns {
            out.push(b',');
            write_string(name, out);
            out.push(b':');
            value(aggregation, group, *column).write_json(out);
        }
        out.push(b'}');
    }
    out.extend_from_slice(b"]}");
}
