ALTER TABLE audit_events ADD COLUMN profile_id uuid;
CREATE INDEX audit_events_profile ON audit_events (profile_id, sequence);
COMMENT ON COLUMN audit_events.profile_id IS 'The affected profile; null if several or none are affected.';

CREATE FUNCTION keep_audit_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit log is only ever added to';
END
$$;
CREATE TRIGGER audit_events_are_kept BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_events
  FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_events();
