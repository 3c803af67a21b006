//! A Salesforce organisation in one process, for demonstrations, tests and benchmarks.
//!
//! Everything in it follows from a seed, a number of users and a moment: two simulators with the
//! same three agree in every byte they answer, apart from tokens and clocks. Dates stay hours away
//! from the edges of 30, 60 and 90 days before that moment.
//!
//! Beside the vendor's endpoints there are control endpoints, all of them JSON:
//!
//! | call | effect |
//! |---|---|
//! | `GET /_control/truth` | the true numbers, a [`Truth`] |
//! | `GET /_control/truth/users/{id}` | the truth about one user, a [`UserTruth`] |
//! | `GET /_control/requests` | calls by kind since the last reset, with their `total` |
//! | `GET /_control/requests/log` | data calls since the last reset: `method`, `path_and_query`, `status` |
//! | `GET /_control/requests/bulk` | bulk query jobs made since the last reset, by object |
//! | `DELETE /_control/requests` | resets all three |
//! | `GET`, `PUT`, `DELETE /_control/faults` | reads, sets or clears the [`Faults`]; answers the set in force |
//! | `GET`, `PUT /_control/permissions` | `{"revoke":[…],"grant":[…]}` for the running user; answers what it has |
//! | `GET`, `PUT /_control/app` | `{"callbacks":[…],"requirePkce":bool,"certificate":PEM,"adminApproved":bool}`; answers the app with its id and secret |
//! | `POST /_control/users/{id}` | changes a user: `isActive`, `isFrozen`, `lastLoginDate`, `supportUser` |
//! | `POST /_control/users/remove` | `{"count":n}`: the users with the highest ids vanish |

mod bulk;
mod certificate;
pub mod cli;
mod cursors;
mod edit;
mod error;
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
mod truth;
mod user_context;
mod value;

pub use error::Error;
pub use faults::{Block, BulkFaults, FailedJobs, Faults, QueryTimeout, StatusFault, TokenRefusal};
pub use settings::Settings;
pub use simulator::Simulator;
pub use truth::{ActivityCounts, LicenseCounts, LoginCounts, Truth, UserCounts, UserTruth};

/// Says whether a SOQL query can be read; for fuzzing alone.
#[cfg(fuzzing)]
#[must_use]
pub fn reads(query: &str) -> bool {
    soql::parse(query).is_ok()
}
