-- Started logins. Each can be completed once.
CREATE TABLE login_attempts (
  state_hash blob PRIMARY KEY NOT NULL, -- SHA-256 of the OpenID Connect state.
  browser_hash blob NOT NULL, -- SHA-256 of the browser's cookie. Only the same browser can complete the login.
  sealed blob NOT NULL, -- The nonce and the PKCE verifier, encrypted.
  return_path text NOT NULL, -- Path to redirect to after the login.
  created_at bigint NOT NULL, -- Creation time.
  used_at bigint -- Time when the browser returned with the state; null before. The row cannot be used again.
) WITHOUT ROWID;
CREATE INDEX login_attempts_age ON login_attempts (created_at);

-- Login sessions of users.
CREATE TABLE sessions (
  id blob PRIMARY KEY NOT NULL, -- Identifies the session without revealing its token.
  token_hash blob NOT NULL, -- SHA-256 of the token in the session cookie.
  issuer text NOT NULL, -- Issuer URL of the OpenID provider. A subject is only unique per issuer.
  subject text NOT NULL, -- Immutable `sub` claim of the user.
  name text NOT NULL, -- Display name of the user.
  email text, -- E-mail address from the provider; null if not provided.
  groups text NOT NULL, -- Values of the group claim at login, a JSON array of strings.
  id_token blob, -- ID token of the login, encrypted; required for the logout at the provider; null if the provider does not support it.
  created_at bigint NOT NULL, -- Login time.
  last_seen_at bigint NOT NULL, -- Time of last use, accurate to about a minute.
  expires_at bigint NOT NULL, -- Expiry time, regardless of use.
  ended_at bigint -- Time when the user logged out, or logged in again in the same browser; null if neither happened.
) WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_expiry ON sessions (expires_at);
