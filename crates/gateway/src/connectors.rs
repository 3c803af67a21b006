//! The connectors of this binary. Only this file uses their crates.

use seatgraph_core::Registration;

/// All connectors, in the order in which they are listed.
pub const CONNECTORS: &[Registration] = &[
    Registration::of::<salesforce_connector::Salesforce>(),
    // new connectors are added above this line
];
