DROP TABLE authorizations;
ALTER TABLE connection_aliases DROP COLUMN refreshing_until;
