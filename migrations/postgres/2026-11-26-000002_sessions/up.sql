CREATE TABLE login_attempts (
  state_hash bytea PRIMARY KEY,
  browser_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  return_path text NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX login_attempts_age ON login_attempts (created_at);

COMMENT ON TABLE login_attempts IS 'Started logins. Each can be completed once.';
COMMENT ON COLUMN login_attempts.state_hash IS 'SHA-256 of the OpenID Connect state.';
COMMENT ON COLUMN login_attempts.browser_hash IS 'SHA-256 of the browser''s cookie. Only the same browser can complete the login.';
COMMENT ON COLUMN login_attempts.sealed IS 'The nonce and the PKCE verifier, encrypted.';
COMMENT ON COLUMN login_attempts.return_path IS 'Path to redirect to after the login.';
COMMENT ON COLUMN login_attempts.created_at IS 'Creation time.';
COMMENT ON COLUMN login_attempts.used_at IS 'Time when the browser returned with the state; null before. The row cannot be used again.';

CREATE TABLE sessions (
  id uuid PRIMARY KEY,
  token_hash bytea NOT NULL,
  issuer text NOT NULL,
  subject text NOT NULL,
  name text NOT NULL,
  email text,
  groups jsonb NOT NULL,
  id_token bytea,
  created_at timestamptz NOT NULL,
  last_seen_at timestamptz NOT NULL,
  expires_at timestamptz NOT NULL,
  ended_at timestamptz
);
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_expiry ON sessions (expires_at);

COMMENT ON TABLE sessions IS 'Login sessions of users.';
COMMENT ON COLUMN sessions.id IS 'Identifies the session without revealing its token.';
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the token in the session cookie.';
COMMENT ON COLUMN sessions.issuer IS 'Issuer URL of the OpenID provider. A subject is only unique per issuer.';
COMMENT ON COLUMN sessions.subject IS 'Immutable `sub` claim of the user.';
COMMENT ON COLUMN sessions.name IS 'Display name of the user.';
COMMENT ON COLUMN sessions.email IS 'E-mail address from the provider; null if not provided.';
COMMENT ON COLUMN sessions.groups IS 'Values of the group claim at login, a JSON array of strings.';
COMMENT ON COLUMN sessions.id_token IS 'ID token of the login, encrypted; required for the logout at the provider; null if the provider does not support it.';
COMMENT ON COLUMN sessions.created_at IS 'Login time.';
COMMENT ON COLUMN sessions.last_seen_at IS 'Time of last use, accurate to about a minute.';
COMMENT ON COLUMN sessions.expires_at IS 'Expiry time, regardless of use.';
COMMENT ON COLUMN sessions.ended_at IS 'Time when the user logged out, or logged in again in the same browser; null if neither happened.';
