//! The SOQL parser must not panic.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let _ = salesforce_simulator::reads(input);
});
