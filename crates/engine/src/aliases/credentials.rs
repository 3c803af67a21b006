//! Commands on credentials.

use seatgraph_core::http::grant::SigningKey;
use seatgraph_core::{GrantType, Registration, Secret};
use seatgraph_store::{Alias, AliasId, CredentialState, Purpose, aliases};

use crate::Engine;
use crate::refusal::{Denied, Refusal, RefusalCode};

/// A credential for the JWT bearer grant.
#[derive(Debug, Clone)]
pub struct JwtBearer {
    /// Alias to connect.
    pub alias_id: AliasId,
    /// OAuth client ID.
    pub client_id: String,
    /// Vendor user that the connection acts as.
    pub username: String,
    /// Private key in PEM format.
    pub private_key: Secret,
}

impl Engine {
    /// Stores a credential for the client credentials grant, encrypted.
    ///
    /// # Errors
    /// Refuses an empty value, and a connector that does not support the grant.
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

    /// Stores a credential for the JWT bearer grant, encrypted.
    ///
    /// # Errors
    /// Refuses an empty value, an invalid private key, and a connector that does not support the grant.
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

    /// Deletes the credential of an alias and revokes its token at the vendor. Downloaded data is kept. Open delegated
    /// links and started authorisations become invalid.
    ///
    /// # Errors
    /// Refuses an alias without a credential.
    pub async fn disconnect_alias(&self, id: AliasId) -> Result<Alias, Denied> {
        let mut alias = self.alias(id, "id").await?;
        if matches!(alias.credential_state, CredentialState::Missing | CredentialState::Revoked) {
            return Err(Denied::invalid_state(format!(
                "alias {} has no credential; it is already disconnected",
                alias.name
            )));
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

    /// Replaces the credential of an alias. Tokens of an earlier authorisation are revoked.
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
    let message = format!("connector {} does not support {named}", connector.manifest().key);
    Err(Refusal::new(RefusalCode::Unsupported, message).at(["aliasId"]).into())
}

fn empty(given: &[(&'static str, &str)]) -> Vec<Refusal> {
    let empty = given.iter().filter(|(_, value)| value.trim().is_empty());
    empty
        .map(|(field, _)| {
            Refusal::new(RefusalCode::Required, format!("{field} is empty; enter a value; enter a value")).at([field])
        })
        .collect()
}

fn refuse(faults: Vec<Refusal>) -> Result<(), Denied> {
    if faults.is_empty() { Ok(()) } else { Err(Denied::Refused(faults)) }
}
