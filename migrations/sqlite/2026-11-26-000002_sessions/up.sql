-- Logins that were begun; each is finished at most once.
CREATE TABLE login_attempts (
  state_hash blob PRIMARY KEY NOT NULL, -- SHA-256 of the state that comes back with the code.
  browser_hash blob NOT NULL, -- SHA-256 of the cookie of the browser that began it, and alone may finish it.
  sealed blob NOT NULL, -- The nonce and the PKCE verifier, sealed like other secrets.
  return_path text NOT NULL, -- Where the person goes once they are logged in; a path of ours.
  created_at bigint NOT NULL, -- When it was begun.
  used_at bigint -- When the browser came back with the state; null until then, and worthless afterwards.
) WITHOUT ROWID;
CREATE INDEX login_attempts_age ON login_attempts (created_at);

-- People who are, or were, logged in.
CREATE TABLE sessions (
  id blob PRIMARY KEY NOT NULL, -- Ours; says which session without giving it away.
  token_hash blob NOT NULL, -- SHA-256 of the token in the person's cookie.
  issuer text NOT NULL, -- The OpenID provider that said who it is; a subject means nothing without it.
  subject text NOT NULL, -- The provider's unchanging name for the person.
  name text NOT NULL, -- What people call the person.
  email text, -- The person's address, as the provider knows it; null when it gave none.
  groups text NOT NULL, -- The values of the group claim, a list of texts, as they were at login.
  id_token blob, -- The provider's token about this login, sealed like other secrets, shown to it at logout; null when it cannot end a session.
  created_at bigint NOT NULL, -- When the person logged in.
  last_seen_at bigint NOT NULL, -- When the session was last used, to about a minute.
  expires_at bigint NOT NULL, -- When it ends, however much it is used.
  ended_at bigint -- When the person logged out, or logged in anew in the same browser; null while neither happened.
) WITHOUT ROWID;
CREATE UNIQUE INDEX sessions_token ON sessions (token_hash);
CREATE INDEX sessions_expiry ON sessions (expires_at);
