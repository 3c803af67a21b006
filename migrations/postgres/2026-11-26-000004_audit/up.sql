CREATE TABLE audit_events (
  sequence bigint PRIMARY KEY,
  at timestamptz NOT NULL,
  attempt uuid NOT NULL,
  actor text NOT NULL,
  actor_name text NOT NULL,
  came_from text NOT NULL,
  action text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('BEGUN', 'DONE', 'REFUSED', 'FAILED')),
  subject text,
  before text,
  after text,
  note text,
  trace_id text NOT NULL,
  previous_hash bytea NOT NULL,
  hash bytea NOT NULL
);
CREATE INDEX audit_events_subject ON audit_events (subject, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor, sequence);

COMMENT ON TABLE audit_events IS 'Who did what, before and after it; only ever added to, each row chained to the one before it.';
COMMENT ON COLUMN audit_events.sequence IS 'From 1, without gaps.';
COMMENT ON COLUMN audit_events.at IS 'When it was written, by the database''s clock.';
COMMENT ON COLUMN audit_events.attempt IS 'The same for the beginning and the end of one deed.';
COMMENT ON COLUMN audit_events.actor IS 'Who did it: a principal''s key.';
COMMENT ON COLUMN audit_events.actor_name IS 'What the actor was called then.';
COMMENT ON COLUMN audit_events.came_from IS 'The sender''s address and what its client calls itself.';
COMMENT ON COLUMN audit_events.action IS 'What was done: the mutation, or the command of the binary.';
COMMENT ON COLUMN audit_events.outcome IS 'Written as BEGUN before anything happens, and once more with what became of it.';
COMMENT ON COLUMN audit_events.subject IS 'The global id of what it was done to; null where there is none yet, or none at all.';
COMMENT ON COLUMN audit_events.before IS 'The subject before, as JSON, nothing secret; text, because its very bytes are chained.';
COMMENT ON COLUMN audit_events.after IS 'The subject afterwards, in the same form; null when it is gone or nothing was done.';
COMMENT ON COLUMN audit_events.note IS 'Why it was refused or failed, or what the actor gave as the reason.';
COMMENT ON COLUMN audit_events.trace_id IS 'The request''s, as in the log.';
COMMENT ON COLUMN audit_events.previous_hash IS 'The hash of the row before; zeros for the first.';
COMMENT ON COLUMN audit_events.hash IS 'HMAC-SHA256 over this row and the hash of the row before, under the key in audit_head.';

CREATE TABLE audit_head (
  id integer PRIMARY KEY CHECK (id = 1),
  sequence bigint NOT NULL,
  hash bytea NOT NULL,
  sealed_key bytea NOT NULL
);

COMMENT ON TABLE audit_head IS 'The end of the audit log. Its one row is locked while a row is added.';
COMMENT ON COLUMN audit_head.id IS 'Always 1.';
COMMENT ON COLUMN audit_head.sequence IS 'The number of the last row; 0 for none.';
COMMENT ON COLUMN audit_head.hash IS 'The hash of the last row; zeros for none.';
COMMENT ON COLUMN audit_head.sealed_key IS 'The key of the chain, sealed like other secrets: whoever has only the database cannot forge it.';
