//! Lists: pages, filters, counts and loaders, on both backends.

#[path = "listing/filters.rs"]
mod filters;
#[path = "listing/loaders.rs"]
mod loaders;
#[path = "listing/pages.rs"]
mod pages;
#[path = "listing/seed.rs"]
mod seed;
