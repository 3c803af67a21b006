//! Any table is either read or refused. A complete one is read as it was written, and no prefix of it passes for
//! complete.

#![no_main]

use csv::{QuoteStyle, WriterBuilder};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[path = "../../src/query/csv_table.rs"]
mod csv_table;

const NAMES: [&str; 3] = ["Id", "Profile.Name", "Title"];

fuzz_target!(|input: (Vec<u8>, u8, Vec<[String; 3]>, usize, bool)| {
    let (bytes, count, rows, cut, quoted) = input;
    let _ = csv_table::check(&bytes, count.into());
    csv_table::rows(&bytes[..]).count();

    let style = if quoted { QuoteStyle::Always } else { QuoteStyle::Necessary };
    let mut written = WriterBuilder::new().quote_style(style).from_writer(Vec::new());
    written.write_record(NAMES).expect("memory is written to");
    for row in &rows {
        written.write_record(row).expect("memory is written to");
    }
    let complete = written.into_inner().expect("memory is written to");
    csv_table::check(&complete, rows.len() as u64).expect("a complete table is read");
    let read: Vec<Value> = csv_table::rows(&complete[..]).collect();
    for (row, read) in rows.iter().zip(&read) {
        for (name, text) in NAMES.iter().zip(row) {
            let expected = if text.is_empty() { Value::Null } else { Value::from(text.replace('\0', "")) };
            assert_eq!(read[*name], expected);
        }
    }
    assert_eq!(read.len(), rows.len());
    assert!(csv_table::check(&complete[..cut % complete.len()], rows.len() as u64).is_err());
});
