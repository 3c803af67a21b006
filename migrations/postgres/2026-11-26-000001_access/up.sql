CREATE TABLE api_tokens (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  hash bytea NOT NULL,
  hint text NOT NULL,
  created_by text NOT NULL,
  created_at timestamptz NOT NULL,
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_tokens_page ON api_tokens (created_at, id);

COMMENT ON TABLE api_tokens IS 'API tokens. Their roles are in role_assignments.';
COMMENT ON COLUMN api_tokens.id IS 'UUIDv7. The token starts with it.';
COMMENT ON COLUMN api_tokens.name IS 'Display name.';
COMMENT ON COLUMN api_tokens.hash IS 'SHA-256 of the token. The token itself is not stored.';
COMMENT ON COLUMN api_tokens.hint IS 'Last four characters of the token.';
COMMENT ON COLUMN api_tokens.created_by IS 'The creator.';
COMMENT ON COLUMN api_tokens.created_at IS 'Creation time.';
COMMENT ON COLUMN api_tokens.expires_at IS 'Expiry time; null if the token does not expire.';
COMMENT ON COLUMN api_tokens.last_used_at IS 'Time of last use, accurate to the minute; null if never.';
COMMENT ON COLUMN api_tokens.revoked_at IS 'Revocation time; null if not revoked.';

CREATE TABLE role_assignments (
  id uuid PRIMARY KEY,
  holder_kind text NOT NULL CHECK (holder_kind IN ('TOKEN', 'PERSON', 'GROUP')),
  holder text COLLATE "C" NOT NULL,
  role text NOT NULL CHECK (role IN ('VIEWER', 'AUDITOR', 'USER', 'APPROVER', 'INTEGRATOR', 'ADMIN')),
  profile_id uuid REFERENCES integration_profiles (id),
  assigned_by text NOT NULL,
  assigned_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX role_assignments_everywhere ON role_assignments (holder_kind, holder, role) WHERE profile_id IS NULL;
CREATE UNIQUE INDEX role_assignments_once ON role_assignments (holder_kind, holder, role, profile_id) WHERE profile_id IS NOT NULL;
CREATE INDEX role_assignments_profile ON role_assignments (profile_id);
CREATE INDEX role_assignments_page ON role_assignments (assigned_at, id);

COMMENT ON TABLE role_assignments IS 'Roles granted to tokens, users and groups.';
COMMENT ON COLUMN role_assignments.id IS 'UUIDv7.';
COMMENT ON COLUMN role_assignments.holder_kind IS 'Kind of holder.';
COMMENT ON COLUMN role_assignments.holder IS 'ID of a token, `sub` claim of a user, or name of a group at the identity provider.';
COMMENT ON COLUMN role_assignments.role IS 'The granted role.';
COMMENT ON COLUMN role_assignments.profile_id IS 'The profile that the role is limited to; null for all profiles.';
COMMENT ON COLUMN role_assignments.assigned_by IS 'The caller who granted the role.';
COMMENT ON COLUMN role_assignments.assigned_at IS 'Time when the role was granted.';
