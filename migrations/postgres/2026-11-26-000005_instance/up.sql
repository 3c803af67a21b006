CREATE TABLE instance (
  id integer PRIMARY KEY CHECK (id = 1),
  epoch uuid NOT NULL,
  generation bigint NOT NULL,
  adopted_at timestamptz,
  adopted_because text
);

COMMENT ON TABLE instance IS 'Which installation this database belongs to; one row. A copy of it next to another installation touches no vendor.';
COMMENT ON COLUMN instance.id IS 'Always 1.';
COMMENT ON COLUMN instance.epoch IS 'The installation''s mark, the same as in the file beside the keys.';
COMMENT ON COLUMN instance.generation IS 'Grows as long as the installation lives: a database that was put back is behind the file.';
COMMENT ON COLUMN instance.adopted_at IS 'When the database was last taken over from elsewhere; null for never.';
COMMENT ON COLUMN instance.adopted_because IS 'Why it was taken over, in the words of whoever did it.';
