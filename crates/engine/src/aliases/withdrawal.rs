//! Tokens on their way back to the vendor, when nobody here needs them any more.

use seatgraph_core::http::Http;
use seatgraph_core::http::grant;
use seatgraph_core::{GrantType, OAuth, Secret};
use seatgraph_store::{self as store, Alias, Purpose};

use crate::Engine;

/// What is said of a token that could not be given back.
const STAYS: &str = "a token was not given back to the vendor; end it there, among the user's connected applications";

/// What an alias holds of the vendor's, and where to give it back.
pub(crate) struct Withdrawal {
    pub(crate) tokens: Vec<Secret>,
    pub(crate) oauth: OAuth,
    pub(crate) http: Http,
}

impl Engine {
    /// Finds everything that an alias holds: what a person's consent left, or else the tokens in this process's memory.
    /// For an alias that is about to lose its credential.
    pub(crate) async fn tokens_of(&self, alias: &Alias) -> Result<Option<Withdrawal>, store::Error> {
        let held = self.tokens().forget(alias.id).await;
        match self.consent_of(alias).await? {
            // With the consent ends all that came of it.
            Some(consent) => Ok(Some(consent)),
            None if held.is_empty() => Ok(None),
            None => self.withdrawal(alias, held).await,
        }
    }

    /// Finds what a person's consent left with an alias, to be given back once the alias no longer needs it.
    pub(crate) async fn consent_of(&self, alias: &Alias) -> Result<Option<Withdrawal>, store::Error> {
        if alias.grant_type != Some(GrantType::AuthorizationCode) {
            return Ok(None);
        }
        let token = match store::secrets::get(self.db(), self.sealer(), alias.id, Purpose::RefreshToken).await {
            // Sealed with a key that is gone: nobody can give that back.
            Err(store::Error::Unsealable) => None,
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
        match self.grantor(connector, alias, parent.as_ref()) {
            Ok((oauth, http)) => Ok(Some(Withdrawal { tokens, oauth, http })),
            Err(error) => {
                tracing::warn!(alias = %alias.id, %error, "{}", STAYS);
                Ok(None)
            }
        }
    }

    /// Gives tokens back to the vendor, as well as that goes: what stays behind there ends by itself.
    pub(crate) async fn give_back(&self, withdrawal: Option<Withdrawal>) {
        let Some(Withdrawal { tokens, oauth, http }) = withdrawal else { return };
        for token in tokens {
            if let Err(error) = grant::revoke(&http, &oauth, &token).await {
                tracing::warn!(%error, "{}", STAYS);
            }
        }
    }
}
