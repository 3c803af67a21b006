//! Connector for Salesforce CRM.
//!
//! # Capabilities
//!
//! | process | supported | reads |
//! |---|---|---|
//! | `DOWNLOAD_SUBSCRIPTIONS` | yes | `UserLicense`, `PermissionSetLicense`, `ActiveFeatureLicenseMetric`, `User`, `UserLogin`, `PermissionSetLicenseAssign` |
//! | `PULL_USER_ACTIVITY` | yes | `User.LastLoginDate`, `LoginHistory` |
//! | `DOWNLOAD_CONSUMPTION` | no, checked only | `TenantUsageEntitlement` |
//! | `RECLAIM_SUBSCRIPTION` | no, checked only | |
//!
//! # Configuration
//!
//! [`Config`] lists the properties of an alias. Only `instanceUrl`, the organisation's My Domain URL, is required.
//!
//! # Behaviour
//!
//! The connector follows Salesforce's documentation. What Salesforce does not document (licence keys, user types) is
//! data: in the catalogue, or in [`Config`]. An object or field that an organisation lacks or hides becomes a finding and
//! the process continues without it. A process fails only if its snapshot would be incomplete.
//!
//! # Modules
//!
//! | module | contents |
//! |---|---|
//! | `config`, `manifest`, `permissions`, `oauth`, `setup` | how a connection is set up, and what it needs |
//! | `errors`, `findings` | Salesforce's errors, and what an administrator does about them |
//! | `query`, `describe`, `granted`, `version` | SOQL, paging by key, bulk jobs, hidden columns, permissions, API versions |
//! | `row`, `subscriptions`, `activity` | pages of records, made from Salesforce rows by pure functions |
//! | `check` | what a connection may read and write, and how to grant the rest |

mod activity;
mod check;
mod config;
mod connection;
mod connector;
mod describe;
mod errors;
mod findings;
mod granted;
mod manifest;
mod oauth;
mod permissions;
mod query;
mod row;
mod setup;
mod subscriptions;
mod version;

pub use config::Config;
pub use connector::Salesforce;
