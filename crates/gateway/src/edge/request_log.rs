//! The log line and the metrics of every operation.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use apollo_compiler::ast::OperationType;
use uuid::Uuid;

use super::document::SelectedOperation;
use super::refusal::Refused;

/// Status of a request whose client went away before the answer.
const CLIENT_CLOSED: u16 = 499;

/// Length to which an operation's name is cut in the log; clients choose it.
const NAME_LENGTH: usize = 80;

/// The log line of one operation, written when it is dropped, however the operation ended.
#[derive(Debug)]
pub(crate) struct RequestLog {
    pub(crate) trace_id: String,
    started: Instant,
    principal: Option<String>,
    operation: Option<String>,
    kind: &'static str,
    code: String,
    status: u16,
    cost: u64,
    statements: Option<Arc<AtomicU64>>,
}

impl RequestLog {
    pub(crate) fn start() -> Self {
        Self {
            trace_id: Uuid::now_v7().simple().to_string(),
            started: Instant::now(),
            principal: None,
            operation: None,
            kind: "unknown",
            code: String::new(),
            status: CLIENT_CLOSED,
            cost: 0,
            statements: None,
        }
    }

    pub(crate) fn asked_by(&mut self, principal: String) {
        self.principal = Some(principal);
    }

    pub(crate) fn selected(&mut self, operation: &SelectedOperation) {
        let name = operation.operation.name.as_ref();
        self.operation = name.map(|name| name.chars().take(NAME_LENGTH).collect());
        self.cost = operation.cost;
        self.kind = match operation.kind() {
            OperationType::Query => "query",
            OperationType::Mutation => "mutation",
            OperationType::Subscription => "subscription",
        };
    }

    pub(crate) fn counts(&mut self, statements: Arc<AtomicU64>) {
        self.statements = Some(statements);
    }

    pub(crate) fn failed(&mut self, refused: &Refused) {
        self.coded(Some(refused.code().to_string()));
    }

    /// Keeps the first code: later errors are often its consequences.
    pub(crate) fn coded(&mut self, code: Option<String>) {
        if let Some(code) = code.filter(|_| self.code.is_empty()) {
            self.code = code;
        }
    }

    pub(crate) fn answered(&mut self, status: u16) {
        self.status = status;
    }
}

impl Drop for RequestLog {
    fn drop(&mut self) {
        let code = if self.code.is_empty() { "OK" } else { &self.code };
        let took = self.started.elapsed();
        tracing::info!(
            principal = self.principal.as_deref(),
            operation = self.operation.as_deref(),
            operation_type = self.kind,
            status = self.status,
            code,
            duration_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX),
            statements = self.statements.as_ref().map_or(0, |count| count.load(Ordering::Relaxed)),
            cost = self.cost,
            trace_id = self.trace_id,
            "graphql request"
        );
        metrics::counter!("graphql_requests_total", "type" => self.kind, "code" => code.to_owned()).increment(1);
        metrics::histogram!("graphql_request_seconds", "type" => self.kind).record(took.as_secs_f64());
    }
}

/// Increments a gauge until it is dropped.
#[derive(Debug)]
pub(crate) struct GaugeGuard(&'static str);

impl GaugeGuard {
    /// Counts an open WebSocket.
    pub(crate) fn socket() -> Self {
        Self::count("graphql_sockets")
    }

    /// Counts an open stream of answers.
    pub(crate) fn stream() -> Self {
        Self::count("graphql_streams")
    }

    fn count(gauge: &'static str) -> Self {
        metrics::gauge!(gauge).increment(1.0);
        Self(gauge)
    }
}

impl Drop for GaugeGuard {
    fn drop(&mut self) {
        metrics::gauge!(self.0).decrement(1.0);
    }
}
