//! A token source with the client credentials grant, which keeps a token until it is refused.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use seatgraph_core::http::grant::{self, Application};
use seatgraph_core::http::{Http, HttpOptions};
use seatgraph_core::{AccessToken, Error, ErrorKind, OAuth, Result, Secret, TokenSource};
use tokio::sync::Mutex as AsyncMutex;

/// The token source of an application.
pub(crate) struct TestTokenSource {
    pub(crate) oauth: OAuth,
    pub(crate) application: Application,
    http: Http,
    held: AsyncMutex<Option<Arc<AccessToken>>>,
    /// All issued tokens, so that a test can search for leaks.
    pub(crate) given: Arc<Mutex<Vec<String>>>,
}

impl TestTokenSource {
    pub(crate) fn new(oauth: OAuth, client_id: String, client_secret: String, given: Arc<Mutex<Vec<String>>>) -> Self {
        let http = Http::new(oauth.token_url.clone(), None, HttpOptions::default());
        let application = Application { client_id, client_secret: Some(Secret::new(client_secret)) };
        Self { oauth, application, http, held: AsyncMutex::new(None), given }
    }

    async fn grant(&self, version: u64) -> Result<Arc<AccessToken>> {
        let grant = grant::client_credentials(&self.http, &self.oauth, &self.application, &["api"]).await?;
        self.given.lock().unwrap().push(grant.access_token.expose().to_owned());
        Ok(Arc::new(AccessToken { bearer: grant.access_token, instance_url: grant.instance_url, version }))
    }
}

#[async_trait]
impl TokenSource for TestTokenSource {
    async fn token(&self) -> Result<Arc<AccessToken>> {
        let mut held = self.held.lock().await;
        if let Some(token) = &*held {
            return Ok(Arc::clone(token));
        }
        let token = self.grant(1).await?;
        *held = Some(Arc::clone(&token));
        Ok(token)
    }

    async fn renew(&self, refused: &AccessToken) -> Result<Arc<AccessToken>> {
        let mut held = self.held.lock().await;
        match &*held {
            Some(newer) if newer.version > refused.version => return Ok(Arc::clone(newer)),
            Some(_) => {}
            None => return Err(Error::new(ErrorKind::Unexpected, "a token is renewed that was never given")),
        }
        let token = self.grant(refused.version + 1).await?;
        *held = Some(Arc::clone(&token));
        Ok(token)
    }
}

impl fmt::Debug for TestTokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TestTokenSource(…)")
    }
}
