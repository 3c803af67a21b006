//! The limits of the edge with their defaults. All are configurable.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::Deserialize;

/// Rows of the largest page by default.
pub(crate) const DEFAULT_LARGEST_PAGE: u64 = 200;

/// Limits on requests, sockets and streams.
///
/// Sizes are bytes; times are given in seconds, fractions allowed. Unknown keys are refused.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Largest HTTP body, in bytes.
    pub body_bytes: usize,
    /// Largest GraphQL document, in bytes.
    pub document_bytes: usize,
    /// Largest `variables` value as it stands in the request, in bytes.
    pub variables_bytes: usize,
    /// Tokens in a document.
    pub tokens: usize,
    /// Nesting of selections, literals and types that the parser follows.
    pub nesting: usize,
    /// Nesting of fields in an operation.
    pub depth: u32,
    /// Nesting of fields below `__schema` and `__type`, counted from the operation.
    pub introspection_depth: u32,
    /// Aliased fields in a document.
    pub aliases: usize,
    /// Directives in a document.
    pub directives: usize,
    /// Fragment definitions in a document.
    pub fragments: usize,
    /// Fields of one operation once its fragments are spread out.
    pub selections: u64,
    /// Nesting of lists and objects inside the variables.
    pub variables_nesting: usize,
    /// Largest `first` or `last`, and most ids in one list, as far as the schema allows more.
    pub page_size: u64,
    /// Cost of one operation; the table of costs is in the module `cost_rule`.
    pub cost: u64,
    /// Cost that is added to a caller's budget each minute.
    pub budget_per_minute: NonZeroU32,
    /// Cost that a budget holds when it is full, and at least what one operation may cost.
    pub budget_burst: NonZeroU32,
    /// Operations of one caller that run at the same time, subscriptions included.
    pub operations_per_visitor: usize,
    /// Time a query or a mutation may take; also the time its body may take to arrive.
    #[serde(deserialize_with = "seconds")]
    pub operation_time: Duration,
    /// Size of the document cache, in bytes (estimated).
    pub cache_bytes: u64,
    /// Silence on a stream or a socket after which a heartbeat is sent.
    #[serde(deserialize_with = "seconds")]
    pub heartbeat: Duration,
    /// Interval at which the rights of a stream's caller are checked again.
    #[serde(deserialize_with = "seconds")]
    pub rights_checked_every: Duration,
    /// Time a socket has to send `connection_init`.
    #[serde(deserialize_with = "seconds")]
    pub init_time: Duration,
    /// Time limit of the closing handshake of a socket.
    #[serde(deserialize_with = "seconds")]
    pub close_time: Duration,
    /// Unauthenticated sockets open at the same time.
    pub unknown_sockets: usize,
    /// Sockets of one caller open at the same time.
    pub sockets_per_visitor: usize,
    /// Operations open at the same time on one socket.
    pub socket_operations: usize,
    /// Answers waiting for one socket, in bytes, before its consumer counts as too slow.
    pub socket_queue_bytes: usize,
    /// Largest message of a client on a socket, in bytes. Twice as much is read before the connection is dropped.
    pub message_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1 << 20,
            document_bytes: 64 << 10,
            variables_bytes: 256 << 10,
            tokens: 4_000,
            nesting: 50,
            depth: 15,
            introspection_depth: 20,
            aliases: 60,
            directives: 20,
            fragments: 64,
            selections: 10_000,
            variables_nesting: 32,
            page_size: DEFAULT_LARGEST_PAGE,
            cost: 2_000,
            budget_per_minute: NonZeroU32::new(600_000).expect("it is not zero"),
            budget_burst: NonZeroU32::new(100_000).expect("it is not zero"),
            operations_per_visitor: 256,
            operation_time: Duration::from_secs(10),
            cache_bytes: 32 << 20,
            heartbeat: Duration::from_secs(12),
            rights_checked_every: Duration::from_secs(10),
            init_time: Duration::from_secs(3),
            close_time: Duration::from_secs(5),
            unknown_sockets: 32,
            sockets_per_visitor: 50,
            socket_operations: 32,
            socket_queue_bytes: 1 << 20,
            message_bytes: 512 << 10,
        }
    }
}

fn seconds<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let seconds = f64::deserialize(deserializer)?;
    let time = Duration::try_from_secs_f64(seconds).map_err(serde::de::Error::custom)?;
    if time.is_zero() {
        return Err(serde::de::Error::custom("a time limit of zero refuses everything"));
    }
    Ok(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn omitted_fields_have_their_defaults() {
        let limits: Limits = serde_json::from_str(r#"{ "cost": 500, "init_time": 0.25 }"#).unwrap();
        assert_eq!(limits.cost, 500);
        assert_eq!(limits.init_time, Duration::from_millis(250));
        assert_eq!(limits.body_bytes, 1_048_576);
    }

    #[test]
    fn an_unknown_or_impossible_limit_is_refused() {
        assert!(serde_json::from_str::<Limits>(r#"{ "costs": 500 }"#).is_err());
        assert!(serde_json::from_str::<Limits>(r#"{ "heartbeat": 0 }"#).is_err());
        assert!(serde_json::from_str::<Limits>(r#"{ "budget_burst": 0 }"#).is_err());
        assert!(serde_json::from_str::<Limits>(r#"{ "heartbeat": -1 }"#).is_err());
    }
}
