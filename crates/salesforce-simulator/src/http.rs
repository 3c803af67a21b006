//! The organisation over HTTP: the vendor's endpoints and the control endpoints.

mod call;
mod collections;
pub(crate) mod cursors;
mod describe;
pub(crate) mod grants;
mod identity;
mod limits;
mod oauth;
mod query;
pub(crate) mod reply;
pub(crate) mod request;
mod resources;
mod router;
mod soap;
mod sobjects;

use std::sync::Arc;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::state::State;

/// Serves until told to stop.
pub(crate) async fn serve(listener: TcpListener, state: Arc<State>, stopped: oneshot::Receiver<()>) {
    let app = Router::new().fallback(router::handle).with_state(state);
    let server = axum::serve(listener, app);
    tokio::select! {
        served = server => {
            if let Err(error) = served {
                tracing::error!(%error, "the server ended");
            }
        }
        _ = stopped => {}
    }
}
