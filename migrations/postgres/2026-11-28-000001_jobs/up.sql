CREATE TABLE jobs (
  id uuid PRIMARY KEY,
  kind text COLLATE "C" NOT NULL,
  payload_version integer NOT NULL CHECK (payload_version > 0),
  payload jsonb NOT NULL,
  profile_id uuid REFERENCES integration_profiles (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'WAITING', 'SUCCEEDED', 'FAILED', 'CANCELLED')),
  substate text,
  reason text,
  priority integer NOT NULL,
  available_at timestamptz,
  attempt integer NOT NULL,
  fence bigint NOT NULL,
  lease_owner uuid,
  leased_until timestamptz,
  cancel_requested_at timestamptz,
  last_sequence bigint NOT NULL,
  idempotency_key text,
  unique_key text,
  queued_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  CHECK ((lease_owner IS NULL) = (leased_until IS NULL))
);

INSERT INTO jobs
SELECT
  id, 'sync', 1, jsonb_build_object('processes', processes), profile_id,
  CASE state
    WHEN 'PAUSED_QUOTA' THEN 'WAITING'
    WHEN 'SUSPECT' THEN 'WAITING'
    WHEN 'CANCELLING' THEN 'RUNNING'
    WHEN 'SUCCEEDED_WITH_FINDINGS' THEN 'SUCCEEDED'
    ELSE state
  END,
  CASE WHEN state IN ('PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'SUCCEEDED_WITH_FINDINGS') THEN state END,
  reason, 0, CASE WHEN state <> 'SUSPECT' THEN available_at END, attempt, fence, lease_owner, leased_until,
  CASE WHEN state = 'CANCELLING' THEN coalesce(
    (SELECT max(at) FROM events WHERE stream_id = sync_runs.id AND body ->> 'state' = 'CANCELLING'), queued_at
  ) END,
  last_sequence, idempotency_key, 'prof_' || replace(profile_id::text, '-', ''), queued_at, started_at, finished_at
FROM sync_runs;

CREATE UNIQUE INDEX jobs_open ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state IN ('QUEUED', 'RUNNING', 'WAITING');
CREATE UNIQUE INDEX jobs_idempotency ON jobs (kind, profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL AND profile_id IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency_everywhere ON jobs (kind, idempotency_key) WHERE idempotency_key IS NOT NULL AND profile_id IS NULL;
CREATE INDEX jobs_claim ON jobs (priority DESC, available_at, id) WHERE state IN ('QUEUED', 'WAITING');
CREATE INDEX jobs_lease ON jobs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX jobs_page ON jobs (queued_at, id);
CREATE INDEX jobs_profile ON jobs (profile_id, kind, queued_at, id);

COMMENT ON TABLE jobs IS 'Durable work of every kind, leased by workers.';
COMMENT ON COLUMN jobs.id IS 'Identifier, UUIDv7. A sync run has the identifier of its job.';
COMMENT ON COLUMN jobs.kind IS 'Name of the job kind. A worker claims only the kinds that it knows.';
COMMENT ON COLUMN jobs.payload_version IS 'Version of the payload''s format. A worker claims only the versions that it knows.';
COMMENT ON COLUMN jobs.payload IS 'Parameters of the job, in the format of its kind.';
COMMENT ON COLUMN jobs.profile_id IS 'The profile that the job concerns; null for a job of the whole installation.';
COMMENT ON COLUMN jobs.state IS 'State; QUEUED, RUNNING and WAITING are open, the others are final.';
COMMENT ON COLUMN jobs.substate IS 'The finer state that the kind gives; null where the state says enough.';
COMMENT ON COLUMN jobs.reason IS 'Why the job is in its state, as a sentence; null where the state says enough.';
COMMENT ON COLUMN jobs.priority IS 'Jobs of a higher priority are claimed first; 0 is normal.';
COMMENT ON COLUMN jobs.available_at IS 'Earliest time of the next claim; null while the job waits for a person.';
COMMENT ON COLUMN jobs.attempt IS 'Claims since the job last made durable progress.';
COMMENT ON COLUMN jobs.fence IS 'Incremented by every claim; each write of a worker carries the value of its claim.';
COMMENT ON COLUMN jobs.lease_owner IS 'The worker that holds the lease; null when none does.';
COMMENT ON COLUMN jobs.leased_until IS 'Expiry of the lease, by the database''s clock; null when no worker holds it.';
COMMENT ON COLUMN jobs.cancel_requested_at IS 'Time at which cancellation of the running job was requested; null if it was not.';
COMMENT ON COLUMN jobs.last_sequence IS 'Sequence number of the newest event.';
COMMENT ON COLUMN jobs.idempotency_key IS 'The caller''s key: within a kind and profile the same key always means the same job; null if none was given.';
COMMENT ON COLUMN jobs.unique_key IS 'At most one open job of a kind has the same key; null if any number may be open.';
COMMENT ON COLUMN jobs.queued_at IS 'Time of creation.';
COMMENT ON COLUMN jobs.started_at IS 'Time of the first claim; null before.';
COMMENT ON COLUMN jobs.finished_at IS 'Time at which the job reached a final state; null before.';

CREATE TABLE job_schedules (
  kind text COLLATE "C" PRIMARY KEY,
  next_at timestamptz NOT NULL
);

COMMENT ON TABLE job_schedules IS 'Next scheduled slot of each job kind that runs for the whole installation.';
COMMENT ON COLUMN job_schedules.kind IS 'Name of the job kind.';
COMMENT ON COLUMN job_schedules.next_at IS 'The next slot; a replica takes it by replacing this value.';

DROP INDEX sync_runs_open;
DROP INDEX sync_runs_idempotency;
DROP INDEX sync_runs_claim;
DROP INDEX sync_runs_lease;
DROP INDEX sync_runs_page;
DROP INDEX sync_runs_profile;
ALTER TABLE sync_runs
  DROP COLUMN state,
  DROP COLUMN reason,
  DROP COLUMN idempotency_key,
  DROP COLUMN available_at,
  DROP COLUMN attempt,
  DROP COLUMN fence,
  DROP COLUMN lease_owner,
  DROP COLUMN leased_until,
  DROP COLUMN last_sequence,
  DROP COLUMN queued_at,
  DROP COLUMN started_at,
  DROP COLUMN finished_at,
  ADD CONSTRAINT sync_runs_job FOREIGN KEY (id) REFERENCES jobs (id) ON DELETE CASCADE;
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, id);
COMMENT ON TABLE sync_runs IS 'One execution of a profile''s read processes: what only a sync has beside its job.';
COMMENT ON COLUMN sync_runs.id IS 'Identifier, the same as the job''s.';

ALTER TABLE events DROP CONSTRAINT events_stream_kind_check;
UPDATE events SET
  stream_kind = 'JOB',
  body = CASE WHEN body ->> 'type' <> 'runState' THEN body ELSE jsonb_build_object(
    'type', 'state',
    'state', CASE body ->> 'state'
      WHEN 'PAUSED_QUOTA' THEN 'WAITING'
      WHEN 'SUSPECT' THEN 'WAITING'
      WHEN 'CANCELLING' THEN 'RUNNING'
      WHEN 'SUCCEEDED_WITH_FINDINGS' THEN 'SUCCEEDED'
      ELSE body ->> 'state'
    END,
    'substate', CASE WHEN body ->> 'state' IN ('PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'SUCCEEDED_WITH_FINDINGS') THEN body ->> 'state' END,
    'reason', body ->> 'reason'
  ) END;
ALTER TABLE events ADD CONSTRAINT events_stream_kind_check CHECK (stream_kind IN ('JOB'));
COMMENT ON TABLE events IS 'The event log of each stream, numbered without gaps.';
COMMENT ON COLUMN events.stream_id IS 'The job.';
