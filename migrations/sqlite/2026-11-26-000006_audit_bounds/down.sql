DROP TRIGGER audit_events_are_kept;
DROP TRIGGER audit_events_stay_as_written;
DROP INDEX audit_events_profile;
ALTER TABLE audit_events DROP COLUMN profile_id;
