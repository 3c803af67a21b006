ALTER TABLE connection_aliases ADD COLUMN username text; -- The login of the user that the application signs for; null under other grants.

-- Links that let somebody without an account here consent for one alias, once.
CREATE TABLE delegated_links (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- The alias to be connected.
  token_hash blob NOT NULL, -- SHA-256 of the token in the link, which nobody keeps.
  created_by text NOT NULL, -- Who made it.
  client_id text, -- The application's public id at the vendor; null for the one that the alias has.
  sealed blob, -- The application's secret, sealed like other secrets; null when it has none or the alias has it.
  created_at bigint NOT NULL, -- When it was made.
  expires_at bigint NOT NULL, -- After this nothing is begun with it.
  used_at bigint, -- When a consent came of it; null before.
  revoked_at bigint -- When it was taken back; null unless it was.
);
CREATE UNIQUE INDEX delegated_links_token ON delegated_links (token_hash);
CREATE INDEX delegated_links_alias ON delegated_links (alias_id);

ALTER TABLE authorizations ADD COLUMN link_id blob REFERENCES delegated_links (id) ON DELETE CASCADE; -- The link that it was begun with; null when it was begun here.
CREATE INDEX authorizations_link ON authorizations (link_id);

ALTER TABLE findings ADD COLUMN of_consent boolean NOT NULL DEFAULT 0; -- Whether a consent that came to nothing left it.
