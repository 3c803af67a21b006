CREATE TABLE instance (
  id integer PRIMARY KEY CHECK (id = 1),
  epoch uuid NOT NULL,
  generation bigint NOT NULL,
  adopted_at timestamptz,
  adopted_because text
);

COMMENT ON TABLE instance IS 'The installation that this database belongs to, one row. A copy next to another installation is quarantined.';
COMMENT ON COLUMN instance.id IS 'Always 1.';
COMMENT ON COLUMN instance.epoch IS 'ID of the installation, the same as in the file beside the keys.';
COMMENT ON COLUMN instance.generation IS 'Grows over the life of the installation. A restored database is behind the file.';
COMMENT ON COLUMN instance.adopted_at IS 'Time when the database was last adopted; null if never.';
COMMENT ON COLUMN instance.adopted_because IS 'Reason for the adoption.';
