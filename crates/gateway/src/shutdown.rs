//! The signals that stop the process.

use tokio::signal::unix::{SignalKind, signal};

/// Waits for SIGINT or SIGTERM. Signals are caught from the call on.
pub(crate) fn stop_signal() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}
