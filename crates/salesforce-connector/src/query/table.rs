//! Tables of text, as jobs give them: a line of names, and a line for each row. One that is not whole is refused whole,
//! before any of its rows is believed.

use std::io::Read;

use csv::StringRecord;
use serde_json::Value;

/// Looks a table through that has `told` rows.
///
/// # Errors
/// Says what is wrong, and nothing of what stands in it: when the table ends in the middle of a line, when a line has
/// not as many values as there are names, or when there are not as many rows as told.
pub(crate) fn check(table: &[u8], told: u64) -> Result<(), &'static str> {
    // A line that broke off within quotes would look like one that ends.
    let quotes = table.iter().filter(|byte| **byte == b'"').count();
    if table.last() != Some(&b'\n') || quotes % 2 != 0 {
        return Err("it ends in the middle of a line");
    }
    let (mut reader, mut row, mut rows) = (csv::Reader::from_reader(table), StringRecord::new(), 0);
    while reader.read_record(&mut row).map_err(|error| unreadable(&error))? {
        rows += 1;
    }
    if rows == told { Ok(()) } else { Err("it has another number of rows than was told") }
}

/// Gives the rows of a table that [`check`] let through, one by one. A value is text, and null where it is empty.
pub(crate) fn rows<R: Read>(table: R) -> impl Iterator<Item = Value> {
    let mut reader = csv::Reader::from_reader(table);
    let names = reader.headers().cloned().unwrap_or_default();
    reader.into_records().map_while(Result::ok).map(move |row| {
        let cells = names.iter().zip(&row).map(|(name, text)| (name.to_owned(), value(text)));
        Value::Object(cells.collect())
    })
}

/// The vendor lets NUL bytes through, which no database takes.
fn value(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::String(text.replace('\0', "")) }
}

/// The reader's own words would quote the row.
fn unreadable(error: &csv::Error) -> &'static str {
    match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "it is not UTF-8",
        csv::ErrorKind::UnequalLengths { .. } => "a line has another number of values than the first",
        _ => "it cannot be read",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(table: &[u8], told: u64) -> Result<Vec<Value>, &'static str> {
        check(table, told).map(|()| rows(table).collect())
    }

    const TABLE: &str = "\"Id\",\"Profile.Name\",\"Title\"\n\
                         \"005xx000001SwiUAAS\",\"Sales \"\"East\"\"\",\"\"\n\
                         \"005xx000001SwiVAAS\",\"Süd,\nOst\",\"V\0P\"\n";

    #[test]
    fn every_value_is_what_stood_between_its_quotes() {
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
    fn a_table_that_was_cut_anywhere_is_refused() {
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
    fn a_table_of_another_shape_or_count_is_refused() {
        let refused = |table: &[u8], told| read(table, told).unwrap_err();
        assert_eq!(refused(b"\"Id\",\"Title\"\n\"a\"\n", 1), "a line has another number of values than the first");
        assert_eq!(refused(b"\"Id\"\n\"a\"\n", 2), "it has another number of rows than was told");
        assert_eq!(refused(b"\"Id\"\n\"\xff\"\n", 1), "it is not UTF-8");
    }
}
