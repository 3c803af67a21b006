-- Audit log. Rows are only added; each contains a MAC over itself and the previous row.
CREATE TABLE audit_events (
  sequence bigint PRIMARY KEY NOT NULL, -- Sequence number from 1, without gaps.
  at bigint NOT NULL, -- Time of the entry by the database's clock.
  attempt blob NOT NULL, -- ID of the operation, the same in both of its entries.
  actor text NOT NULL, -- Key of the caller.
  actor_name text NOT NULL, -- Display name of the caller at that time.
  came_from text NOT NULL, -- IP address and user agent of the caller.
  action text NOT NULL, -- Name of the mutation or of the command-line command.
  outcome text NOT NULL CHECK (outcome IN ('BEGUN', 'DONE', 'REFUSED', 'FAILED')), -- BEGUN in the entry before the operation; its outcome in the second entry.
  subject text, -- Global ID of the affected object; null if there is none yet.
  before text, -- The object before the operation, as JSON without secrets. Stored as text because the MAC covers its bytes.
  after text, -- The object after the operation, in the same form; null if it was deleted or nothing was changed.
  note text, -- Reason of a refusal or failure, or the reason given by the caller.
  trace_id text NOT NULL, -- Trace ID of the request, as in the log.
  previous_hash blob NOT NULL, -- MAC of the previous row; zeros for the first.
  hash blob NOT NULL -- HMAC-SHA256 over this row and the MAC of the previous row, with the key in audit_head.
);
CREATE INDEX audit_events_subject ON audit_events (subject, sequence);
CREATE INDEX audit_events_actor ON audit_events (actor, sequence);

-- End of the audit log. The single row is locked while a row is added.
CREATE TABLE audit_head (
  id integer PRIMARY KEY NOT NULL CHECK (id = 1), -- Always 1.
  sequence bigint NOT NULL, -- Sequence number of the last row; 0 for none.
  hash blob NOT NULL, -- MAC of the last row; zeros for none.
  sealed_key blob NOT NULL -- Key of the MAC, encrypted. The log cannot be forged with the database alone.
);
