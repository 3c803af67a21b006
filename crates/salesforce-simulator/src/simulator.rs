//! The handle of a running simulator.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::certificate::Certificate;
use crate::org::user::RUNNING_USER;
use crate::state::{State, lock};
use crate::{Error, Expected, Faults, Settings, http};

/// The time that a shutdown waits for running calls.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(2);

/// A running simulator. It stops at shutdown or when this is dropped.
pub struct Simulator {
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Creates the organisation and starts the server.
    ///
    /// # Errors
    ///
    /// The address is not available, or the certificate is invalid.
    pub async fn start(settings: Settings) -> Result<Self, Error> {
        if settings.certificate.as_deref().is_some_and(|pem| Certificate::parse(pem).is_none()) {
            return Err(Error::Certificate);
        }
        let address = settings.address;
        let refused = |source| Error::Listen { address, source };
        let listener = TcpListener::bind(address).await.map_err(refused)?;
        let url = format!("http://{}", listener.local_addr().map_err(refused)?);
        let founding = tokio::task::spawn_blocking(move || State::new(settings, url));
        let state = Arc::new(founding.await.expect("founding an organisation does not panic"));
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(http::serve(listener, state.clone(), stopped));
        Ok(Self { state, stop: Some(stop), server })
    }

    /// The URL, for example `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// The consumer key of the app.
    pub fn client_id(&self) -> String {
        lock(&self.state.app).client_id.clone()
    }

    /// The consumer secret of the app.
    pub fn client_secret(&self) -> String {
        lock(&self.state.app).client_secret.clone()
    }

    /// The username of the running user: Run As under client credentials, approved for assertions.
    pub fn username(&self) -> String {
        self.state.org().username(RUNNING_USER)
    }

    /// The organisation's 18-character id.
    pub fn organization_id(&self) -> String {
        self.state.org().id().to_string()
    }

    /// Counts the expected values, in about a second for a million users.
    pub fn expected(&self) -> Expected {
        Expected::of(&self.state.org())
    }

    /// Replaces the active faults.
    pub fn set_faults(&self, faults: Faults) {
        self.state.set_faults(faults);
    }

    /// Stops the server, and waits up to two seconds for running calls.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // An error means that the server has already stopped.
            let _ = stop.send(());
        }
        // Connections that are still open are closed on drop.
        let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, &mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
