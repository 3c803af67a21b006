-- Durable work of every kind, leased by workers.
CREATE TABLE jobs (
  id blob PRIMARY KEY NOT NULL, -- Identifier, UUIDv7. A sync run has the identifier of its job.
  kind text NOT NULL, -- Name of the job kind. A worker claims only the kinds that it knows.
  payload_version integer NOT NULL CHECK (payload_version > 0), -- Version of the payload's format. A worker claims only the versions that it knows.
  payload text NOT NULL, -- Parameters of the job, in the format of its kind.
  profile_id blob REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile that the job concerns; null for a job of the whole installation.
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'WAITING', 'SUCCEEDED', 'FAILED', 'CANCELLED')), -- State; QUEUED, RUNNING and WAITING are open, the others are final.
  substate text, -- The finer state that the kind gives; null where the state says enough.
  reason text, -- Why the job is in its state, as a sentence; null where the state says enough.
  priority integer NOT NULL, -- Jobs of a higher priority are claimed first; 0 is normal.
  available_at bigint, -- Earliest time of the next claim; null while the job waits for a person.
  attempt integer NOT NULL, -- Claims since the job last made durable progress.
  fence bigint NOT NULL, -- Incremented by every claim; each write of a worker carries the value of its claim.
  lease_owner blob, -- The worker that holds the lease; null when none does.
  leased_until bigint, -- Expiry of the lease, by the database's clock; null when no worker holds it.
  cancel_requested_at bigint, -- Time at which cancellation of the running job was requested; null if it was not.
  last_sequence bigint NOT NULL, -- Sequence number of the newest event.
  idempotency_key text, -- The caller's key: within a kind and profile the same key always means the same job; null if none was given.
  unique_key text, -- At most one open job of a kind has the same key; null if any number may be open.
  queued_at bigint NOT NULL, -- Time of creation.
  started_at bigint, -- Time of the first claim; null before.
  finished_at bigint, -- Time at which the job reached a final state; null before.
  CHECK ((lease_owner IS NULL) = (leased_until IS NULL))
);

INSERT INTO jobs
SELECT
  id, 'sync', 1, json_object('processes', json(processes)), profile_id,
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
    (SELECT max(at) FROM events WHERE stream_id = sync_runs.id AND json_extract(body, '$.state') = 'CANCELLING'), queued_at
  ) END,
  last_sequence, idempotency_key, 'prof_' || lower(hex(profile_id)), queued_at, started_at, finished_at
FROM sync_runs;

CREATE UNIQUE INDEX jobs_open ON jobs (kind, unique_key) WHERE unique_key IS NOT NULL AND state IN ('QUEUED', 'RUNNING', 'WAITING');
CREATE UNIQUE INDEX jobs_idempotency ON jobs (kind, profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL AND profile_id IS NOT NULL;
CREATE UNIQUE INDEX jobs_idempotency_everywhere ON jobs (kind, idempotency_key) WHERE idempotency_key IS NOT NULL AND profile_id IS NULL;
CREATE INDEX jobs_claim ON jobs (priority DESC, available_at, id) WHERE state IN ('QUEUED', 'WAITING');
CREATE INDEX jobs_lease ON jobs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX jobs_page ON jobs (queued_at, id);
CREATE INDEX jobs_profile ON jobs (profile_id, kind, queued_at, id);

-- Next scheduled slot of each job kind that runs for the whole installation.
CREATE TABLE job_schedules (
  kind text PRIMARY KEY NOT NULL, -- Name of the job kind.
  next_at bigint NOT NULL -- The next slot; a replica takes it by replacing this value.
) WITHOUT ROWID;

-- The migration's connection does not enforce foreign keys: dropping the old table leaves the rows that refer to it.
-- One execution of a profile's read processes: what only a sync has beside its job.
CREATE TABLE new_sync_runs (
  id blob PRIMARY KEY NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, -- Identifier, the same as the job's.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  trigger text NOT NULL CHECK (trigger IN ('PUBLISH', 'SCHEDULE', 'MANUAL', 'RESUME')), -- What started it.
  processes text NOT NULL, -- The processes asked for, an array of names.
  suspect_confirmed boolean NOT NULL, -- Whether a person confirmed that many records really vanished.
  api_calls bigint NOT NULL, -- Calls to the vendor so far.
  accounts_seen bigint NOT NULL, -- Accounts that pages named, each page by itself.
  accounts_added bigint NOT NULL, -- Accounts that were new.
  accounts_changed bigint NOT NULL, -- Accounts that differed from what was known.
  accounts_retired bigint NOT NULL, -- Accounts that vanished.
  subscriptions_seen bigint NOT NULL, -- Subscriptions that pages named.
  subscriptions_added bigint NOT NULL, -- Subscriptions that were new.
  subscriptions_changed bigint NOT NULL, -- Subscriptions that differed from what was known.
  subscriptions_retired bigint NOT NULL, -- Subscriptions that vanished.
  rejected bigint NOT NULL -- Vendor rows left out.
);
INSERT INTO new_sync_runs SELECT id, profile_id, trigger, processes, suspect_confirmed, api_calls, accounts_seen, accounts_added, accounts_changed, accounts_retired, subscriptions_seen, subscriptions_added, subscriptions_changed, subscriptions_retired, rejected FROM sync_runs;
DROP TABLE sync_runs;
ALTER TABLE new_sync_runs RENAME TO sync_runs;
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, id);

-- The event log of each stream, numbered without gaps.
CREATE TABLE new_events (
  stream_kind text NOT NULL CHECK (stream_kind IN ('JOB')), -- What the stream is about.
  stream_id blob NOT NULL, -- The job.
  sequence bigint NOT NULL, -- From 1, without gaps within the stream.
  at bigint NOT NULL, -- When it was written.
  body text NOT NULL, -- What happened.
  PRIMARY KEY (stream_kind, stream_id, sequence)
) WITHOUT ROWID;
INSERT INTO new_events
SELECT 'JOB', stream_id, sequence, at, CASE WHEN json_extract(body, '$.type') <> 'runState' THEN body ELSE json_object(
  'type', 'state',
  'state', CASE json_extract(body, '$.state')
    WHEN 'PAUSED_QUOTA' THEN 'WAITING'
    WHEN 'SUSPECT' THEN 'WAITING'
    WHEN 'CANCELLING' THEN 'RUNNING'
    WHEN 'SUCCEEDED_WITH_FINDINGS' THEN 'SUCCEEDED'
    ELSE json_extract(body, '$.state')
  END,
  'substate', CASE WHEN json_extract(body, '$.state') IN ('PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'SUCCEEDED_WITH_FINDINGS') THEN json_extract(body, '$.state') END,
  'reason', json_extract(body, '$.reason')
) END FROM events;
DROP TABLE events;
ALTER TABLE new_events RENAME TO events;
