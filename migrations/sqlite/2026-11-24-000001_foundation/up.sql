-- The same schema as on PostgreSQL: ids are 16-byte blobs, times are microseconds since 1970 UTC, documents are JSON text.

-- Named connections with their credentials. Children inherit the properties of their parent.
CREATE TABLE connection_aliases (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  connector text NOT NULL, -- Key of the connector, such as `salesforce`.
  name text NOT NULL, -- Unique name, case-sensitive.
  parent_id blob REFERENCES connection_aliases (id), -- The parent alias; null for a parent. One level only.
  instance_url text, -- URL of the organisation; null if inherited or unknown.
  properties text NOT NULL, -- Own properties, without secrets and inherited values.
  grant_type text CHECK (grant_type IN ('AUTHORIZATION_CODE', 'CLIENT_CREDENTIALS', 'JWT_BEARER')), -- OAuth grant type; null if there is no credential.
  credential_state text NOT NULL CHECK (credential_state IN ('MISSING', 'READY', 'REAUTH_REQUIRED', 'REVOKED')), -- State of the credential.
  client_id text, -- OAuth client ID; null if there is no credential.
  granted_scopes text NOT NULL, -- OAuth scopes granted by the vendor, a JSON array of strings.
  principal text, -- Vendor user that the connection acts as; null until known.
  obtained_at bigint, -- Time when the credential was last stored or accepted; null if there is none.
  created_at bigint NOT NULL, -- Creation time.
  updated_at bigint NOT NULL -- Time of the last change.
);
CREATE UNIQUE INDEX connection_aliases_name ON connection_aliases (name);
CREATE INDEX connection_aliases_parent ON connection_aliases (parent_id);
CREATE INDEX connection_aliases_page ON connection_aliases (created_at, id);

-- Encrypted credentials of aliases.
CREATE TABLE sealed_secrets (
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- The alias.
  purpose text NOT NULL CHECK (purpose IN ('CLIENT_SECRET', 'REFRESH_TOKEN', 'PRIVATE_KEY')), -- Kind of secret.
  sealed blob NOT NULL, -- The encrypted secret and its encrypted data key, bound to this row.
  updated_at bigint NOT NULL, -- Time of the last change.
  PRIMARY KEY (alias_id, purpose)
) WITHOUT ROWID;

-- One SaaS organisation each, tracked through one alias.
CREATE TABLE integration_profiles (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  connector text NOT NULL, -- Key of the connector.
  name text NOT NULL, -- Name, unique among profiles that are not deleted.
  alias_id blob REFERENCES connection_aliases (id), -- The alias; null if deleted.
  state text NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'PAUSED', 'REAUTH_REQUIRED')), -- State of the profile.
  organization_id text, -- ID assigned by the vendor; null until validated.
  organization_name text, -- The organisation's name; null until validated.
  sandbox boolean, -- Whether the organisation is a sandbox; null until validated.
  edition text, -- Edition of the organisation as named by the vendor; null until validated or if not reported.
  schedule_every text NOT NULL CHECK (schedule_every IN ('DAY', 'HOUR', 'MANUAL')), -- Frequency of automatic runs.
  schedule_at text, -- Time of day as HH:MM, or minute of the hour; null for the default.
  schedule_time_zone text NOT NULL, -- IANA time zone of the schedule.
  next_run_at bigint, -- Time of the next automatic run; null if none is scheduled.
  allowance_limit bigint, -- Maximum number of API calls in the vendor's period; null until reported.
  allowance_used bigint, -- Number of API calls used by all clients in the period; null until reported.
  allowance_at bigint, -- Time when the vendor reported the usage; null until reported.
  created_at bigint NOT NULL, -- Creation time.
  updated_at bigint NOT NULL, -- Time of the last change by a user or a validation.
  deleted_at bigint, -- Deletion time; null if not deleted. Deleted rows are kept as history.
  CHECK ((alias_id IS NULL) = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX integration_profiles_name ON integration_profiles (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_alias ON integration_profiles (alias_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_organization ON integration_profiles (connector, organization_id) WHERE deleted_at IS NULL AND organization_id IS NOT NULL;
CREATE INDEX integration_profiles_due ON integration_profiles (next_run_at) WHERE state = 'PUBLISHED' AND deleted_at IS NULL;
CREATE INDEX integration_profiles_page ON integration_profiles (created_at, id);

-- Processes of a profile, with their health.
CREATE TABLE profile_processes (
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  process text NOT NULL CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION', 'RECLAIM_SUBSCRIPTION')), -- The process.
  enabled boolean NOT NULL, -- Whether the process is enabled.
  health text NOT NULL CHECK (health IN ('UNKNOWN', 'HEALTHY', 'DEGRADED', 'BROKEN')), -- Health after the last validation or run.
  bookmark text, -- Cursor of the connector where the next incremental run starts; null to start from the beginning.
  last_succeeded_at bigint, -- Time when the process last completed; null if never.
  PRIMARY KEY (profile_id, process)
) WITHOUT ROWID;

-- Executions of a profile's read processes, claimed by lease.
CREATE TABLE sync_runs (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'CANCELLED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED_WITH_FINDINGS')), -- State of the run. Five states are open; at most one open run per profile.
  reason text, -- Reason for the state; null if there is none.
  trigger text NOT NULL CHECK (trigger IN ('PUBLISH', 'SCHEDULE', 'MANUAL', 'RESUME')), -- Trigger of the run.
  processes text NOT NULL, -- Requested processes, a JSON array of names.
  idempotency_key text, -- Idempotency key, unique per profile; null if none was given.
  suspect_confirmed boolean NOT NULL, -- Whether a user confirmed the retirement of unusually many records.
  available_at bigint NOT NULL, -- Earliest time of the next claim; for a paused run, the time when it continues.
  attempt integer NOT NULL, -- Number of claims since the last committed page.
  fence bigint NOT NULL, -- Incremented with each claim. Every write of a worker must carry the current value.
  lease_owner blob, -- The worker that holds the lease; null if none does.
  leased_until bigint, -- End of the lease by the database's clock; null if there is none.
  last_sequence bigint NOT NULL, -- Sequence number of the newest event.
  api_calls bigint NOT NULL, -- Number of API calls to the vendor.
  accounts_seen bigint NOT NULL, -- Number of accounts in all pages.
  accounts_added bigint NOT NULL, -- Number of new accounts.
  accounts_changed bigint NOT NULL, -- Number of changed accounts.
  accounts_retired bigint NOT NULL, -- Number of retired accounts.
  subscriptions_seen bigint NOT NULL, -- Number of subscriptions in all pages.
  subscriptions_added bigint NOT NULL, -- Number of new subscriptions.
  subscriptions_changed bigint NOT NULL, -- Number of changed subscriptions.
  subscriptions_retired bigint NOT NULL, -- Number of retired subscriptions.
  rejected bigint NOT NULL, -- Number of invalid vendor rows that were skipped.
  queued_at bigint NOT NULL, -- Time when the run was requested.
  started_at bigint, -- Time of the first claim; null before.
  finished_at bigint, -- End time; null while open.
  CHECK ((lease_owner IS NULL) = (leased_until IS NULL))
);
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (profile_id) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING');
CREATE UNIQUE INDEX sync_runs_idempotency ON sync_runs (profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_runs_claim ON sync_runs (available_at, id) WHERE state IN ('QUEUED', 'PAUSED_QUOTA');
CREATE INDEX sync_runs_lease ON sync_runs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX sync_runs_page ON sync_runs (queued_at, id);
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, queued_at, id);

-- Stages of a run, with cursor and progress.
CREATE TABLE sync_stages (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  ordinal integer NOT NULL, -- Position within the run, from 0.
  name text NOT NULL, -- Display name.
  process text CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION')), -- The process; null for the stage that finishes the run.
  state text NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'SKIPPED', 'FAILED')), -- State of the stage.
  done bigint NOT NULL, -- Number of vendor rows read.
  total bigint, -- Total number of vendor rows; null if the vendor does not report it.
  cursor text, -- Cursor of the connector for the next page; null at the start.
  bookmark text, -- Cursor where the next incremental run starts; null until the stage is done, or if there is none.
  started_at bigint, -- Start time; null before.
  finished_at bigint, -- End time; null before.
  PRIMARY KEY (run_id, ordinal)
) WITHOUT ROWID;

-- Records that a run has reported so far. Other records are retired at the end.
CREATE TABLE sync_seen (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL')), -- Kind of record.
  record_id blob NOT NULL, -- ID of the record in its table.
  PRIMARY KEY (run_id, kind, record_id)
) WITHOUT ROWID;

-- Invalid vendor rows that a run skipped.
CREATE TABLE sync_rejections (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  process text NOT NULL, -- The process that read the row.
  external_id text, -- ID assigned by the vendor; null if the row has none.
  code text NOT NULL, -- Stable code of the cause.
  message text NOT NULL -- The problem, with the name of the field but not its value.
);
CREATE INDEX sync_rejections_run ON sync_rejections (run_id, id);

-- Problems of a profile, found by a validation or a run.
CREATE TABLE findings (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  run_id blob REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run that found it; null for a validation.
  process text, -- The affected process; null for the whole connection.
  code text NOT NULL, -- Stable code. Clients branch on it.
  severity text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'ERROR')), -- Severity of the problem.
  message text NOT NULL, -- Description of the problem.
  seen text, -- Evidence; null if there is none.
  remedy text NOT NULL, -- What to do about the problem.
  docs_url text, -- Vendor documentation; null if there is none.
  at bigint NOT NULL -- Time when the problem was found.
);
CREATE INDEX findings_profile ON findings (profile_id, run_id);
CREATE INDEX findings_run ON findings (run_id);

-- Events of a stream, numbered without gaps.
CREATE TABLE events (
  stream_kind text NOT NULL CHECK (stream_kind IN ('SYNC_RUN')), -- Kind of stream.
  stream_id blob NOT NULL, -- The run.
  sequence bigint NOT NULL, -- Sequence number within the stream, from 1, without gaps.
  at bigint NOT NULL, -- Time of the event.
  body text NOT NULL, -- The event.
  PRIMARY KEY (stream_kind, stream_id, sequence)
) WITHOUT ROWID;

-- Publisher, product and edition that identifiers stand for.
CREATE TABLE software_models (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  publisher text NOT NULL, -- Publisher of the software.
  product text NOT NULL, -- Product name used by the vendor.
  edition text NOT NULL, -- Edition or variant; empty for the product itself.
  category text, -- Product category; null if unknown.
  origin text NOT NULL CHECK (origin IN ('CATALOGUE', 'MANUAL')), -- Whether the catalogue or a user created it.
  search_text text NOT NULL, -- Publisher, product and edition in lower case, for searching.
  created_at bigint NOT NULL, -- Creation time.
  updated_at bigint NOT NULL -- Time of the last change.
);
CREATE UNIQUE INDEX software_models_product ON software_models (publisher, product, edition);

-- The vendors' identifiers of subscriptions, and the models that they stand for.
CREATE TABLE subscription_identifiers (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  connector text NOT NULL, -- Key of the connector.
  kind text NOT NULL, -- Kind of licence at the vendor.
  key text NOT NULL, -- Key assigned by the vendor, unique within the kind.
  name text NOT NULL, -- Display name at the vendor, as last reported.
  model_id blob REFERENCES software_models (id), -- The software model; null if unresolved.
  resolved_by text CHECK (resolved_by IN ('CATALOGUE', 'MANUAL')), -- Origin of the resolution; null if unresolved.
  first_seen_at bigint NOT NULL, -- Time when a sync first reported it.
  updated_at bigint NOT NULL, -- Time of the last change.
  CHECK ((model_id IS NULL) = (resolved_by IS NULL))
);
CREATE UNIQUE INDEX subscription_identifiers_key ON subscription_identifiers (connector, kind, key);
CREATE INDEX subscription_identifiers_model ON subscription_identifiers (model_id);
CREATE INDEX subscription_identifiers_page ON subscription_identifiers (first_seen_at, id);

-- Logins in organisations.
CREATE TABLE accounts (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile that sees it.
  external_id text NOT NULL, -- Immutable ID assigned by the vendor.
  username text NOT NULL, -- Login name.
  email text, -- E-mail address; null if not reported.
  display_name text, -- Display name at the vendor; null if not reported.
  kind text NOT NULL CHECK (kind IN ('HUMAN', 'INTEGRATION', 'AUTOMATED', 'UNKNOWN')), -- Kind of account.
  active boolean NOT NULL, -- Whether the account can log in.
  frozen boolean, -- Whether the account is frozen: it cannot log in but keeps its licences; null if the vendor hides it.
  department text, -- Department as recorded by the vendor; null if not reported.
  title text, -- Job title; null if not reported.
  country text, -- Country as recorded by the vendor; null if not reported.
  cost_center text, -- Cost centre; null if not reported.
  employee_number text, -- Employee number at the vendor; null if not reported.
  federation_id text, -- ID at the single sign-on provider; null if not reported.
  manager_external_id text, -- External ID of the manager's account; null if not reported.
  vendor_created_at bigint, -- Creation time at the vendor; null if not reported.
  attributes text NOT NULL, -- Additional attributes, a JSON object of strings.
  search_text text NOT NULL, -- Name, username, e-mail address and employee number in lower case, for searching.
  last_activity_at bigint, -- Time of the newest activity of any kind; null if there is none.
  idle_since bigint NOT NULL, -- Time of the last activity, else creation at the vendor, else first report. Inactivity counts from here.
  first_seen_at bigint NOT NULL, -- Time when a sync first reported it.
  updated_at bigint NOT NULL, -- Time of the last change by a sync.
  retired_at bigint -- Time when a sync found that the account no longer exists; null while it exists.
);
CREATE UNIQUE INDEX accounts_external ON accounts (profile_id, external_id);
CREATE INDEX accounts_page ON accounts (first_seen_at, id);
CREATE INDEX accounts_username ON accounts (username, id);
CREATE INDEX accounts_activity ON accounts (last_activity_at, id);

-- Evidence of use, one row per account and kind of activity.
CREATE TABLE activities (
  account_id blob NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, -- The account.
  kind text NOT NULL CHECK (kind IN ('INTERACTIVE', 'API', 'SSO', 'OTHER')), -- Kind of activity.
  last_at bigint NOT NULL, -- Time of the newest activity.
  source text NOT NULL, -- Vendor field or object of the newest activity.
  day_map blob NOT NULL, -- Days with activity: 8 bytes with the epoch day of the newest, then 184 bits backwards from it.
  PRIMARY KEY (account_id, kind)
) WITHOUT ROWID;

-- Purchased seats that organisations report, one row per identifier.
CREATE TABLE license_pools (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile that sees it.
  identifier_id blob NOT NULL REFERENCES subscription_identifiers (id), -- The subscription identifier.
  total bigint, -- Number of purchased seats; null if not reported.
  used bigint, -- Number of used seats, as counted by the vendor; null if not reported.
  status text, -- Status as reported by the vendor; null if not reported.
  expires_on date, -- Last day of the term; null if not reported or without end.
  first_seen_at bigint NOT NULL, -- Time when a sync first reported it.
  updated_at bigint NOT NULL, -- Time of the last change by a sync.
  retired_at bigint -- Time when a sync found that the pool no longer exists; null while it exists.
);
CREATE UNIQUE INDEX license_pools_identifier ON license_pools (profile_id, identifier_id);
CREATE INDEX license_pools_page ON license_pools (first_seen_at, id);
CREATE INDEX license_pools_by_identifier ON license_pools (identifier_id);

-- Accounts that hold a subscription identifier.
CREATE TABLE subscriptions (
  id blob PRIMARY KEY NOT NULL, -- UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- Profile of the account.
  account_id blob NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, -- The account.
  identifier_id blob NOT NULL REFERENCES subscription_identifiers (id), -- The subscription identifier.
  pool_id blob REFERENCES license_pools (id), -- The pool whose seat is used; null if there is none.
  assigned_at bigint, -- Time of the assignment; null if not reported.
  first_seen_at bigint NOT NULL, -- Time when a sync first reported it.
  updated_at bigint NOT NULL, -- Time of the last change by a sync.
  retired_at bigint -- Time when a sync found that the subscription is no longer assigned; null while it is assigned.
);
CREATE UNIQUE INDEX subscriptions_held ON subscriptions (account_id, identifier_id);
CREATE INDEX subscriptions_profile ON subscriptions (profile_id);
CREATE INDEX subscriptions_identifier ON subscriptions (identifier_id);
CREATE INDEX subscriptions_pool ON subscriptions (pool_id);
CREATE INDEX subscriptions_page ON subscriptions (first_seen_at, id);
