//! Traces calls: operation, duration and outcome, without personal data.

use std::future::Future;

use async_trait::async_trait;
use tokio::time::Instant;
use tracing::field::Empty;
use tracing::{Instrument, Span, info_span};

use crate::{Blocker, Connector, Cursor, Diagnosis, Error, Order, Page, Process, Receipt, Result, Severity};

/// Opens one span per call, with OpenTelemetry's field names where it defines them.
///
/// A span contains counts, kinds and durations. It contains no external id, no name and no message of a vendor.
#[derive(Debug)]
pub struct Trace<C> {
    inner: C,
    connector: &'static str,
}

impl<C: Connector> Trace<C> {
    /// Traces the calls of `inner` under the connector's key.
    pub const fn new(inner: C, connector: &'static str) -> Self {
        Self { inner, connector }
    }

    fn span(&self, operation: &'static str, process: Option<Process>, orders: Option<usize>) -> Span {
        info_span!(
            "connector",
            otel.name = operation,
            otel.kind = "client",
            otel.status_code = Empty,
            error.r#type = Empty,
            connector.key = self.connector,
            connector.process = process.map(Process::as_str),
            connector.orders = orders,
            connector.rows = Empty,
            connector.rejected = Empty,
            connector.findings = Empty,
            connector.total = Empty,
        )
    }
}

/// Awaits `call` in `span`, records its result with `record`, and logs its duration.
async fn traced<T>(span: Span, call: impl Future<Output = T> + Send, record: impl FnOnce(&Span, &T) + Send) -> T {
    async {
        let begun = Instant::now();
        let answer = call.await;
        record(&Span::current(), &answer);
        tracing::debug!(duration_ms = begun.elapsed().as_millis(), "connector call finished");
        answer
    }
    .instrument(span)
    .await
}

fn record_error(span: &Span, error: &Error) {
    span.record("otel.status_code", "ERROR");
    span.record("error.type", error.kind().code());
}

fn record_page(span: &Span, answer: &Result<Page>) {
    match answer {
        Ok(page) => {
            span.record("connector.rows", page.rows);
            span.record("connector.rejected", page.rejected.len());
            span.record("connector.findings", page.findings.len());
            if let Some(total) = page.total {
                span.record("connector.total", total);
            }
        }
        Err(error) => record_error(span, error),
    }
}

#[async_trait]
impl<C: Connector> Connector for Trace<C> {
    async fn check(&self) -> Diagnosis {
        let span = self.span("connector check", None, None);
        traced(span, self.inner.check(), |span, diagnosis| {
            span.record("connector.findings", diagnosis.findings.len());
            if diagnosis.findings.iter().any(|f| f.severity == Severity::Error) {
                span.record("otel.status_code", "ERROR");
            }
        })
        .await
    }

    async fn pull(&self, process: Process, from: Option<&Cursor>) -> Result<Page> {
        traced(self.span("connector pull", Some(process), None), self.inner.pull(process, from), record_page).await
    }

    async fn preflight(&self, orders: &[Order]) -> Result<Vec<Vec<Blocker>>> {
        let span = self.span("connector preflight", Some(Process::ReclaimSubscription), Some(orders.len()));
        traced(span, self.inner.preflight(orders), |span, answer| {
            let _ = answer.as_ref().inspect_err(|e| record_error(span, e));
        })
        .await
    }

    async fn reclaim(&self, orders: &[Order]) -> Vec<Result<Receipt>> {
        let span = self.span("connector reclaim", Some(Process::ReclaimSubscription), Some(orders.len()));
        traced(span, self.inner.reclaim(orders), |span, answers| {
            if let Some(error) = answers.iter().find_map(|answer| answer.as_ref().err()) {
                record_error(span, error);
            }
        })
        .await
    }

    async fn restore(&self, receipt: &Receipt) -> Result<Receipt> {
        let span = self.span("connector restore", Some(Process::ReclaimSubscription), None);
        traced(span, self.inner.restore(receipt), |span, answer| {
            let _ = answer.as_ref().inspect_err(|e| record_error(span, e));
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::ErrorKind;
    use crate::layers::scripted::{Scripted, order};

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl Log {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn listening() -> (Log, tracing::subscriber::DefaultGuard) {
        let log = Log::default();
        let writer = log.clone();
        let subscriber =
            tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(move || writer.clone());
        (log, tracing::subscriber::set_default(subscriber.finish()))
    }

    #[tokio::test]
    async fn the_span_of_a_failed_page_has_its_process_and_error_kind() {
        let (log, _listening) = listening();
        let (scripted, _) = Scripted::answering([Error::new(ErrorKind::Forbidden, "not for ada@example.com")]);
        Trace::new(scripted, "acme").pull(Process::PullUserActivity, None).await.unwrap_err();
        let line: serde_json::Value = serde_json::from_str(log.text().lines().next().unwrap()).unwrap();
        assert_eq!(line["span"]["connector.key"], "acme");
        assert_eq!(line["span"]["connector.process"], "PULL_USER_ACTIVITY");
        assert_eq!(line["span"]["error.type"], "FORBIDDEN");
        assert_eq!(line["span"]["otel.status_code"], "ERROR");
    }

    #[tokio::test]
    async fn a_span_contains_no_personal_data() {
        let (log, _listening) = listening();
        let (scripted, _) = Scripted::answering([Error::new(ErrorKind::Refused, "ada@example.com holds it")]);
        let connector = Trace::new(scripted, "acme");
        let mut about = order("order-1");
        about.account = "ada@example.com".to_owned();
        connector.reclaim(&[about]).await[0].as_ref().unwrap_err();
        assert!(log.text().contains("connector reclaim"), "the call is shown: {}", log.text());
        assert!(!log.text().contains("ada@example.com"));
    }
}
