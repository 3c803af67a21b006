ALTER TABLE audit_events ADD COLUMN profile_id blob; -- The affected profile; null if several or none are affected.
CREATE INDEX audit_events_profile ON audit_events (profile_id, sequence);

CREATE TRIGGER audit_events_stay_as_written BEFORE UPDATE ON audit_events
BEGIN
  SELECT RAISE(ABORT, 'the audit log is only ever added to');
END;
CREATE TRIGGER audit_events_are_kept BEFORE DELETE ON audit_events
BEGIN
  SELECT RAISE(ABORT, 'the audit log is only ever added to');
END;
