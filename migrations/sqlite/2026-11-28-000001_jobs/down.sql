-- The migration's connection does not enforce foreign keys: dropping the table leaves the rows that refer to it.
-- One execution of a profile's read processes; a row of leased work.
CREATE TABLE old_sync_runs (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'CANCELLED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED_WITH_FINDINGS')), -- Where it is in its life; five states are open, at most one open run per profile.
  reason text, -- Why it is in that state, for people; null where there is nothing to say.
  trigger text NOT NULL CHECK (trigger IN ('PUBLISH', 'SCHEDULE', 'MANUAL', 'RESUME')), -- What started it.
  processes text NOT NULL, -- The processes asked for, an array of names.
  idempotency_key text, -- The caller's key; the same key of a profile always means the same run; null when none was given.
  suspect_confirmed boolean NOT NULL, -- Whether a person confirmed that many records really vanished.
  available_at bigint NOT NULL, -- Not claimed before this; the wake-up time of a paused run.
  attempt integer NOT NULL, -- Claims since the last committed page.
  fence bigint NOT NULL, -- Grows with every claim; a worker's write carries the one it was given.
  lease_owner blob, -- The worker that holds it; null when nobody does.
  leased_until bigint, -- When the lease runs out, by the database's clock; null when nobody holds it.
  last_sequence bigint NOT NULL, -- Number of its newest event.
  api_calls bigint NOT NULL, -- Calls to the vendor so far.
  accounts_seen bigint NOT NULL, -- Accounts that pages named, each page by itself.
  accounts_added bigint NOT NULL, -- Accounts that were new.
  accounts_changed bigint NOT NULL, -- Accounts that differed from what was known.
  accounts_retired bigint NOT NULL, -- Accounts that vanished.
  subscriptions_seen bigint NOT NULL, -- Subscriptions that pages named.
  subscriptions_added bigint NOT NULL, -- Subscriptions that were new.
  subscriptions_changed bigint NOT NULL, -- Subscriptions that differed from what was known.
  subscriptions_retired bigint NOT NULL, -- Subscriptions that vanished.
  rejected bigint NOT NULL, -- Vendor rows left out.
  queued_at bigint NOT NULL, -- When it was asked for.
  started_at bigint, -- When it was first claimed; null before.
  finished_at bigint, -- When it ended; null while open.
  CHECK ((lease_owner IS NULL) = (leased_until IS NULL))
);
INSERT INTO old_sync_runs SELECT
  sync_runs.id, sync_runs.profile_id, coalesce(jobs.substate, jobs.state), jobs.reason, sync_runs.trigger, sync_runs.processes, jobs.idempotency_key, sync_runs.suspect_confirmed, coalesce(jobs.available_at, jobs.queued_at), jobs.attempt, jobs.fence, jobs.lease_owner, jobs.leased_until, jobs.last_sequence, sync_runs.api_calls, sync_runs.accounts_seen, sync_runs.accounts_added, sync_runs.accounts_changed, sync_runs.accounts_retired, sync_runs.subscriptions_seen, sync_runs.subscriptions_added, sync_runs.subscriptions_changed, sync_runs.subscriptions_retired, sync_runs.rejected, jobs.queued_at, jobs.started_at, jobs.finished_at
FROM sync_runs INNER JOIN jobs ON jobs.id = sync_runs.id;
DROP TABLE sync_runs;
ALTER TABLE old_sync_runs RENAME TO sync_runs;
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (profile_id) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING');
CREATE UNIQUE INDEX sync_runs_idempotency ON sync_runs (profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_runs_claim ON sync_runs (available_at, id) WHERE state IN ('QUEUED', 'PAUSED_QUOTA');
CREATE INDEX sync_runs_lease ON sync_runs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX sync_runs_page ON sync_runs (queued_at, id);
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, queued_at, id);

-- Numbered news of a stream, without gaps.
CREATE TABLE new_events (
  stream_kind text NOT NULL CHECK (stream_kind IN ('SYNC_RUN')), -- What the stream is about.
  stream_id blob NOT NULL, -- The run.
  sequence bigint NOT NULL, -- From 1, without gaps within the stream.
  at bigint NOT NULL, -- When it was written.
  body text NOT NULL, -- What happened.
  PRIMARY KEY (stream_kind, stream_id, sequence)
) WITHOUT ROWID;
INSERT INTO new_events
SELECT 'SYNC_RUN', stream_id, sequence, at, CASE WHEN json_extract(body, '$.type') <> 'state' THEN body ELSE json_object(
  'type', 'runState',
  'state', coalesce(json_extract(body, '$.substate'), json_extract(body, '$.state')),
  'reason', json_extract(body, '$.reason')
) END FROM events
WHERE stream_id IN (SELECT id FROM sync_runs) AND json_extract(body, '$.type') IN ('state', 'stage', 'finding');
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;

DROP TABLE job_schedules;
DROP TABLE jobs;
