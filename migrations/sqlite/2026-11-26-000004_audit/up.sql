-- Who did what, before and after it; only ever added to, each row chained to the one before it.
CREATE TABLE audit_events (
  sequence bigint PRIMARY KEY NOT NULL, -- From 1, without gaps.
  at bigint NOT NULL, -- When it was written, by the database's clock.
  attempt blob NOT NULL, -- The same for the beginning and the end of one deed.
  actor text NOT NULL, -- Who did it: a principal's key.
  actor_name text NOT NULL, -- What the actor was called then.
  came_from text NOT NULL, -- The sender's address and what its client calls itself.
  action text NOT NULL, -- What was done: the mutation, or the command of the binary.
  outcome text NOT NULL CHECK (outcome IN ('BEGUN', 'DONE', 'REFUSED', 'FAILED')), -- Written as BEGUN before anything happens, and once more with what became of it.
  subject text, -- The global id of what it was done to; null where there is none yet, or none at all.
  before text, -- The subject before, as JSON, nothing secret; text, because its very bytes are chained.
  after text, -- The subject afterwards, in the same form; null when it is gone or nothing was done.
  note text, -- Why it was refused or failed, or what the actor gave as the reason.
  trace_id text NOT NULL, -- The request's, as in the log.
  previous_hash blob NOT NULL, -- The hash of the row before; zeros for the first.
  hash blob NOT NULL -- HMAC-SHA256 over this row and the hash of the row before, under the key in audit_head.
);
CREATE INDEX audit_events_subject ON audit_events (subject, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor, sequence);

-- The end of the audit log. Its one row is locked while a row is added.
CREATE TABLE audit_head (
  id integer PRIMARY KEY NOT NULL CHECK (id = 1), -- Always 1.
  sequence bigint NOT NULL, -- The number of the last row; 0 for none.
  hash blob NOT NULL, -- The hash of the last row; zeros for none.
  sealed_key blob NOT NULL -- The key of the chain, sealed like other secrets: whoever has only the database cannot forge it.
);
