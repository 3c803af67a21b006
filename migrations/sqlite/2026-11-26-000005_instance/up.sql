-- Which installation this database belongs to; one row. A copy of it next to another installation touches no vendor.
CREATE TABLE instance (
  id integer PRIMARY KEY NOT NULL CHECK (id = 1), -- Always 1.
  epoch blob NOT NULL, -- The installation's mark, the same as in the file beside the keys.
  generation bigint NOT NULL, -- Grows as long as the installation lives: a database that was put back is behind the file.
  adopted_at bigint, -- When the database was last taken over from elsewhere; null for never.
  adopted_because text -- Why it was taken over, in the words of whoever did it.
);
