//! Revokes tokens at the vendor.

use seatgraph_core::http::Http;
use seatgraph_core::http::grant;
use seatgraph_core::{GrantType, OAuth, Secret};
use seatgraph_store::{self as store, Alias, Purpose};

use crate::Engine;

/// Log message for a token that could not be revoked.
const STAYS: &str = "a token was not given back to the vendor; end it there, among the user's connected applications";

/// The vendor tokens of an alias, and the endpoint that revokes them.
pub(crate) struct Withdrawal {
    pub(crate) tokens: Vec<Secret>,
    pub(crate) oauth: OAuth,
    pub(crate) http: Http,
}

impl Engine {
    /// Returns all tokens of an alias that is about to lose its credential: the refresh token of an authorisation, or
    /// the access tokens in this process's memory.
    pub(crate) async fn tokens_of(&self, alias: &Alias) -> Result<Option<Withdrawal>, store::Error> {
        let held = self.tokens().forget(alias.id).await;
        match self.consent_of(alias).await? {
            // With the consent ends all that came of it.
            Some(consent) => Ok(Some(consent)),
            None if held.is_empty() => Ok(None),
            None => self.withdrawal(alias, held).await,
        }
    }

    /// Returns the tokens of an alias's authorisation, to be revoked once the alias no longer needs them.
    pub(crate) async fn consent_of(&self, alias: &Alias) -> Result<Option<Withdrawal>, store::Error> {
        if alias.grant_type != Some(GrantType::AuthorizationCode) {
            return Ok(None);
        }
        let token = match store::secrets::get(self.db(), self.sealer(), alias.id, Purpose::RefreshToken).await {
            // Sealed with a key that is gone: nobody can give that back.
            Err(store::Error::DecryptFailed) => None,
            other => other?,
        };
        match token {
            Some(token) => self.withdrawal(alias, vec![token]).await,
            None => Ok(None),
        }
    }

    async fn withdrawal(&self, alias: &Alias, tokens: Vec<Secret>) -> Result<Option<Withdrawal>, store::Error> {
        let Some(connector) = self.connector(&alias.connector) else { return Ok(None) };
        let parent = self.parent(alias).await?;
        match self.oauth_client(connector, alias, parent.as_ref()) {
            Ok((oauth, http)) => Ok(Some(Withdrawal { tokens, oauth, http })),
            Err(error) => {
                tracing::warn!(alias = %alias.id, %error, "{}", STAYS);
                Ok(None)
            }
        }
    }

    /// Revokes tokens at the vendor. Failures are logged only: the tokens expire by themselves.
    pub(crate) async fn give_back(&self, withdrawal: Option<Withdrawal>) {
        let Some(Withdrawal { tokens, oauth, http }) = withdrawal else { return };
        for token in tokens {
            if let Err(error) = grant::revoke(&http, &oauth, &token).await {
                tracing::warn!(%error, "{}", STAYS);
            }
        }
    }
}
