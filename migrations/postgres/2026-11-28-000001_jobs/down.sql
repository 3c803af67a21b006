ALTER TABLE events DROP CONSTRAINT events_stream_kind_check;
DELETE FROM events WHERE stream_id NOT IN (SELECT id FROM sync_runs) OR body ->> 'type' NOT IN ('state', 'stage', 'finding');
UPDATE events SET
  stream_kind = 'SYNC_RUN',
  body = CASE WHEN body ->> 'type' <> 'state' THEN body ELSE jsonb_build_object(
    'type', 'runState', 'state', coalesce(body ->> 'substate', body ->> 'state'), 'reason', body ->> 'reason'
  ) END;
ALTER TABLE events ADD CONSTRAINT events_stream_kind_check CHECK (stream_kind IN ('SYNC_RUN'));
COMMENT ON TABLE events IS 'Numbered news of a stream, without gaps.';
COMMENT ON COLUMN events.stream_id IS 'The run.';

DROP INDEX sync_runs_profile;
ALTER TABLE sync_runs
  DROP CONSTRAINT sync_runs_job,
  ADD COLUMN state text CHECK (state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'CANCELLED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED_WITH_FINDINGS')),
  ADD COLUMN reason text,
  ADD COLUMN idempotency_key text,
  ADD COLUMN available_at timestamptz,
  ADD COLUMN attempt integer,
  ADD COLUMN fence bigint,
  ADD COLUMN lease_owner uuid,
  ADD COLUMN leased_until timestamptz,
  ADD COLUMN last_sequence bigint,
  ADD COLUMN queued_at timestamptz,
  ADD COLUMN started_at timestamptz,
  ADD COLUMN finished_at timestamptz;
UPDATE sync_runs SET
  state = coalesce(jobs.substate, jobs.state), reason = jobs.reason, idempotency_key = jobs.idempotency_key,
  available_at = coalesce(jobs.available_at, jobs.queued_at), attempt = jobs.attempt, fence = jobs.fence,
  lease_owner = jobs.lease_owner, leased_until = jobs.leased_until, last_sequence = jobs.last_sequence,
  queued_at = jobs.queued_at, started_at = jobs.started_at, finished_at = jobs.finished_at
FROM jobs WHERE jobs.id = sync_runs.id;
ALTER TABLE sync_runs
  ALTER COLUMN state SET NOT NULL,
  ALTER COLUMN available_at SET NOT NULL,
  ALTER COLUMN attempt SET NOT NULL,
  ALTER COLUMN fence SET NOT NULL,
  ALTER COLUMN last_sequence SET NOT NULL,
  ALTER COLUMN queued_at SET NOT NULL,
  ADD CHECK ((lease_owner IS NULL) = (leased_until IS NULL));
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (profile_id) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING');
CREATE UNIQUE INDEX sync_runs_idempotency ON sync_runs (profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_runs_claim ON sync_runs (available_at, id) WHERE state IN ('QUEUED', 'PAUSED_QUOTA');
CREATE INDEX sync_runs_lease ON sync_runs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX sync_runs_page ON sync_runs (queued_at, id);
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, queued_at, id);

DROP TABLE job_schedules;
DROP TABLE jobs;
