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

COMMENT ON TABLE api_tokens IS 'Tokens by which programs are known; what each may do stands in role_assignments.';
COMMENT ON COLUMN api_tokens.id IS 'Ours, UUIDv7; the token itself begins with it.';
COMMENT ON COLUMN api_tokens.name IS 'What people call it.';
COMMENT ON COLUMN api_tokens.hash IS 'SHA-256 of the token; the token is shown once and never stored.';
COMMENT ON COLUMN api_tokens.hint IS 'The last four characters of the token, by which people tell tokens apart.';
COMMENT ON COLUMN api_tokens.created_by IS 'Who made it.';
COMMENT ON COLUMN api_tokens.created_at IS 'When it was made.';
COMMENT ON COLUMN api_tokens.expires_at IS 'From when on it opens nothing; null for one that lasts until it is revoked.';
COMMENT ON COLUMN api_tokens.last_used_at IS 'When it was last used, to the minute; null for never.';
COMMENT ON COLUMN api_tokens.revoked_at IS 'When it was revoked; null for one that is good.';

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

COMMENT ON TABLE role_assignments IS 'Who may do what, and on which profile.';
COMMENT ON COLUMN role_assignments.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN role_assignments.holder_kind IS 'What sort of holder it is.';
COMMENT ON COLUMN role_assignments.holder IS 'A token''s id, a person''s subject at the identity provider, or a group as the provider names it.';
COMMENT ON COLUMN role_assignments.role IS 'What the holder may do.';
COMMENT ON COLUMN role_assignments.profile_id IS 'The only profile it counts for; null for all of them.';
COMMENT ON COLUMN role_assignments.assigned_by IS 'Who gave it.';
COMMENT ON COLUMN role_assignments.assigned_at IS 'When it was given.';
