//! Faults for tests. All are off by default.

mod bulk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::bulk::{BulkFaults, FailedJobs};

/// The active faults. Counters ("the next n") are decremented when they apply.
///
/// In JSON, names are in camel case, and missing fields have their default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Faults {
    /// Ends all sessions once.
    pub expire_sessions: bool,
    /// Ends the session on every n-th data call, which returns 401.
    pub expire_session_every: Option<u64>,
    /// Rotates the refresh token on every refresh.
    pub rotate_refresh_tokens: bool,
    /// Revokes the grant if a rotated refresh token is used again. On by default.
    pub detect_refresh_token_reuse: bool,
    /// Refuses token requests.
    pub token_refusal: Option<TokenRefusal>,
    /// The offset of the clock that checks assertions from the system time, in seconds.
    pub clock_ahead_seconds: i64,
    /// Remaining daily calls. At zero, data calls return 403 `TotalRequests Limit exceeded.`
    pub daily_limit_remaining: Option<u64>,
    /// The next n data calls return 403 `ConcurrentPerOrgLongTxn Limit exceeded.`
    pub concurrent_limit: u64,
    /// Data calls return an HTTP status without a result.
    pub status: Option<StatusFault>,
    /// The delay of every data call, in milliseconds.
    pub latency_ms: u64,
    /// Queries of an object time out unless their time range is short enough.
    pub query_timeout: Option<QueryTimeout>,
    /// The idle time-out of query cursors, in seconds; the default is 15 minutes.
    pub cursor_idle_seconds: Option<u64>,
    /// Closes all open cursors once.
    pub expire_cursors: bool,
    /// The maximum rows of a response to a query; the default is the batch size, which is at least 200.
    pub rows_per_answer: Option<u64>,
    /// Refuses the locators of queries and of the results of bulk query jobs.
    pub locator_refusal: Option<LocatorRefusal>,
    /// Objects that are hidden from all users.
    pub hide_objects: Vec<String>,
    /// Fields that are hidden from all users, as `Object.Field`.
    pub hide_fields: Vec<String>,
    /// Hides other profiles from users without View All Profiles.
    pub profile_filtering: bool,
    /// Hides other users from users without View All Users.
    pub private_users: bool,
    /// Hides the logins of other users, even with the permission.
    pub own_logins_only: bool,
    /// Keys of licences without free seats.
    pub full_pools: Vec<String>,
    /// Users whose deactivation fails, by id.
    pub blocked_deactivations: BTreeMap<String, DeactivationError>,
    /// The next n user writes fail with `UNABLE_TO_LOCK_ROW`.
    pub locked_rows: u64,
    /// The time for which a user write holds the lock, in milliseconds. Concurrent writes fail.
    pub write_hold_ms: u64,
    /// Removing a permission set also removes the permission-set licence that it required.
    pub free_license_with_permission_set: bool,
    /// Deactivating a user also removes their permission-set licences.
    pub free_licenses_on_deactivation: bool,
    /// Truncates the body of the n-th data call from now, once.
    pub drop_body_at: Option<u64>,
    /// Truncates the body of every n-th data call.
    pub drop_body_every: Option<u64>,
    /// The next n data calls return 200 with a body that is not JSON.
    pub nonsense_body: u64,
    /// The offset of the clock in the `Date` header, in seconds.
    pub clock_offset_seconds: i64,
    /// The scopes in token responses; the default is the requested ones.
    pub granted_scope: Option<String>,
    /// Fields that cannot be updated, as `Object.Field`.
    pub read_only_fields: Vec<String>,
    /// Whether the organisation is a sandbox.
    pub sandbox: bool,
    /// Faults of bulk query jobs.
    pub bulk: BulkFaults,
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            expire_sessions: false,
            expire_session_every: None,
            rotate_refresh_tokens: false,
            detect_refresh_token_reuse: true,
            token_refusal: None,
            clock_ahead_seconds: 0,
            daily_limit_remaining: None,
            concurrent_limit: 0,
            status: None,
            latency_ms: 0,
            query_timeout: None,
            cursor_idle_seconds: None,
            expire_cursors: false,
            rows_per_answer: None,
            locator_refusal: None,
            hide_objects: Vec::new(),
            hide_fields: Vec::new(),
            profile_filtering: false,
            private_users: false,
            own_logins_only: false,
            full_pools: Vec::new(),
            blocked_deactivations: BTreeMap::new(),
            locked_rows: 0,
            write_hold_ms: 0,
            free_license_with_permission_set: false,
            free_licenses_on_deactivation: false,
            drop_body_at: None,
            drop_body_every: None,
            nonsense_body: 0,
            clock_offset_seconds: 0,
            granted_scope: None,
            read_only_fields: Vec::new(),
            sandbox: false,
            bulk: BulkFaults::default(),
        }
    }
}

/// A refusal of token requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TokenRefusal {
    /// The `error`, for example `invalid_grant`.
    pub error: String,
    /// The `error_description`, for example `no client credentials user enabled`.
    pub error_description: String,
    /// The number of requests; the default is all.
    #[serde(default)]
    pub times: Option<u64>,
}

/// An HTTP status for data calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusFault {
    /// The status, for example 503.
    pub code: u16,
    /// The number of data calls.
    pub times: u64,
    /// The `Retry-After` header, in seconds.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

/// A time-out of queries with a long time range.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryTimeout {
    /// The object.
    pub object: String,
    /// Queries with a time range below this number of days succeed.
    pub until_days: u32,
}

/// A refusal of locators. The query itself succeeds when it is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct LocatorRefusal {
    /// The object of the queries; the default is all.
    #[serde(default)]
    pub object: Option<String>,
    /// The HTTP status, for example 401.
    pub status: u16,
    /// The code, for example `INVALID_SESSION_ID`.
    pub error_code: String,
    /// The message, for example `Session expired or invalid`.
    pub message: String,
}

/// The error of a deactivation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DeactivationError {
    /// The code, for example `FIELD_INTEGRITY_EXCEPTION`.
    pub error_code: String,
    /// The message, for example `You cannot deactivate the Default Workflow User`.
    pub message: String,
}
