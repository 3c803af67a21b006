//! Results as CSV.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use crate::bulk::asked::LineEnding;
use crate::bulk::job::Answer;
use crate::org::Org;
use crate::soql::path::Path;

const WHOLE: &str = "a vector takes every byte";

/// Writes the header and the rows at the ordinals, and returns the number of rows.
pub(super) fn write(org: &Org, answer: &Answer, line_ending: LineEnding, ordinals: &[u64]) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut writer =
        WriterBuilder::new().terminator(terminator(line_ending)).quote_style(QuoteStyle::Always).from_writer(&mut out);
    writer.write_record(answer.query.columns.iter().map(Path::header)).expect(WHOLE);
    let written = ordinals.iter().filter(|ordinal| write_row(org, answer, **ordinal, &mut writer)).count();
    writer.flush().expect(WHOLE);
    drop(writer);
    (out, written as u64)
}

/// Writes one row; `false` if it was deleted.
fn write_row(org: &Org, answer: &Answer, ordinal: u64, writer: &mut Writer<&mut Vec<u8>>) -> bool {
    let (context, object) = (&answer.context, answer.query.plan.object);
    let Some(row) = org.row(object, ordinal, context.permissions) else { return false };
    for path in &answer.query.columns {
        let value = path.value(org, context, object, ordinal, &row);
        let mut text = value.to_csv();
        if !text.is_empty() && context.spoils(path.object, path.field) {
            text.to_mut().push('\0');
        }
        writer.write_field(text.as_bytes()).expect(WHOLE);
    }
    writer.write_record(None::<&[u8]>).expect(WHOLE);
    true
}

fn terminator(asked: LineEnding) -> Terminator {
    match asked {
        LineEnding::Lf => Terminator::Any(b'\n'),
        LineEnding::Crlf => Terminator::CRLF,
    }
}
