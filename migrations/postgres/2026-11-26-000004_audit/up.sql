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

COMMENT ON TABLE audit_events IS 'Audit log. Rows are only added; each contains a MAC over itself and the previous row.';
COMMENT ON COLUMN audit_events.sequence IS 'Sequence number from 1, without gaps.';
COMMENT ON COLUMN audit_events.at IS 'Time of the entry by the database''s clock.';
COMMENT ON COLUMN audit_events.attempt IS 'ID of the operation, the same in both of its entries.';
COMMENT ON COLUMN audit_events.actor IS 'Key of the caller.';
COMMENT ON COLUMN audit_events.actor_name IS 'Display name of the caller at that time.';
COMMENT ON COLUMN audit_events.came_from IS 'IP address and user agent of the caller.';
COMMENT ON COLUMN audit_events.action IS 'Name of the mutation or of the command-line command.';
COMMENT ON COLUMN audit_events.outcome IS 'BEGUN in the entry before the operation; its outcome in the second entry.';
COMMENT ON COLUMN audit_events.subject IS 'Global ID of the affected object; null if there is none yet.';
COMMENT ON COLUMN audit_events.before IS 'The object before the operation, as JSON without secrets. Stored as text because the MAC covers its bytes.';
COMMENT ON COLUMN audit_events.after IS 'The object after the operation, in the same form; null if it was deleted or nothing was changed.';
COMMENT ON COLUMN audit_events.note IS 'Reason of a refusal or failure, or the reason given by the caller.';
COMMENT ON COLUMN audit_events.trace_id IS 'Trace ID of the request, as in the log.';
COMMENT ON COLUMN audit_events.previous_hash IS 'MAC of the previous row; zeros for the first.';
COMMENT ON COLUMN audit_events.hash IS 'HMAC-SHA256 over this row and the MAC of the previous row, with the key in audit_head.';

CREATE TABLE audit_head (
  id integer PRIMARY KEY CHECK (id = 1),
  sequence bigint NOT NULL,
  hash bytea NOT NULL,
  sealed_key bytea NOT NULL
);

COMMENT ON TABLE audit_head IS 'End of the audit log. The single row is locked while a row is added.';
COMMENT ON COLUMN audit_head.id IS 'Always 1.';
COMMENT ON COLUMN audit_head.sequence IS 'Sequence number of the last row; 0 for none.';
COMMENT ON COLUMN audit_head.hash IS 'MAC of the last row; zeros for none.';
COMMENT ON COLUMN audit_head.sealed_key IS 'Key of the MAC, encrypted. The log cannot be forged with the database alone.';
