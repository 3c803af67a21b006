ALTER TABLE findings DROP COLUMN of_consent;
ALTER TABLE authorizations DROP COLUMN link_id;
DROP TABLE delegated_links;
ALTER TABLE connection_aliases DROP COLUMN username;
