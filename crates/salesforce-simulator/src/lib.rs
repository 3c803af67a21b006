//! A simulator of a Salesforce organisation, for demonstrations, tests and benchmarks.
//!
//! The data derives from a seed, a number of users and a time: two simulators with equal settings return equal data,
//! except tokens and the current time. Dates are at least four hours away from the boundaries of 30, 60 and 90 days.
//!
//! Control endpoints, all with JSON:
//!
//! | call | effect |
//! |---|---|
//! | `GET /_control/expected` | the expected counts, [`Expected`] |
//! | `GET /_control/expected/users/{id}` | the expected values of one user, [`ExpectedUser`] |
//! | `GET /_control/requests` | calls by kind since the last reset, with their `total` |
//! | `GET /_control/requests/log` | data calls since the last reset: `method`, `path_and_query`, `status` |
//! | `GET /_control/requests/bulk` | bulk query jobs created since the last reset, by object |
//! | `DELETE /_control/requests` | resets all three |
//! | `GET`, `PUT`, `DELETE /_control/faults` | reads, sets or clears the [`Faults`]; returns the active ones |
//! | `GET`, `PUT /_control/permissions` | `{"revoke":[…],"grant":[…]}` for the running user; returns its permissions |
//! | `GET`, `PUT /_control/app` | `{"callbacks":[…],"requirePkce":bool,"certificate":PEM,"adminApproved":bool}`; returns the app with its id and secret |
//! | `POST /_control/users/{id}` | changes a user: `isActive`, `isFrozen`, `lastLoginDate`, `supportUser` |
//! | `POST /_control/users/remove` | `{"count":n}`: removes the users with the highest ids |

mod bulk;
mod certificate;
pub mod cli;
mod cursors;
mod edit;
mod error;
mod expected;
mod faults;
mod grants;
mod http;
mod id;
mod org;
mod permissions;
mod refusal;
mod request_log;
mod schema;
mod settings;
mod simulator;
mod soql;
mod state;
mod user_context;
mod value;

pub use error::Error;
pub use expected::{ActivityCounts, Expected, ExpectedUser, LicenseCounts, LoginCounts, UserCounts};
pub use faults::{
    BulkFaults, DeactivationError, FailedJobs, Faults, LocatorRefusal, QueryTimeout, StatusFault, TokenRefusal,
};
pub use settings::Settings;
pub use simulator::Simulator;

/// Says whether a SOQL query is valid. For fuzzing only.
#[cfg(fuzzing)]
#[must_use]
pub fn reads(query: &str) -> bool {
    soql::parse(query).is_ok()
}
