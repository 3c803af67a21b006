ALTER TABLE integration_profiles ADD COLUMN organization_checked_at timestamptz;
COMMENT ON COLUMN integration_profiles.organization_checked_at IS 'When the connection, as it is now, was seen to lead to the organisation; null when it was changed since.';
