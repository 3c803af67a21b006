-- Tokens by which programs are known; what each may do stands in role_assignments.
CREATE TABLE api_tokens (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7; the token itself begins with it.
  name text NOT NULL, -- What people call it.
  hash blob NOT NULL, -- SHA-256 of the token; the token is shown once and never stored.
  hint text NOT NULL, -- The last four characters of the token, by which people tell tokens apart.
  created_by text NOT NULL, -- Who made it.
  created_at bigint NOT NULL, -- When it was made.
  expires_at bigint, -- From when on it opens nothing; null for one that lasts until it is revoked.
  last_used_at bigint, -- When it was last used, to the minute; null for never.
  revoked_at bigint -- When it was revoked; null for one that is good.
);
CREATE INDEX api_tokens_page ON api_tokens (created_at, id);

-- Who may do what, and on which profile.
CREATE TABLE role_assignments (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  holder_kind text NOT NULL CHECK (holder_kind IN ('TOKEN', 'PERSON', 'GROUP')), -- What sort of holder it is.
  holder text NOT NULL, -- A token's id, a person's subject at the identity provider, or a group as the provider names it.
  role text NOT NULL CHECK (role IN ('VIEWER', 'AUDITOR', 'USER', 'APPROVER', 'INTEGRATOR', 'ADMIN')), -- What the holder may do.
  profile_id blob REFERENCES integration_profiles (id), -- The only profile it counts for; null for all of them.
  assigned_by text NOT NULL, -- Who gave it.
  assigned_at bigint NOT NULL -- When it was given.
);
CREATE UNIQUE INDEX role_assignments_everywhere ON role_assignments (holder_kind, holder, role) WHERE profile_id IS NULL;
CREATE UNIQUE INDEX role_assignments_once ON role_assignments (holder_kind, holder, role, profile_id) WHERE profile_id IS NOT NULL;
CREATE INDEX role_assignments_profile ON role_assignments (profile_id);
CREATE INDEX role_assignments_page ON role_assignments (assigned_at, id);
