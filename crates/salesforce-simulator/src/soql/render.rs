//! Writes records straight into bytes.

use std::collections::HashMap;

use super::plan::{self, Output, Path, Plan, Record, Shape};
use super::run;
use crate::org::Org;
use crate::org::id::Id;
use crate::org::rows::Row;
use crate::schema::{Field, Table};
use crate::value::Value;
use crate::viewer::Viewer;

/// Writes the records of one page; parents in small tables are written once and copied.
pub(crate) struct Renderer<'a> {
    org: &'a Org,
    viewer: &'a Viewer,
    parents: HashMap<(*const Record, u64), Vec<u8>>,
}

impl<'a> Renderer<'a> {
    pub(crate) fn new(org: &'a Org, viewer: &'a Viewer) -> Self {
        Self { org, viewer, parents: HashMap::new() }
    }

    /// Writes the records at the ordinals, separated by commas, and says how many there were.
    pub(crate) fn records(&mut self, record: &Record, ordinals: &[u64], out: &mut Vec<u8>) -> usize {
        let mut written = 0;
        for ordinal in ordinals {
            let Some(row) = self.org.row(record.object, *ordinal, self.viewer.permissions) else { continue };
            if written > 0 {
                out.push(b',');
            }
            written += 1;
            self.record(record, *ordinal, &row, out);
        }
        written
    }

    fn record(&mut self, record: &Record, ordinal: u64, row: &Row, out: &mut Vec<u8>) {
        let id = Id::new(record.object.prefix, self.org.pod, ordinal + 1);
        out.extend_from_slice(&record.opening);
        out.extend_from_slice(id.as_str().as_bytes());
        out.extend_from_slice(b"\"}");
        for output in &record.outputs {
            match output {
                Output::Field { key, field } => {
                    out.extend_from_slice(key);
                    self.org.value(record.object, field, ordinal, row).write_json(out);
                }
                Output::Parent { key, field, record: parent, .. } => {
                    out.extend_from_slice(key);
                    let reference = self.org.value(record.object, field, ordinal, row);
                    self.parent(parent, &reference, out);
                }
                Output::Child { key, reference, plan } => {
                    out.extend_from_slice(key);
                    self.children(reference, plan, id, out);
                }
            }
        }
        out.push(b'}');
    }

    fn parent(&mut self, record: &Record, reference: &Value<'_>, out: &mut Vec<u8>) {
        let key = match reference {
            Value::Id(id) if matches!(record.object.table, Table::Small(_)) => {
                Some((std::ptr::from_ref(record), id.number()))
            }
            _ => None,
        };
        if let Some(written) = key.and_then(|key| self.parents.get(&key)) {
            out.extend_from_slice(written);
            return;
        }
        let start = out.len();
        match plan::parent(self.org, self.viewer, record.object, reference) {
            Some((ordinal, row)) => self.record(record, ordinal, &row, out),
            None => out.extend_from_slice(b"null"),
        }
        if let Some(key) = key {
            self.parents.insert(key, out[start..].to_vec());
        }
    }

    /// Writes a child query's answer, or null when there are no children.
    fn children(&mut self, reference: &'static Field, plan: &Plan, parent: Id, out: &mut Vec<u8>) {
        let Shape::Records(record) = &plan.shape else { return };
        let candidates = match self.org.user_index(parent) {
            Some(user) if matches!(plan.object.table, Table::Link(_)) => {
                self.org.ordinals_of_users(plan.object, &[user])
            }
            _ => self.org.ordinals(plan.object, 0, u64::MAX).collect(),
        };
        let link = Path { hops: Vec::new(), object: plan.object, field: reference };
        let mut rows: Vec<(Vec<Value<'_>>, u64)> = Vec::new();
        for ordinal in candidates {
            let Some(row) = run::accepted(self.org, self.viewer, plan, plan.filter.as_ref(), ordinal) else {
                continue;
            };
            let value = |path: &Path| path.value(self.org, self.viewer, plan.object, ordinal, &row);
            if value(&link) == Value::Id(parent) {
                rows.push((plan.order.iter().map(|sort| value(&sort.by)).collect(), ordinal));
            }
        }
        rows.sort_by(|(left, _), (right, _)| run::by_keys(&plan.order, left, right));
        let limit = plan.limit.map_or(usize::MAX, |limit| limit as usize);
        let ordinals: Vec<u64> = rows.into_iter().map(|(_, ordinal)| ordinal).take(limit).collect();
        if ordinals.is_empty() {
            out.extend_from_slice(b"null");
            return;
        }
        out.extend_from_slice(format!("{{\"totalSize\":{},\"done\":true,\"records\":[", ordinals.len()).as_bytes());
        self.records(record, &ordinals, out);
        out.extend_from_slice(b"]}");
    }
}
