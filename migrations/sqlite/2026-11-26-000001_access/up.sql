-- API tokens. Their roles are in role_assignments.
CREATE TABLE api_tokens (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7. The token starts with it.
  name text NOT NULL, -- Display name.
  hash blob NOT NULL, -- SHA-256 of the token. The token itself is not stored.
  hint text NOT NULL, -- Last four characters of the token.
  created_by text NOT NULL, -- The creator.
  created_at bigint NOT NULL, -- Creation time.
  expires_at bigint, -- Expiry time; null if the token does not expire.
  last_used_at bigint, -- Time of last use, accurate to the minute; null if never.
  revoked_at bigint -- Revocation time; null if not revoked.
);
CREATE INDEX api_tokens_page ON api_tokens (created_at, id);

-- Roles granted to tokens, users and groups.
CREATE TABLE role_assignments (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  holder_kind text NOT NULL CHECK (holder_kind IN ('TOKEN', 'PERSON', 'GROUP')), -- Kind of holder.
  holder text NOT NULL, -- ID of a token, `sub` claim of a user, or name of a group at the identity provider.
  role text NOT NULL CHECK (role IN ('VIEWER', 'AUDITOR', 'USER', 'APPROVER', 'INTEGRATOR', 'ADMIN')), -- The granted role.
  profile_id blob REFERENCES integration_profiles (id), -- The profile that the role is limited to; null for all profiles.
  assigned_by text NOT NULL, -- The caller who granted the role.
  assigned_at bigint NOT NULL -- Time when the role was granted.
);
CREATE UNIQUE INDEX role_assignments_everywhere ON role_assignments (holder_kind, holder, role) WHERE profile_id IS NULL;
CREATE UNIQUE INDEX role_assignments_once ON role_assignments (holder_kind, holder, role, profile_id) WHERE profile_id IS NOT NULL;
CREATE INDEX role_assignments_profile ON role_assignments (profile_id);
CREATE INDEX role_assignments_page ON role_assignments (assigned_at, id);
