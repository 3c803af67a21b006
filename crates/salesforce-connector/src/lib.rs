//! Salesforce CRM: its answers become records, orders become its deeds.
//!
//! Written to the vendor's documented behaviour. What the vendor does not document (licence keys, user types) is
//! data: in the catalogue, or in [`Config`]. What an organisation lacks or hides degrades to a finding; only a
//! snapshot that would be incomplete fails.
//!
//! | file | what it knows |
//! |---|---|
//! | `config`, `manifest`, `permissions`, `oauth`, `setup` | how a connection is set up, and what it needs |
//! | `dialect` | how the vendor says no |
//! | `query`, `describe` | how it is asked: versions, SOQL, paging by key, hidden columns |
//! | `row`, `subscriptions`, `activity` | pages: vendor rows → records, by pure functions |
//! | `check` | what a connection may see, and what to do about the rest |

mod activity;
mod check;
mod config;
mod connector;
mod describe;
mod dialect;
mod findings;
mod manifest;
mod oauth;
mod permissions;
mod query;
mod row;
mod setup;
mod subscriptions;

pub use config::Config;
pub use connector::Salesforce;
