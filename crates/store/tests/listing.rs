//! Lists: pages, filters, counts and loaders, on both backends.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

#[path = "listing/filters.rs"]
mod filters;
#[path = "listing/loaders.rs"]
mod loaders;
#[path = "listing/pages.rs"]
mod pages;
#[path = "listing/seed.rs"]
mod seed;

seatgraph_store::test_main!(filters, loaders, pages,);
