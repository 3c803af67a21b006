-- The installation that this database belongs to, one row. A copy next to another installation is quarantined.
CREATE TABLE instance (
  id integer PRIMARY KEY NOT NULL CHECK (id = 1), -- Always 1.
  epoch blob NOT NULL, -- ID of the installation, the same as in the file beside the keys.
  generation bigint NOT NULL, -- Grows over the life of the installation. A restored database is behind the file.
  adopted_at bigint, -- Time when the database was last adopted; null if never.
  adopted_because text -- Reason for the adoption.
);
