CREATE TABLE login_attempts (
  state_hash bytea PRIMARY KEY,
  browser_hash bytea NOT NULL,
  sealed bytea NOT NULL,
  return_path text NOT NULL,
  created_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX login_attempts_age ON login_attempts (created_at);

COMMENT ON TABLE login_attempts IS 'Logins that were begun; each is finished at most once.';
COMMENT ON COLUMN login_attempts.state_hash IS 'SHA-256 of the state that comes back with the code.';
COMMENT ON COLUMN login_attempts.browser_hash IS 'SHA-256 of the cookie of the browser that began it, and alone may finish it.';
COMMENT ON COLUMN login_attempts.sealed IS 'The nonce and the PKCE verifier, sealed like other secrets.';
COMMENT ON COLUMN login_attempts.return_path IS 'Where the person goes once they are logged in; a path of ours.';
COMMENT ON COLUMN login_attempts.created_at IS 'When it was begun.';
COMMENT ON COLUMN login_attempts.used_at IS 'When the browser came back with the state; null until then, and worthless afterwards.';

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

COMMENT ON TABLE sessions IS 'People who are, or were, logged in.';
COMMENT ON COLUMN sessions.id IS 'Ours; says which session without giving it away.';
COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the token in the person''s cookie.';
COMMENT ON COLUMN sessions.issuer IS 'The OpenID provider that said who it is; a subject means nothing without it.';
COMMENT ON COLUMN sessions.subject IS 'The provider''s unchanging name for the person.';
COMMENT ON COLUMN sessions.name IS 'What people call the person.';
COMMENT ON COLUMN sessions.email IS 'The person''s address, as the provider knows it; null when it gave none.';
COMMENT ON COLUMN sessions.groups IS 'The values of the group claim, a list of texts, as they were at login.';
COMMENT ON COLUMN sessions.id_token IS 'The provider''s token about this login, sealed like other secrets, shown to it at logout; null when it cannot end a session.';
COMMENT ON COLUMN sessions.created_at IS 'When the person logged in.';
COMMENT ON COLUMN sessions.last_seen_at IS 'When the session was last used, to about a minute.';
COMMENT ON COLUMN sessions.expires_at IS 'When it ends, however much it is used.';
COMMENT ON COLUMN sessions.ended_at IS 'When the person logged out, or logged in anew in the same browser; null while neither happened.';
