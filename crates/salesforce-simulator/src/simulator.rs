//! A running organisation and the handle to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::certificate::Certificate;
use crate::org::user::RUNNING_USER;
use crate::state::{State, lock};
use crate::{Error, Faults, Settings, Truth, http};

/// How long a shutdown waits for calls under way.
const LONGEST_FAREWELL: Duration = Duration::from_secs(2);

/// A running organisation; it ends when this is shut down or dropped.
pub struct Simulator {
    state: Arc<State>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Founds the organisation and listens; it answers from the moment this returns.
    ///
    /// # Errors
    ///
    /// When the address cannot be listened on, or the certificate is none.
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

    /// Where it listens, for example `http://127.0.0.1:40123`.
    pub fn url(&self) -> &str {
        &self.state.url
    }

    /// The registered app's consumer key.
    pub fn client_id(&self) -> String {
        lock(&self.state.app).client_id.clone()
    }

    /// The registered app's consumer secret.
    pub fn client_secret(&self) -> String {
        lock(&self.state.app).client_secret.clone()
    }

    /// The login of the user that a connection acts as: Run As under client credentials, approved for assertions.
    pub fn username(&self) -> String {
        self.state.org().username(RUNNING_USER)
    }

    /// The organisation's 18-character id.
    pub fn organization_id(&self) -> String {
        self.state.org().id().to_string()
    }

    /// Counts what is true now; a matter of a second for a million users.
    pub fn truth(&self) -> Truth {
        Truth::of(&self.state.org())
    }

    /// Puts a set of faults in force, in place of the one before.
    pub fn set_faults(&self, faults: Faults) {
        self.state.set_faults(faults);
    }

    /// Stops listening and waits for the calls under way, though not for long.
    pub async fn shutdown(mut self) {
        if let Some(stop) = self.stop.take() {
            // The server may have ended already, which is what this asks for.
            let _ = stop.send(());
        }
        // A client that reads no further is broken off when this is dropped.
        let _ = tokio::time::timeout(LONGEST_FAREWELL, &mut self.server).await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}
