ALTER TABLE connection_aliases ADD COLUMN refreshing_until timestamptz;
COMMENT ON COLUMN connection_aliases.refreshing_until IS 'End of the lease on the refresh token; null if no process refreshes it.';

CREATE TABLE authorizations (
  state_hash bytea PRIMARY KEY,
  alias_id uuid NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE,
  begun_by text NOT NULL,
  client_id text NOT NULL,
  redirect_uri text NOT NULL,
  sealed bytea NOT NULL,
  expires_at timestamptz NOT NULL
);
CREATE INDEX authorizations_alias ON authorizations (alias_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);

COMMENT ON TABLE authorizations IS 'Started OAuth authorisations. Each can be completed once.';
COMMENT ON COLUMN authorizations.state_hash IS 'SHA-256 of the OAuth state.';
COMMENT ON COLUMN authorizations.alias_id IS 'The alias to be connected.';
COMMENT ON COLUMN authorizations.begun_by IS 'The caller. Only the same caller can complete it.';
COMMENT ON COLUMN authorizations.client_id IS 'OAuth client ID.';
COMMENT ON COLUMN authorizations.redirect_uri IS 'OAuth redirect URI.';
COMMENT ON COLUMN authorizations.sealed IS 'The PKCE verifier and the client secret, encrypted.';
COMMENT ON COLUMN authorizations.expires_at IS 'Expiry time.';
