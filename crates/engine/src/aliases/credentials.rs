//! The credentials that people hand in: given, replaced, taken back.

use seatgraph_core::http::grant::SigningKey;
use seatgraph_core::{GrantType, Registration, Secret};
use seatgraph_store::{Alias, AliasId, CredentialState, Purpose, aliases};

use crate::Engine;
use crate::refusal::{Denied, Refusal, RefusalCode};

/// A user to sign for, and the key that signs.
#[derive(Debug, Clone)]
pub struct JwtBearer {
    /// The alias to be connected.
    pub alias_id: AliasId,
    /// The application's public id at the vendor.
    pub client_id: String,
    /// The user's login.
    pub username: String,
    /// The private key, PEM.
    pub private_key: Secret,
}

impl Engine {
    /// Keeps the application's credentials, sealed, for the client-credentials grant.
    ///
    /// # Errors
    /// Refuses an empty value, and the grant where the connector does not offer it.
    pub async fn set_client_credentials(
        &self,
        alias: AliasId,
        client_id: String,
        secret: Secret,
    ) -> Result<Alias, Denied> {
        let alias = self.alias(alias, "aliasId").await?;
        offers(self.offered(&alias.connector)?, GrantType::ClientCredentials, "client credentials")?;
        let given = [("clientId", client_id.as_str()), ("clientSecret", secret.expose())];
        refuse(empty(&given))?;
        let connected = Alias {
            grant_type: Some(GrantType::ClientCredentials),
            client_id: Some(client_id.trim().to_owned()),
            username: None,
            ..alias.clone()
        };
        self.replace_credential(&alias, connected, Purpose::ClientSecret, &secret).await
    }

    /// Keeps the key with which the application signs for a user, sealed, for the JWT-bearer grant.
    ///
    /// # Errors
    /// Refuses an empty value, a text that is no key to sign with, and the grant where the connector does not offer it.
    pub async fn set_jwt_bearer(&self, input: JwtBearer) -> Result<Alias, Denied> {
        let alias = self.alias(input.alias_id, "aliasId").await?;
        offers(self.offered(&alias.connector)?, GrantType::JwtBearer, "JWT bearer")?;
        let given = [("clientId", input.client_id.as_str()), ("username", input.username.as_str())];
        let mut faults = empty(&given);
        if let Err(unusable) = SigningKey::parse(&input.private_key) {
            let message = format!("the private key {unusable}");
            faults.push(Refusal::new(RefusalCode::Invalid, message).at(["privateKey"]));
        }
        refuse(faults)?;
        let connected = Alias {
            grant_type: Some(GrantType::JwtBearer),
            client_id: Some(input.client_id.trim().to_owned()),
            username: Some(input.username.trim().to_owned()),
            ..alias.clone()
        };
        self.replace_credential(&alias, connected, Purpose::PrivateKey, &input.private_key).await
    }

    /// Forgets an alias's credential and gives its token back to the vendor. What was synced stays; links that nobody
    /// used yet, and consents on their way, are void.
    ///
    /// # Errors
    /// Refuses an alias that has none.
    pub async fn disconnect_alias(&self, id: AliasId) -> Result<Alias, Denied> {
        let mut alias = self.alias(id, "id").await?;
        if matches!(alias.credential_state, CredentialState::Missing | CredentialState::Revoked) {
            return Err(Denied::invalid_state(format!("alias {} has no credential to forget", alias.name)));
        }
        let before = self.tokens_of(&alias).await?;
        alias.credential_state = CredentialState::Revoked;
        alias.granted_scopes = Vec::new();
        alias.principal = None;
        alias.obtained_at = None;
        alias.updated_at = self.now();
        aliases::disconnect(self.db(), &alias).await?;
        self.give_back(before).await;
        Ok(alias)
    }

    /// Keeps a credential in the place of the earlier one; what a person's consent left is given back.
    async fn replace_credential(
        &self,
        before: &Alias,
        mut alias: Alias,
        purpose: Purpose,
        secret: &Secret,
    ) -> Result<Alias, Denied> {
        let before = self.consent_of(before).await?;
        let now = self.now();
        alias.credential_state = CredentialState::Ready;
        alias.granted_scopes = Vec::new();
        alias.principal = None;
        alias.obtained_at = Some(now);
        alias.updated_at = now;
        aliases::set_credential(self.db(), self.sealer(), &alias, &[(purpose, secret)]).await?;
        self.give_back(before).await;
        Ok(alias)
    }
}

pub(super) fn offers(connector: &Registration, grant: GrantType, named: &str) -> Result<(), Denied> {
    if connector.manifest().grants.contains(&grant) {
        return Ok(());
    }
    let message = format!("connector {} does not offer {named}", connector.manifest().key);
    Err(Refusal::new(RefusalCode::Unsupported, message).at(["aliasId"]).into())
}

fn empty(given: &[(&'static str, &str)]) -> Vec<Refusal> {
    let empty = given.iter().filter(|(_, value)| value.trim().is_empty());
    empty.map(|(field, _)| Refusal::new(RefusalCode::Required, format!("{field} is empty")).at([field])).collect()
}

fn refuse(faults: Vec<Refusal>) -> Result<(), Denied> {
    if faults.is_empty() { Ok(()) } else { Err(Denied::Refused(faults)) }
}
