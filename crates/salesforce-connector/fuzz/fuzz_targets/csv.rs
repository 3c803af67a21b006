//! Whatever a table is, it is read or refused; one that is whole is read as it was written, and no beginning of it is taken
//! for the whole.

#![no_main]

use csv::{QuoteStyle, WriterBuilder};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

#[path = "../../src/query/table.rs"]
mod table;

const NAMES: [&str; 3] = ["Id", "Profile.Name", "Title"];

fuzz_target!(|input: (Vec<u8>, u8, Vec<[String; 3]>, usize, bool)| {
    let (nonsense, told, rows, cut, quoted) = input;
    let _ = table::check(&nonsense, told.into());
    table::rows(&nonsense[..]).count();

    let style = if quoted { QuoteStyle::Always } else { QuoteStyle::Necessary };
    let mut written = WriterBuilder::new().quote_style(style).from_writer(Vec::new());
    written.write_record(NAMES).expect("memory is written to");
    for row in &rows {
        written.write_record(row).expect("memory is written to");
    }
    let whole = written.into_inner().expect("memory is written to");
    table::check(&whole, rows.len() as u64).expect("a whole table is read");
    let read: Vec<Value> = table::rows(&whole[..]).collect();
    for (row, read) in rows.iter().zip(&read) {
        for (name, text) in NAMES.iter().zip(row) {
            let expected = if text.is_empty() { Value::Null } else { Value::from(text.replace('\0', "")) };
            assert_eq!(read[*name], expected);
        }
    }
    assert_eq!(read.len(), rows.len());
    assert!(table::check(&whole[..cut % whole.len()], rows.len() as u64).is_err());
});
