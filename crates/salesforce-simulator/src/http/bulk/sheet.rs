//! One set of results as CSV.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::asked::LineEnding;
use super::job::Answer;
use crate::org::Org;
use crate::soql::plan::Path;

const WHOLE: &str = "a vector takes every byte";

/// Writes the header and the rows at the ordinals, and says how many rows there still were.
pub(super) fn write(org: &Org, answer: &Answer, line_ending: LineEnding, ordinals: &[u64]) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut sheet =
        WriterBuilder::new().terminator(terminator(line_ending)).quote_style(QuoteStyle::Always).from_writer(&mut out);
    sheet.write_record(answer.query.columns.iter().map(Path::header)).expect(WHOLE);
    let written = ordinals.iter().filter(|ordinal| write_row(org, answer, **ordinal, &mut sheet)).count();
    sheet.flush().expect(WHOLE);
    drop(sheet);
    (out, written as u64)
}

/// Writes one row; `false` when it is gone.
fn write_row(org: &Org, answer: &Answer, ordinal: u64, sheet: &mut Writer<&mut Vec<u8>>) -> bool {
    let (viewer, object) = (&answer.viewer, answer.query.plan.object);
    let Some(row) = org.row(object, ordinal, viewer.permissions) else { return false };
    for path in &answer.query.columns {
        let value = path.value(org, viewer, object, ordinal, &row);
        let mut text = value.to_csv();
        if !text.is_empty() && viewer.spoils(path.object, path.field) {
            text.to_mut().push('\0');
        }
        sheet.write_field(text.as_bytes()).expect(WHOLE);
    }
    sheet.write_record(None::<&[u8]>).expect(WHOLE);
    true
}

fn terminator(asked: LineEnding) -> Terminator {
    match asked {
        LineEnding::Lf => Terminator::Any(b'\n'),
        LineEnding::Crlf => Terminator::CRLF,
    }
}
