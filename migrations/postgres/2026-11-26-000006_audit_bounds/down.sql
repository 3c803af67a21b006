DROP TRIGGER audit_events_are_kept ON audit_events;
DROP FUNCTION keep_audit_events();
DROP INDEX audit_events_profile;
ALTER TABLE audit_events DROP COLUMN profile_id;
