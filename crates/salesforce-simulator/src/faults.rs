//! Faults a test may set: each knob is a field, all of them off by default.

mod bulk;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use self::bulk::{BulkFaults, FailedJobs};

/// The faults in force. Fields that count ("the next n") count down as they apply.
///
/// As JSON the names are in camel case; a missing field has its default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Faults {
    /// Ends every session the moment it is set; it does not stay set.
    pub expire_sessions: bool,
    /// Ends the caller's session on every n-th data call, which answers 401.
    pub expire_session_every: Option<u64>,
    /// Replaces the refresh token on every refresh.
    pub rotate_refresh_tokens: bool,
    /// Revokes the grant when a rotated refresh token comes back. On by default.
    pub detect_refresh_token_reuse: bool,
    /// Refuses token requests with a pair of the vendor's.
    pub token_refusal: Option<TokenRefusal>,
    /// How many seconds the clock by which assertions are judged is ahead of this machine's.
    pub clock_ahead_seconds: i64,
    /// Daily calls left; at zero, data calls answer 403 `TotalRequests Limit exceeded.`
    pub daily_limit_remaining: Option<u64>,
    /// The next n data calls answer 403 `ConcurrentPerOrgLongTxn Limit exceeded.`
    pub concurrent_limit: u64,
    /// Data calls that answer with a bare HTTP status.
    pub status: Option<StatusFault>,
    /// Milliseconds added to every data call.
    pub latency_ms: u64,
    /// Queries over an object time out until they look at fewer days.
    pub query_timeout: Option<QueryTimeout>,
    /// Seconds a query cursor lives without being read; the default is 15 minutes.
    pub cursor_idle_seconds: Option<u64>,
    /// Forgets every open cursor the moment it is set; it does not stay set.
    pub expire_cursors: bool,
    /// Objects that do not exist for anyone.
    pub hide_objects: Vec<String>,
    /// Fields that do not exist for anyone, as `Object.Field`.
    pub hide_fields: Vec<String>,
    /// Hides other profiles from users without View All Profiles.
    pub profile_filtering: bool,
    /// Hides other users from users without View All Users.
    pub private_users: bool,
    /// Hides everybody else's logins, whatever the permissions.
    pub own_logins_only: bool,
    /// Licence keys whose pools have no seat left.
    pub full_pools: Vec<String>,
    /// Users, by id, whose deactivation is refused, and how.
    pub blocked_deactivations: BTreeMap<String, Block>,
    /// The next n user writes answer `UNABLE_TO_LOCK_ROW`.
    pub locked_rows: u64,
    /// Milliseconds a user write holds the organisation's lock; another meanwhile cannot lock its row.
    pub write_hold_ms: u64,
    /// Removing a permission set removes the permission-set licence it needed.
    pub free_license_with_permission_set: bool,
    /// Deactivating a user frees their permission-set licences.
    pub free_licenses_on_deactivation: bool,
    /// Breaks off the body of the n-th data call from now, once.
    pub drop_body_at: Option<u64>,
    /// Breaks off the body of every n-th data call.
    pub drop_body_every: Option<u64>,
    /// The next n data calls answer 200 with a body that is no JSON.
    pub nonsense_body: u64,
    /// Seconds by which the clock in the `Date` of every answer is ahead; negative when it is behind.
    pub clock_offset_seconds: i64,
    /// The scopes that token answers say were granted, whatever was asked for; missing means those.
    pub granted_scope: Option<String>,
    /// Fields that nobody may change, as `Object.Field`.
    pub read_only_fields: Vec<String>,
    /// Whether the organisation says that it is a sandbox.
    pub sandbox: bool,
    /// What goes wrong with bulk query jobs.
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
    /// How many requests it refuses; missing means all of them.
    #[serde(default)]
    pub times: Option<u64>,
}

/// A bare HTTP status on data calls.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatusFault {
    /// 503, 502, 420, 406 or any other.
    pub code: u16,
    /// How many data calls it applies to.
    pub times: u64,
    /// Seconds for a `Retry-After` header.
    #[serde(default)]
    pub retry_after: Option<u64>,
}

/// A query that times out over a wide window of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QueryTimeout {
    /// The object it concerns.
    pub object: String,
    /// Windows below this many days are answered.
    pub until_days: u32,
}

/// How the deactivation of a user is refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Block {
    /// For example `FIELD_INTEGRITY_EXCEPTION`.
    pub error_code: String,
    /// For example `You cannot deactivate the Default Workflow User`.
    pub message: String,
}
