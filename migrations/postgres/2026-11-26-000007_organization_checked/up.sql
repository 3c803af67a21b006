ALTER TABLE integration_profiles ADD COLUMN organization_checked_at timestamptz;
COMMENT ON COLUMN integration_profiles.organization_checked_at IS 'Time when the current connection last reached the organisation; null if the connection has changed since.';
