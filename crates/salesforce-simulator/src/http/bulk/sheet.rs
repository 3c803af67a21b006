//! One set of results as CSV.

use csv::{QuoteStyle, Terminator, Writer, WriterBuilder};

use super::asked::{Asked, Delimiter, LineEnding};
use super::job::Answer;
use crate::org::Org;

const WHOLE: &str = "a vector takes every byte";

/// How the columns and lines of a sheet are set apart.
#[derive(Clone, Copy)]
pub(super) struct Format {
    delimiter: u8,
    terminator: Terminator,
}

impl Format {
    pub(super) fn of(asked: &Asked) -> Self {
        Self { delimiter: delimiter(asked.column_delimiter), terminator: terminator(asked.line_ending) }
    }
}

/// Writes the header and the rows at the ordinals, and says how many rows there still were.
pub(super) fn write(org: &Org, answer: &Answer, format: Format, ordinals: &[u64]) -> (Vec<u8>, u64) {
    let mut out = Vec::new();
    let mut sheet = WriterBuilder::new()
        .delimiter(format.delimiter)
        .terminator(format.terminator)
        .quote_style(QuoteStyle::Always)
        .from_writer(&mut out);
    let headers = answer.query.columns.iter().map(|column| &column.header);
    sheet.write_record(headers).expect(WHOLE);
    let written = ordinals.iter().filter(|ordinal| write_row(org, answer, **ordinal, &mut sheet)).count();
    sheet.flush().expect(WHOLE);
    drop(sheet);
    (out, written as u64)
}

/// Writes one row; `false` when it is gone.
fn write_row(org: &Org, answer: &Answer, ordinal: u64, sheet: &mut Writer<&mut Vec<u8>>) -> bool {
    let (viewer, object) = (&answer.viewer, answer.query.plan.object);
    let Some(row) = org.row(object, ordinal, viewer.permissions) else { return false };
    let mut text = Vec::new();
    for column in &answer.query.columns {
        text.clear();
        column.path.value(org, viewer, object, ordinal, &row).write_csv(&mut text);
        if !text.is_empty() && viewer.spoils(column.path.object, column.path.field) {
            text.push(0);
        }
        sheet.write_field(&text).expect(WHOLE);
    }
    sheet.write_record(None::<&[u8]>).expect(WHOLE);
    true
}

fn delimiter(asked: Delimiter) -> u8 {
    match asked {
        Delimiter::Backquote => b'`',
        Delimiter::Caret => b'^',
        Delimiter::Comma => b',',
        Delimiter::Pipe => b'|',
        Delimiter::Semicolon => b';',
        Delimiter::Tab => b'\t',
    }
}

fn terminator(asked: LineEnding) -> Terminator {
    match asked {
        LineEnding::Lf => Terminator::Any(b'\n'),
        LineEnding::Crlf => Terminator::CRLF,
    }
}
