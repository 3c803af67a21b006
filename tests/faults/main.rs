//! Every fault of the vendor ends in its documented state with a clear finding, and a later run completes.

#![cfg(test)]

mod faults;
mod withdrawn;

seatgraph_store::test_main!(faults, withdrawn,);
