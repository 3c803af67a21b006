//! Logs and metrics of the process.

use std::io::IsTerminal;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogSettings};

/// Upper bounds of the latency histograms in seconds.
const SECONDS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// Starts the log on standard error. Standard output is used for the output of commands.
///
/// # Errors
/// If the filter is invalid, or a log is already installed.
pub(crate) fn start_log(settings: &LogSettings) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&settings.level)?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let done = match settings.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
    };
    done.map_err(|e| anyhow::anyhow!("the log is set up already: {e}"))
}

/// Installs the metrics recorder of this process and returns its handle. Further gateways in the process share it.
pub(crate) fn metrics() -> PrometheusHandle {
    static HANDLE: std::sync::LazyLock<PrometheusHandle> = std::sync::LazyLock::new(|| {
        let recorder =
            PrometheusBuilder::new().set_buckets(&SECONDS).expect("the list of bounds is not empty").build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed");
        }
        handle
    });
    HANDLE.clone()
}
