ALTER TABLE findings DROP COLUMN of_consent;
DROP INDEX authorizations_link;
ALTER TABLE authorizations DROP COLUMN link_id;
DROP TABLE delegated_links;
ALTER TABLE connection_aliases DROP COLUMN username;
