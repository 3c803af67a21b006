ALTER TABLE connection_aliases ADD COLUMN username text;
COMMENT ON COLUMN connection_aliases.username IS 'The login of the user that the application signs for; null under other grants.';

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

COMMENT ON TABLE delegated_links IS 'Links that let somebody without an account here consent for one alias, once.';
COMMENT ON COLUMN delegated_links.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN delegated_links.alias_id IS 'The alias to be connected.';
COMMENT ON COLUMN delegated_links.token_hash IS 'SHA-256 of the token in the link, which nobody keeps.';
COMMENT ON COLUMN delegated_links.created_by IS 'Who made it.';
COMMENT ON COLUMN delegated_links.client_id IS 'The application''s public id at the vendor; null for the one that the alias has.';
COMMENT ON COLUMN delegated_links.sealed IS 'The application''s secret, sealed like other secrets; null when it has none or the alias has it.';
COMMENT ON COLUMN delegated_links.created_at IS 'When it was made.';
COMMENT ON COLUMN delegated_links.expires_at IS 'After this nothing is begun with it.';
COMMENT ON COLUMN delegated_links.used_at IS 'When a consent came of it; null before.';
COMMENT ON COLUMN delegated_links.revoked_at IS 'When it was taken back; null unless it was.';

ALTER TABLE authorizations ADD COLUMN link_id uuid REFERENCES delegated_links (id) ON DELETE CASCADE;
CREATE INDEX authorizations_link ON authorizations (link_id);
COMMENT ON COLUMN authorizations.link_id IS 'The link that it was begun with; null when it was begun here.';

ALTER TABLE findings ADD COLUMN of_consent boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN findings.of_consent IS 'Whether a consent that came to nothing left it.';
