//! Tokens as the engine gets them: the client credentials grant, one at a time, kept until refused.

use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use seatgraph_core::http::{Http, HttpOptions, grant};
use seatgraph_core::{AccessToken, Error, ErrorKind, OAuth, Result, Secret, TokenSource};
use tokio::runtime::Handle;
use tokio::sync::Mutex as AsyncMutex;

/// Gives out tokens of one application.
pub(crate) struct Tokens {
    pub(crate) oauth: OAuth,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    http: Http,
    held: AsyncMutex<Option<Arc<AccessToken>>>,
    /// Every bearer ever given out, so that a test can look for them where they must not be.
    pub(crate) given: Arc<Mutex<Vec<String>>>,
}

impl Tokens {
    pub(crate) fn new(oauth: OAuth, client_id: String, client_secret: String, given: Arc<Mutex<Vec<String>>>) -> Self {
        let http = Http::new(oauth.token_url.clone(), None, HttpOptions::default());
        let client_secret = Secret::new(client_secret);
        Self { oauth, client_id, client_secret, http, held: AsyncMutex::new(None), given }
    }

    /// On a thread of its own, because the compiler cannot prove that the grant may change threads.
    async fn grant(&self, version: u64) -> Result<Arc<AccessToken>> {
        let (http, oauth) = (self.http.clone(), self.oauth.clone());
        let (id, secret) = (self.client_id.clone(), self.client_secret.clone());
        let runtime = Handle::current();
        let grant =
            move || runtime.block_on(async { grant::client_credentials(&http, &oauth, &id, &secret, &["api"]).await });
        let grant = tokio::task::spawn_blocking(grant).await.expect("asking for a token does not panic")?;
        self.given.lock().unwrap().push(grant.access_token.expose().to_owned());
        Ok(Arc::new(AccessToken { bearer: grant.access_token, instance_url: grant.instance_url, version }))
    }
}

#[async_trait]
impl TokenSource for Tokens {
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

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}
