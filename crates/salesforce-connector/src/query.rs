//! Queries to an organisation: one, a count, all rows by key, all rows by a bulk job.

mod buffer;
mod bulk;
mod csv_table;
mod org;
mod paging;
mod soql;
mod value;

pub(crate) use buffer::{BufferedPages, BulkBuffer};
pub(crate) use org::Org;
pub(crate) use paging::{Continue, TimeKey, by_id, no_key};
pub(crate) use soql::{Select, text as text_literal, time as time_literal};
pub(crate) use value::{RecordId, count_or_null, date_or_null, time, time_or_null};
