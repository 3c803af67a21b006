//! The connectors of this binary: the only place that names their crates.

use seatgraph_core::Registration;

/// Every connector that is compiled in, in the order in which people see them.
pub const CONNECTORS: &[Registration] = &[
    Registration::of::<salesforce_connector::Salesforce>(),
    // new connectors are added above this line
];
