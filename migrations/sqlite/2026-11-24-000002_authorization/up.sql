ALTER TABLE connection_aliases ADD COLUMN refreshing_until bigint; -- End of the lease on the refresh token; null if no process refreshes it.

-- Started OAuth authorisations. Each can be completed once.
CREATE TABLE authorizations (
  state_hash blob PRIMARY KEY NOT NULL, -- SHA-256 of the OAuth state.
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- The alias to be connected.
  begun_by text NOT NULL, -- The caller. Only the same caller can complete it.
  client_id text NOT NULL, -- OAuth client ID.
  redirect_uri text NOT NULL, -- OAuth redirect URI.
  sealed blob NOT NULL, -- The PKCE verifier and the client secret, encrypted.
  expires_at bigint NOT NULL -- Expiry time.
) WITHOUT ROWID;
CREATE INDEX authorizations_alias ON authorizations (alias_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);
