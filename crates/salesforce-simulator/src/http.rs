//! The organisation over HTTP: the vendor's endpoints and the control endpoints.

mod bulk;
mod call;
mod caller;
mod collections;
mod control;
mod describe;
mod identity;
mod limits;
mod oauth;
mod query;
mod reply;
mod request;
mod resources;
mod router;
mod sobjects;

use std::sync::Arc;

use axum::Router;
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::state::State;

/// Serves until told to stop, then finishes the calls that are under way.
pub(crate) async fn serve(listener: TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let app = Router::new().fallback(router::handle).with_state(state);
    // A handle that was dropped stops the server as well.
    let stop = async { stopped.await.unwrap_or(()) };
    // Waiting to fill packets would hold back the ends of large pages.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delays");
        }
    });
    if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the server ended");
    }
}
