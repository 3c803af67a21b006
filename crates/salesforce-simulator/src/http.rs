//! The HTTP server.

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

/// Serves until shutdown, then finishes the running calls.
pub(crate) async fn serve(listener: TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let app = Router::new().fallback(router::handle).with_state(state);
    // Dropping the handle also stops the server.
    let stop = async { stopped.await.unwrap_or(()) };
    // Nagle's algorithm would delay the ends of large pages.
    let listener = listener.tap_io(|connection| {
        if let Err(error) = connection.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps its delays");
        }
    });
    if let Err(error) = axum::serve(listener, app).with_graceful_shutdown(stop).await {
        tracing::error!(%error, "the server ended");
    }
}
