ALTER TABLE connection_aliases ADD COLUMN username text;
COMMENT ON COLUMN connection_aliases.username IS 'Vendor user in JWT bearer requests; null for other grants.';

CREATE TABLE delegated_links (
  id uuid PRIMARY KEY,
  alias_id uuid NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE,
  token_hash bytea NOT NULL CONSTRAINT delegated_links_token UNIQUE,
  created_by text NOT NULL,
  client_id text,
  sealed bytea,
  created_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX delegated_links_alias ON delegated_links (alias_id);

COMMENT ON TABLE delegated_links IS 'One-time links for authorising an alias without a Seatgraph account.';
COMMENT ON COLUMN delegated_links.id IS 'UUIDv7.';
COMMENT ON COLUMN delegated_links.alias_id IS 'The alias to be connected.';
COMMENT ON COLUMN delegated_links.token_hash IS 'SHA-256 of the token in the link. The token itself is not stored.';
COMMENT ON COLUMN delegated_links.created_by IS 'The creator.';
COMMENT ON COLUMN delegated_links.client_id IS 'OAuth client ID; null to use that of the alias.';
COMMENT ON COLUMN delegated_links.sealed IS 'The client secret, encrypted; null if there is none, or to use that of the alias.';
COMMENT ON COLUMN delegated_links.created_at IS 'Creation time.';
COMMENT ON COLUMN delegated_links.expires_at IS 'Expiry time.';
COMMENT ON COLUMN delegated_links.used_at IS 'Time when the alias was authorised with the link; null if unused.';
COMMENT ON COLUMN delegated_links.revoked_at IS 'Revocation time; null if not revoked.';

ALTER TABLE authorizations ADD COLUMN link_id uuid REFERENCES delegated_links (id) ON DELETE CASCADE;
CREATE INDEX authorizations_link ON authorizations (link_id);
COMMENT ON COLUMN authorizations.link_id IS 'The delegated link; null if none was used.';

ALTER TABLE findings ADD COLUMN of_consent boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN findings.of_consent IS 'Whether a failed authorisation left the finding.';
