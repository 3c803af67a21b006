//! Whatever a query is, it is read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &str| {
    let _ = salesforce_simulator::reads(input);
});
