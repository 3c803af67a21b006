ALTER TABLE integration_profiles ADD COLUMN organization_checked_at bigint; -- Time when the current connection last reached the organisation; null if the connection has changed since.
