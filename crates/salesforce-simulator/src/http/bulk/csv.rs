//! Results as CSV.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::bulk::job::JobRows;
use crate::bulk::requests::LineEnding;
use crate::org::Org;
use crate::soql::path::Path;

const INFALLIBLE: &str = "writing to a vector cannot fail";

/// Writes the header and the rows at the ordinals, and returns the number of rows.
pub(super) fn write(org: &Org, rows: &JobRows, line_ending: LineEnding, ordinals: &[u64]) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut writer =
        WriterBuilder::new().terminator(terminator(line_ending)).quote_style(QuoteStyle::Always).from_writer(&mut out);
    writer.write_record(rows.query.columns.iter().map(Path::header)).expect(INFALLIBLE);
    let written = ordinals.iter().filter(|ordinal| write_row(org, rows, **ordinal, &mut writer)).count();
    writer.flush().expect(INFALLIBLE);
    drop(writer);
    (out, written as u64)
}

/// Writes one row; `false` if it was deleted.
fn write_row(org: &Org, rows: &JobRows, ordinal: u64, writer: &mut Writer<&mut Vec<u8>>) -> bool {
    let (context, object) = (&rows.context, rows.query.plan.object);
    let Some(row) = org.row(object, ordinal, context.permissions) else { return false };
    for path in &rows.query.columns {
        let value = path.value(org, context, object, ordinal, &row);
        let mut text = value.to_csv();
        if !text.is_empty() && context.adds_nul(path.object, path.field) {
            text.to_mut().push('\0');
        }
        writer.write_field(text.as_bytes()).expect(INFALLIBLE);
    }
    writer.write_record(None::<&[u8]>).expect(INFALLIBLE);
    true
}

fn terminator(ending: LineEnding) -> Terminator {
    match ending {
        LineEnding::Lf => Terminator::Any(b'\n'),
        LineEnding::Crlf => Terminator::CRLF,
    }
}
