ALTER TABLE connection_aliases ADD COLUMN refreshing_until timestamptz;
COMMENT ON COLUMN connection_aliases.refreshing_until IS 'Until when one process alone may use the refresh token; null when none does.';

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

COMMENT ON TABLE authorizations IS 'Consents that were begun and have not come back; each is taken once.';
COMMENT ON COLUMN authorizations.state_hash IS 'SHA-256 of the state that comes back with the code.';
COMMENT ON COLUMN authorizations.alias_id IS 'The alias to be connected.';
COMMENT ON COLUMN authorizations.begun_by IS 'Who began it, and alone may finish it.';
COMMENT ON COLUMN authorizations.client_id IS 'The application''s public id at the vendor.';
COMMENT ON COLUMN authorizations.redirect_uri IS 'Where the vendor sends the person''s browser back to.';
COMMENT ON COLUMN authorizations.sealed IS 'The PKCE verifier and the application''s secret, sealed like other secrets.';
COMMENT ON COLUMN authorizations.expires_at IS 'After this it is worthless.';
