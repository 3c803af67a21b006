ALTER TABLE connection_aliases ADD COLUMN refreshing_until bigint; -- Until when one process alone may use the refresh token; null when none does.

-- Consents that were begun and have not come back; each is taken once.
CREATE TABLE authorizations (
  state_hash blob PRIMARY KEY NOT NULL, -- SHA-256 of the state that comes back with the code.
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- The alias to be connected.
  begun_by text NOT NULL, -- Who began it, and alone may finish it.
  client_id text NOT NULL, -- The application's public id at the vendor.
  redirect_uri text NOT NULL, -- Where the vendor sends the person's browser back to.
  sealed blob NOT NULL, -- The PKCE verifier and the application's secret, sealed like other secrets.
  expires_at bigint NOT NULL -- After this it is worthless.
) WITHOUT ROWID;
CREATE INDEX authorizations_alias ON authorizations (alias_id);
CREATE INDEX authorizations_expiry ON authorizations (expires_at);
