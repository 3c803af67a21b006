-- up postgres
ALTER TABLE sync_seen DROP CONSTRAINT sync_seen_kind_check;
ALTER TABLE sync_seen ADD CONSTRAINT sync_seen_kind_check
  CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL', 'ACTIVITY', 'CONSUMPTION'));
-- up sqlite
CREATE TABLE sync_seen_of_every_kind (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL', 'ACTIVITY', 'CONSUMPTION')), -- Kind of record.
  record_id blob NOT NULL, -- The record's id in its own table.
  PRIMARY KEY (run_id, kind, record_id)
) WITHOUT ROWID;
INSERT INTO sync_seen_of_every_kind SELECT run_id, kind, record_id FROM sync_seen;
DROP TABLE sync_seen;
ALTER TABLE sync_seen_of_every_kind RENAME TO sync_seen;
-- down
DELETE FROM sync_seen WHERE kind IN ('ACTIVITY', 'CONSUMPTION');
-- down postgres
ALTER TABLE sync_seen DROP CONSTRAINT sync_seen_kind_check;
ALTER TABLE sync_seen ADD CONSTRAINT sync_seen_kind_check CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL'));
-- down sqlite
CREATE TABLE sync_seen_of_three_kinds (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL')), -- Kind of record.
  record_id blob NOT NULL, -- The record's id in its own table.
  PRIMARY KEY (run_id, kind, record_id)
) WITHOUT ROWID;
INSERT INTO sync_seen_of_three_kinds SELECT run_id, kind, record_id FROM sync_seen;
DROP TABLE sync_seen;
ALTER TABLE sync_seen_of_three_kinds RENAME TO sync_seen;
