//! Records as JSON of the REST API, serialized directly from the rows.

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use super::path::parent;
use super::plan::{Output, Record};
use crate::id::Id;
use crate::org::Org;
use crate::org::rows::Row;
use crate::user_context::UserContext;

/// The records at some ordinals, without the deleted ones.
pub(crate) struct Records<'a> {
    pub(crate) org: &'a Org,
    pub(crate) context: &'a UserContext,
    pub(crate) record: &'a Record,
    pub(crate) ordinals: &'a [u64],
}

impl Serialize for Records<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut records = serializer.serialize_seq(None)?;
        for ordinal in self.ordinals {
            if let Some(one) = One::at(self.org, self.context, self.record, *ordinal) {
                records.serialize_element(&one)?;
            }
        }
        records.end()
    }
}

/// One record.
pub(crate) struct One<'a> {
    org: &'a Org,
    context: &'a UserContext,
    record: &'a Record,
    ordinal: u64,
    row: Row,
}

impl<'a> One<'a> {
    /// The record at an ordinal; `None` if it was deleted.
    pub(crate) fn at(org: &'a Org, context: &'a UserContext, record: &'a Record, ordinal: u64) -> Option<Self> {
        let row = org.row(record.object, ordinal, context.permissions)?;
        Some(Self { org, context, record, ordinal, row })
    }

    fn parent(&self, reference: &crate::value::Value<'_>, record: &'a Record) -> Option<Self> {
        let (ordinal, row) = parent(self.org, self.context, record.object, reference)?;
        Some(Self { org: self.org, context: self.context, record, ordinal, row })
    }
}

impl Serialize for One<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.record.object;
        let id = Id::new(object.prefix, self.org.pod, self.ordinal + 1);
        let mut members = serializer.serialize_map(None)?;
        members.serialize_entry("attributes", &Attributes { name: object.name, version: self.context.version, id })?;
        for output in &self.record.outputs {
            let value = |field| self.org.value(object, field, self.ordinal, &self.row);
            match output {
                Output::Field(field) => members.serialize_entry(field.name, &value(field))?,
                Output::Parent { field, relationship, record } => {
                    members.serialize_entry(relationship, &self.parent(&value(field), record))?;
                }
            }
        }
        members.end()
    }
}

struct Attributes {
    name: &'static str,
    version: u16,
    id: Id,
}

impl Serialize for Attributes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self { name, version, id } = self;
        let mut members = serializer.serialize_map(Some(2))?;
        members.serialize_entry("type", name)?;
        members.serialize_entry("url", &format_args!("/services/data/v{version}.0/sobjects/{name}/{id}"))?;
        members.end()
    }
}
