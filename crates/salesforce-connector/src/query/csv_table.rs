//! CSV as bulk jobs give it: a header and one record per row. An incomplete table is refused as a whole, before any of
//! its rows is used.

use std::io::Read;

use csv::StringRecord;
use serde_json::Value;

/// Checks a table that should have `expected` rows.
///
/// # Errors
/// The reason, without any of the content: the table ends within a line, a line has another number of values than the
/// header, or the number of rows differs.
pub(super) fn check(table: &[u8], expected: u64) -> Result<(), &'static str> {
    // A line cut within quotes could otherwise look complete.
    let quotes = table.iter().filter(|byte| **byte == b'"').count();
    if table.last() != Some(&b'\n') || quotes % 2 != 0 {
        return Err("the table ends in the middle of a line");
    }
    let (mut reader, mut row, mut rows) = (csv::Reader::from_reader(table), StringRecord::new(), 0);
    while reader.read_record(&mut row).map_err(|error| unreadable(&error))? {
        rows += 1;
    }
    if rows == expected { Ok(()) } else { Err("the number of rows differs from Sforce-NumberOfRecords") }
}

/// Gives the rows of a table that passed [`check`], one by one. A value is text, and null where it is empty.
pub(super) fn rows<R: Read>(table: R) -> impl Iterator<Item = Value> {
    let mut reader = csv::Reader::from_reader(table);
    let names = reader.headers().cloned().unwrap_or_default();
    reader.into_records().map_while(Result::ok).map(move |row| {
        let cells = names.iter().zip(&row).map(|(name, text)| (name.to_owned(), value(text)));
        Value::Object(cells.collect())
    })
}

/// Salesforce lets NUL bytes through, which databases refuse.
fn value(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::String(text.replace('\0', "")) }
}

/// The library's message would quote the row.
fn unreadable(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "the table is not UTF-8",
        csv::ErrorKind::UnequalLengths { .. } => "a line has another number of values than the header",
        _ => "the table cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(table: &[u8], expected: u64) -> Result<Vec<Value>, &'static str> {
        check(table, expected).map(|()| rows(table).collect())
    }

    const TABLE: &str = "\"Id\",\"Profile.Name\",\"Title\"\n\
                         \"005xx000001SwiUAAS\",\"Sales \"\"East\"\"\",\"\"\n\
                         \"005xx000001SwiVAAS\",\"Süd,\nOst\",\"V\0P\"\n";

    #[test]
    fn values_are_read_without_their_quotes() {
        let rows = read(TABLE.as_bytes(), 2).unwrap();
        let expected = [
            json!({"Id": "005xx000001SwiUAAS", "Profile.Name": "Sales \"East\"", "Title": null}),
            json!({"Id": "005xx000001SwiVAAS", "Profile.Name": "Süd,\nOst", "Title": "VP"}),
        ];
        assert_eq!(rows, expected);
        assert_eq!(read(TABLE.replace("\"\n\"", "\"\r\n\"").as_bytes(), 2).unwrap(), expected);
        assert_eq!(read(b"\"Id\"\n", 0).unwrap(), [] as [Value; 0]);
    }

    #[test]
    fn a_truncated_table_is_refused() {
        for end in 0..TABLE.len() {
            assert!(read(&TABLE.as_bytes()[..end], 2).is_err(), "cut at {end}");
        }
        // Within a value of the last column, at the end of a line of it.
        let lines = "\"Id\",\"Title\"\n\"a\",\"one\"\"\ntwo\"\n";
        assert!(read(lines.as_bytes(), 1).is_ok());
        for end in 0..lines.len() {
            assert!(read(&lines.as_bytes()[..end], 1).is_err(), "cut at {end}");
        }
    }

    #[test]
    fn a_table_with_other_columns_or_another_length_is_refused() {
        let refused = |table: &[u8], expected| read(table, expected).unwrap_err();
        assert_eq!(refused(b"\"Id\",\"Title\"\n\"a\"\n", 1), "a line has another number of values than the header");
        assert_eq!(refused(b"\"Id\"\n\"a\"\n", 2), "the number of rows differs from Sforce-NumberOfRecords");
        assert_eq!(refused(b"\"Id\"\n\"\xff\"\n", 1), "the table is not UTF-8");
    }
}
