//! Health checks and metrics.

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use seatgraph_store::Db;

use crate::telemetry;

/// Serves `/health/live`, `/health/ready` and `/metrics`.
pub(crate) fn router(db: Db) -> Router {
    let metrics = telemetry::metrics();
    Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route(
            "/metrics",
            get(|| async move { ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics.render()) }),
        )
        .with_state(db)
}

/// Ready means that the database responds. Failures of vendors are findings.
async fn ready(State(db): State<Db>) -> Response {
    match db.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => {
            tracing::warn!(error = %error, "not ready");
            (StatusCode::SERVICE_UNAVAILABLE, "the database is unavailable\n").into_response()
        }
    }
}
