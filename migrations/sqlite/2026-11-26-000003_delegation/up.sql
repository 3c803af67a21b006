ALTER TABLE connection_aliases ADD COLUMN username text; -- Vendor user in JWT bearer requests; null for other grants.

-- One-time links for authorising an alias without a Seatgraph account.
CREATE TABLE delegated_links (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- The alias to be connected.
  token_hash blob NOT NULL, -- SHA-256 of the token in the link. The token itself is not stored.
  created_by text NOT NULL, -- The creator.
  client_id text, -- OAuth client ID; null to use that of the alias.
  sealed blob, -- The client secret, encrypted; null if there is none, or to use that of the alias.
  created_at bigint NOT NULL, -- Creation time.
  expires_at bigint NOT NULL, -- Expiry time.
  used_at bigint, -- Time when the alias was authorised with the link; null if unused.
  revoked_at bigint -- Revocation time; null if not revoked.
);
CREATE UNIQUE INDEX delegated_links_token ON delegated_links (token_hash);
CREATE INDEX delegated_links_alias ON delegated_links (alias_id);

ALTER TABLE authorizations ADD COLUMN link_id blob REFERENCES delegated_links (id) ON DELETE CASCADE; -- The delegated link; null if none was used.
CREATE INDEX authorizations_link ON authorizations (link_id);

ALTER TABLE findings ADD COLUMN of_consent boolean NOT NULL DEFAULT 0; -- Whether a failed authorisation left the finding.
