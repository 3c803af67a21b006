-- States are text with a CHECK, times are UTC, ids are UUIDv7; values that the vendor may omit are nullable.

CREATE TABLE connection_aliases (
  id uuid PRIMARY KEY,
  connector text NOT NULL,
  name text COLLATE "C" NOT NULL,
  parent_id uuid REFERENCES connection_aliases (id),
  instance_url text,
  properties jsonb NOT NULL,
  grant_type text CHECK (grant_type IN ('AUTHORIZATION_CODE', 'CLIENT_CREDENTIALS', 'JWT_BEARER')),
  credential_state text NOT NULL CHECK (credential_state IN ('MISSING', 'READY', 'REAUTH_REQUIRED', 'REVOKED')),
  client_id text,
  granted_scopes jsonb NOT NULL,
  principal text,
  obtained_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX connection_aliases_name ON connection_aliases (name);
CREATE INDEX connection_aliases_parent ON connection_aliases (parent_id);
CREATE INDEX connection_aliases_page ON connection_aliases (created_at, id);

CREATE TABLE sealed_secrets (
  alias_id uuid NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE,
  purpose text NOT NULL CHECK (purpose IN ('CLIENT_SECRET', 'REFRESH_TOKEN', 'PRIVATE_KEY')),
  sealed bytea NOT NULL,
  updated_at timestamptz NOT NULL,
  PRIMARY KEY (alias_id, purpose)
);

CREATE TABLE integration_profiles (
  id uuid PRIMARY KEY,
  connector text NOT NULL,
  name text COLLATE "C" NOT NULL,
  alias_id uuid REFERENCES connection_aliases (id),
  state text NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'PAUSED', 'REAUTH_REQUIRED')),
  organization_id text,
  organization_name text,
  sandbox boolean,
  edition text,
  schedule_every text NOT NULL CHECK (schedule_every IN ('DAY', 'HOUR', 'MANUAL')),
  schedule_at text,
  schedule_time_zone text NOT NULL,
  next_run_at timestamptz,
  allowance_limit bigint,
  allowance_used bigint,
  allowance_at timestamptz,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  deleted_at timestamptz,
  CHECK ((alias_id IS NULL) = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX integration_profiles_name ON integration_profiles (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_alias ON integration_profiles (alias_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_organization ON integration_profiles (connector, organization_id) WHERE deleted_at IS NULL AND organization_id IS NOT NULL;
CREATE INDEX integration_profiles_due ON integration_profiles (next_run_at) WHERE state = 'PUBLISHED' AND deleted_at IS NULL;
CREATE INDEX integration_profiles_page ON integration_profiles (created_at, id);

CREATE TABLE profile_processes (
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  process text NOT NULL CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION', 'RECLAIM_SUBSCRIPTION')),
  enabled boolean NOT NULL,
  health text NOT NULL CHECK (health IN ('UNKNOWN', 'HEALTHY', 'DEGRADED', 'BROKEN')),
  bookmark jsonb,
  last_succeeded_at timestamptz,
  PRIMARY KEY (profile_id, process)
);

CREATE TABLE sync_runs (
  id uuid PRIMARY KEY,
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  state text NOT NULL CHECK (state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING', 'CANCELLED', 'FAILED', 'SUCCEEDED', 'SUCCEEDED_WITH_FINDINGS')),
  reason text,
  trigger text NOT NULL CHECK (trigger IN ('PUBLISH', 'SCHEDULE', 'MANUAL', 'RESUME')),
  processes jsonb NOT NULL,
  idempotency_key text,
  suspect_confirmed boolean NOT NULL,
  available_at timestamptz NOT NULL,
  attempt integer NOT NULL,
  fence bigint NOT NULL,
  lease_owner uuid,
  leased_until timestamptz,
  last_sequence bigint NOT NULL,
  api_calls bigint NOT NULL,
  accounts_seen bigint NOT NULL,
  accounts_added bigint NOT NULL,
  accounts_changed bigint NOT NULL,
  accounts_retired bigint NOT NULL,
  subscriptions_seen bigint NOT NULL,
  subscriptions_added bigint NOT NULL,
  subscriptions_changed bigint NOT NULL,
  subscriptions_retired bigint NOT NULL,
  rejected bigint NOT NULL,
  queued_at timestamptz NOT NULL,
  started_at timestamptz,
  finished_at timestamptz,
  CHECK ((lease_owner IS NULL) = (leased_until IS NULL))
);
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (profile_id) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING');
CREATE UNIQUE INDEX sync_runs_idempotency ON sync_runs (profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_runs_claim ON sync_runs (available_at, id) WHERE state IN ('QUEUED', 'PAUSED_QUOTA');
CREATE INDEX sync_runs_lease ON sync_runs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX sync_runs_page ON sync_runs (queued_at, id);
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, queued_at, id);

CREATE TABLE sync_stages (
  run_id uuid NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  ordinal integer NOT NULL,
  name text NOT NULL,
  process text CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION')),
  state text NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'SKIPPED', 'FAILED')),
  done bigint NOT NULL,
  total bigint,
  cursor jsonb,
  bookmark jsonb,
  started_at timestamptz,
  finished_at timestamptz,
  PRIMARY KEY (run_id, ordinal)
);

CREATE TABLE sync_seen (
  run_id uuid NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL')),
  record_id uuid NOT NULL,
  PRIMARY KEY (run_id, kind, record_id)
);

CREATE TABLE sync_rejections (
  id uuid PRIMARY KEY,
  run_id uuid NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE,
  process text NOT NULL,
  external_id text,
  code text NOT NULL,
  message text NOT NULL
);
CREATE INDEX sync_rejections_run ON sync_rejections (run_id, id);

CREATE TABLE findings (
  id uuid PRIMARY KEY,
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  run_id uuid REFERENCES sync_runs (id) ON DELETE CASCADE,
  process text,
  code text NOT NULL,
  severity text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'ERROR')),
  message text NOT NULL,
  seen text,
  remedy text NOT NULL,
  docs_url text,
  at timestamptz NOT NULL
);
CREATE INDEX findings_profile ON findings (profile_id, run_id);
CREATE INDEX findings_run ON findings (run_id);

CREATE TABLE events (
  stream_kind text NOT NULL CHECK (stream_kind IN ('SYNC_RUN')),
  stream_id uuid NOT NULL,
  sequence bigint NOT NULL,
  at timestamptz NOT NULL,
  body jsonb NOT NULL,
  PRIMARY KEY (stream_kind, stream_id, sequence)
);

CREATE TABLE software_models (
  id uuid PRIMARY KEY,
  publisher text COLLATE "C" NOT NULL,
  product text COLLATE "C" NOT NULL,
  edition text COLLATE "C" NOT NULL,
  category text,
  origin text NOT NULL CHECK (origin IN ('CATALOGUE', 'MANUAL')),
  search_text text NOT NULL,
  created_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX software_models_product ON software_models (publisher, product, edition);

CREATE TABLE subscription_identifiers (
  id uuid PRIMARY KEY,
  connector text NOT NULL,
  kind text NOT NULL,
  key text COLLATE "C" NOT NULL,
  name text NOT NULL,
  model_id uuid REFERENCES software_models (id),
  resolved_by text CHECK (resolved_by IN ('CATALOGUE', 'MANUAL')),
  first_seen_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  CHECK ((model_id IS NULL) = (resolved_by IS NULL))
);
CREATE UNIQUE INDEX subscription_identifiers_key ON subscription_identifiers (connector, kind, key);
CREATE INDEX subscription_identifiers_model ON subscription_identifiers (model_id);
CREATE INDEX subscription_identifiers_page ON subscription_identifiers (first_seen_at, id);

CREATE TABLE accounts (
  id uuid PRIMARY KEY,
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  external_id text COLLATE "C" NOT NULL,
  username text COLLATE "C" NOT NULL,
  email text,
  display_name text,
  kind text NOT NULL CHECK (kind IN ('HUMAN', 'INTEGRATION', 'AUTOMATED', 'UNKNOWN')),
  active boolean NOT NULL,
  frozen boolean,
  department text,
  title text,
  country text,
  cost_center text,
  employee_number text,
  federation_id text,
  manager_external_id text,
  vendor_created_at timestamptz,
  attributes jsonb NOT NULL,
  search_text text NOT NULL,
  last_activity_at timestamptz,
  idle_since timestamptz NOT NULL,
  first_seen_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  retired_at timestamptz
);
CREATE UNIQUE INDEX accounts_external ON accounts (profile_id, external_id);
CREATE INDEX accounts_page ON accounts (first_seen_at, id);
CREATE INDEX accounts_username ON accounts (username, id);
CREATE INDEX accounts_activity ON accounts (last_activity_at NULLS FIRST, id);

CREATE TABLE activities (
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  kind text NOT NULL CHECK (kind IN ('INTERACTIVE', 'API', 'SSO', 'OTHER')),
  last_at timestamptz NOT NULL,
  source text NOT NULL,
  day_map bytea NOT NULL,
  PRIMARY KEY (account_id, kind)
);

CREATE TABLE license_pools (
  id uuid PRIMARY KEY,
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  identifier_id uuid NOT NULL REFERENCES subscription_identifiers (id),
  total bigint,
  used bigint,
  status text,
  expires_on date,
  first_seen_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  retired_at timestamptz
);
CREATE UNIQUE INDEX license_pools_identifier ON license_pools (profile_id, identifier_id);
CREATE INDEX license_pools_page ON license_pools (first_seen_at, id);
CREATE INDEX license_pools_by_identifier ON license_pools (identifier_id);

CREATE TABLE subscriptions (
  id uuid PRIMARY KEY,
  profile_id uuid NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE,
  account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
  identifier_id uuid NOT NULL REFERENCES subscription_identifiers (id),
  pool_id uuid REFERENCES license_pools (id),
  assigned_at timestamptz,
  first_seen_at timestamptz NOT NULL,
  updated_at timestamptz NOT NULL,
  retired_at timestamptz
);
CREATE UNIQUE INDEX subscriptions_held ON subscriptions (account_id, identifier_id);
CREATE INDEX subscriptions_profile ON subscriptions (profile_id);
CREATE INDEX subscriptions_identifier ON subscriptions (identifier_id);
CREATE INDEX subscriptions_pool ON subscriptions (pool_id);
CREATE INDEX subscriptions_page ON subscriptions (first_seen_at, id);

COMMENT ON TABLE connection_aliases IS 'Named connections with their credentials. Children inherit the properties of their parent.';
COMMENT ON COLUMN connection_aliases.id IS 'UUIDv7.';
COMMENT ON COLUMN connection_aliases.connector IS 'Key of the connector, such as `salesforce`.';
COMMENT ON COLUMN connection_aliases.name IS 'Unique name, case-sensitive.';
COMMENT ON COLUMN connection_aliases.parent_id IS 'The parent alias; null for a parent. One level only.';
COMMENT ON COLUMN connection_aliases.instance_url IS 'URL of the organisation; null if inherited or unknown.';
COMMENT ON COLUMN connection_aliases.properties IS 'Own properties, without secrets and inherited values.';
COMMENT ON COLUMN connection_aliases.grant_type IS 'OAuth grant type; null if there is no credential.';
COMMENT ON COLUMN connection_aliases.credential_state IS 'State of the credential.';
COMMENT ON COLUMN connection_aliases.client_id IS 'OAuth client ID; null if there is no credential.';
COMMENT ON COLUMN connection_aliases.granted_scopes IS 'OAuth scopes granted by the vendor, a JSON array of strings.';
COMMENT ON COLUMN connection_aliases.principal IS 'Vendor user that the connection acts as; null until known.';
COMMENT ON COLUMN connection_aliases.obtained_at IS 'Time when the credential was last stored or accepted; null if there is none.';
COMMENT ON COLUMN connection_aliases.created_at IS 'Creation time.';
COMMENT ON COLUMN connection_aliases.updated_at IS 'Time of the last change.';

COMMENT ON TABLE sealed_secrets IS 'Encrypted credentials of aliases.';
COMMENT ON COLUMN sealed_secrets.alias_id IS 'The alias.';
COMMENT ON COLUMN sealed_secrets.purpose IS 'Kind of secret.';
COMMENT ON COLUMN sealed_secrets.sealed IS 'The encrypted secret and its encrypted data key, bound to this row.';
COMMENT ON COLUMN sealed_secrets.updated_at IS 'Time of the last change.';

COMMENT ON TABLE integration_profiles IS 'One SaaS organisation each, tracked through one alias.';
COMMENT ON COLUMN integration_profiles.id IS 'UUIDv7.';
COMMENT ON COLUMN integration_profiles.connector IS 'Key of the connector.';
COMMENT ON COLUMN integration_profiles.name IS 'Name, unique among profiles that are not deleted.';
COMMENT ON COLUMN integration_profiles.alias_id IS 'The alias; null if deleted.';
COMMENT ON COLUMN integration_profiles.state IS 'State of the profile.';
COMMENT ON COLUMN integration_profiles.organization_id IS 'ID assigned by the vendor; null until validated.';
COMMENT ON COLUMN integration_profiles.organization_name IS 'The organisation''s name; null until validated.';
COMMENT ON COLUMN integration_profiles.sandbox IS 'Whether the organisation is a sandbox; null until validated.';
COMMENT ON COLUMN integration_profiles.edition IS 'Edition of the organisation as named by the vendor; null until validated or if not reported.';
COMMENT ON COLUMN integration_profiles.schedule_every IS 'Frequency of automatic runs.';
COMMENT ON COLUMN integration_profiles.schedule_at IS 'Time of day as HH:MM, or minute of the hour; null for the default.';
COMMENT ON COLUMN integration_profiles.schedule_time_zone IS 'IANA time zone of the schedule.';
COMMENT ON COLUMN integration_profiles.next_run_at IS 'Time of the next automatic run; null if none is scheduled.';
COMMENT ON COLUMN integration_profiles.allowance_limit IS 'Maximum number of API calls in the vendor''s period; null until reported.';
COMMENT ON COLUMN integration_profiles.allowance_used IS 'Number of API calls used by all clients in the period; null until reported.';
COMMENT ON COLUMN integration_profiles.allowance_at IS 'Time when the vendor reported the usage; null until reported.';
COMMENT ON COLUMN integration_profiles.created_at IS 'Creation time.';
COMMENT ON COLUMN integration_profiles.updated_at IS 'Time of the last change by a user or a validation.';
COMMENT ON COLUMN integration_profiles.deleted_at IS 'Deletion time; null if not deleted. Deleted rows are kept as history.';

COMMENT ON TABLE profile_processes IS 'Processes of a profile, with their health.';
COMMENT ON COLUMN profile_processes.profile_id IS 'The profile.';
COMMENT ON COLUMN profile_processes.process IS 'The process.';
COMMENT ON COLUMN profile_processes.enabled IS 'Whether the process is enabled.';
COMMENT ON COLUMN profile_processes.health IS 'Health after the last validation or run.';
COMMENT ON COLUMN profile_processes.bookmark IS 'Cursor of the connector where the next incremental run starts; null to start from the beginning.';
COMMENT ON COLUMN profile_processes.last_succeeded_at IS 'Time when the process last completed; null if never.';

COMMENT ON TABLE sync_runs IS 'Executions of a profile''s read processes, claimed by lease.';
COMMENT ON COLUMN sync_runs.id IS 'UUIDv7.';
COMMENT ON COLUMN sync_runs.profile_id IS 'The profile.';
COMMENT ON COLUMN sync_runs.state IS 'State of the run. Five states are open; at most one open run per profile.';
COMMENT ON COLUMN sync_runs.reason IS 'Reason for the state; null if there is none.';
COMMENT ON COLUMN sync_runs.trigger IS 'Trigger of the run.';
COMMENT ON COLUMN sync_runs.processes IS 'Requested processes, a JSON array of names.';
COMMENT ON COLUMN sync_runs.idempotency_key IS 'Idempotency key, unique per profile; null if none was given.';
COMMENT ON COLUMN sync_runs.suspect_confirmed IS 'Whether a user confirmed the retirement of unusually many records.';
COMMENT ON COLUMN sync_runs.available_at IS 'Earliest time of the next claim; for a paused run, the time when it continues.';
COMMENT ON COLUMN sync_runs.attempt IS 'Number of claims since the last committed page.';
COMMENT ON COLUMN sync_runs.fence IS 'Incremented with each claim. Every write of a worker must carry the current value.';
COMMENT ON COLUMN sync_runs.lease_owner IS 'The worker that holds the lease; null if none does.';
COMMENT ON COLUMN sync_runs.leased_until IS 'End of the lease by the database''s clock; null if there is none.';
COMMENT ON COLUMN sync_runs.last_sequence IS 'Sequence number of the newest event.';
COMMENT ON COLUMN sync_runs.api_calls IS 'Number of API calls to the vendor.';
COMMENT ON COLUMN sync_runs.accounts_seen IS 'Number of accounts in all pages.';
COMMENT ON COLUMN sync_runs.accounts_added IS 'Number of new accounts.';
COMMENT ON COLUMN sync_runs.accounts_changed IS 'Number of changed accounts.';
COMMENT ON COLUMN sync_runs.accounts_retired IS 'Number of retired accounts.';
COMMENT ON COLUMN sync_runs.subscriptions_seen IS 'Number of subscriptions in all pages.';
COMMENT ON COLUMN sync_runs.subscriptions_added IS 'Number of new subscriptions.';
COMMENT ON COLUMN sync_runs.subscriptions_changed IS 'Number of changed subscriptions.';
COMMENT ON COLUMN sync_runs.subscriptions_retired IS 'Number of retired subscriptions.';
COMMENT ON COLUMN sync_runs.rejected IS 'Number of invalid vendor rows that were skipped.';
COMMENT ON COLUMN sync_runs.queued_at IS 'Time when the run was requested.';
COMMENT ON COLUMN sync_runs.started_at IS 'Time of the first claim; null before.';
COMMENT ON COLUMN sync_runs.finished_at IS 'End time; null while open.';

COMMENT ON TABLE sync_stages IS 'Stages of a run, with cursor and progress.';
COMMENT ON COLUMN sync_stages.run_id IS 'The run.';
COMMENT ON COLUMN sync_stages.ordinal IS 'Position within the run, from 0.';
COMMENT ON COLUMN sync_stages.name IS 'Display name.';
COMMENT ON COLUMN sync_stages.process IS 'The process; null for the stage that finishes the run.';
COMMENT ON COLUMN sync_stages.state IS 'State of the stage.';
COMMENT ON COLUMN sync_stages.done IS 'Number of vendor rows read.';
COMMENT ON COLUMN sync_stages.total IS 'Total number of vendor rows; null if the vendor does not report it.';
COMMENT ON COLUMN sync_stages.cursor IS 'Cursor of the connector for the next page; null at the start.';
COMMENT ON COLUMN sync_stages.bookmark IS 'Cursor where the next incremental run starts; null until the stage is done, or if there is none.';
COMMENT ON COLUMN sync_stages.started_at IS 'Start time; null before.';
COMMENT ON COLUMN sync_stages.finished_at IS 'End time; null before.';

COMMENT ON TABLE sync_seen IS 'Records that a run has reported so far. Other records are retired at the end.';
COMMENT ON COLUMN sync_seen.run_id IS 'The run.';
COMMENT ON COLUMN sync_seen.kind IS 'Kind of record.';
COMMENT ON COLUMN sync_seen.record_id IS 'ID of the record in its table.';

COMMENT ON TABLE sync_rejections IS 'Invalid vendor rows that a run skipped.';
COMMENT ON COLUMN sync_rejections.id IS 'UUIDv7.';
COMMENT ON COLUMN sync_rejections.run_id IS 'The run.';
COMMENT ON COLUMN sync_rejections.process IS 'The process that read the row.';
COMMENT ON COLUMN sync_rejections.external_id IS 'ID assigned by the vendor; null if the row has none.';
COMMENT ON COLUMN sync_rejections.code IS 'Stable code of the cause.';
COMMENT ON COLUMN sync_rejections.message IS 'The problem, with the name of the field but not its value.';

COMMENT ON TABLE findings IS 'Problems of a profile, found by a validation or a run.';
COMMENT ON COLUMN findings.id IS 'UUIDv7.';
COMMENT ON COLUMN findings.profile_id IS 'The profile.';
COMMENT ON COLUMN findings.run_id IS 'The run that found it; null for a validation.';
COMMENT ON COLUMN findings.process IS 'The affected process; null for the whole connection.';
COMMENT ON COLUMN findings.code IS 'Stable code. Clients branch on it.';
COMMENT ON COLUMN findings.severity IS 'Severity of the problem.';
COMMENT ON COLUMN findings.message IS 'Description of the problem.';
COMMENT ON COLUMN findings.seen IS 'Evidence; null if there is none.';
COMMENT ON COLUMN findings.remedy IS 'What to do about the problem.';
COMMENT ON COLUMN findings.docs_url IS 'Vendor documentation; null if there is none.';
COMMENT ON COLUMN findings.at IS 'Time when the problem was found.';

COMMENT ON TABLE events IS 'Events of a stream, numbered without gaps.';
COMMENT ON COLUMN events.stream_kind IS 'Kind of stream.';
COMMENT ON COLUMN events.stream_id IS 'The run.';
COMMENT ON COLUMN events.sequence IS 'Sequence number within the stream, from 1, without gaps.';
COMMENT ON COLUMN events.at IS 'Time of the event.';
COMMENT ON COLUMN events.body IS 'The event.';

COMMENT ON TABLE software_models IS 'Publisher, product and edition that identifiers stand for.';
COMMENT ON COLUMN software_models.id IS 'UUIDv7.';
COMMENT ON COLUMN software_models.publisher IS 'Publisher of the software.';
COMMENT ON COLUMN software_models.product IS 'Product name used by the vendor.';
COMMENT ON COLUMN software_models.edition IS 'Edition or variant; empty for the product itself.';
COMMENT ON COLUMN software_models.category IS 'Product category; null if unknown.';
COMMENT ON COLUMN software_models.origin IS 'Whether the catalogue or a user created it.';
COMMENT ON COLUMN software_models.search_text IS 'Publisher, product and edition in lower case, for searching.';
COMMENT ON COLUMN software_models.created_at IS 'Creation time.';
COMMENT ON COLUMN software_models.updated_at IS 'Time of the last change.';

COMMENT ON TABLE subscription_identifiers IS 'The vendors'' identifiers of subscriptions, and the models that they stand for.';
COMMENT ON COLUMN subscription_identifiers.id IS 'UUIDv7.';
COMMENT ON COLUMN subscription_identifiers.connector IS 'Key of the connector.';
COMMENT ON COLUMN subscription_identifiers.kind IS 'Kind of licence at the vendor.';
COMMENT ON COLUMN subscription_identifiers.key IS 'Key assigned by the vendor, unique within the kind.';
COMMENT ON COLUMN subscription_identifiers.name IS 'Display name at the vendor, as last reported.';
COMMENT ON COLUMN subscription_identifiers.model_id IS 'The software model; null if unresolved.';
COMMENT ON COLUMN subscription_identifiers.resolved_by IS 'Origin of the resolution; null if unresolved.';
COMMENT ON COLUMN subscription_identifiers.first_seen_at IS 'Time when a sync first reported it.';
COMMENT ON COLUMN subscription_identifiers.updated_at IS 'Time of the last change.';

COMMENT ON TABLE accounts IS 'Logins in organisations.';
COMMENT ON COLUMN accounts.id IS 'UUIDv7.';
COMMENT ON COLUMN accounts.profile_id IS 'The profile that sees it.';
COMMENT ON COLUMN accounts.external_id IS 'Immutable ID assigned by the vendor.';
COMMENT ON COLUMN accounts.username IS 'Login name.';
COMMENT ON COLUMN accounts.email IS 'E-mail address; null if not reported.';
COMMENT ON COLUMN accounts.display_name IS 'Display name at the vendor; null if not reported.';
COMMENT ON COLUMN accounts.kind IS 'Kind of account.';
COMMENT ON COLUMN accounts.active IS 'Whether the account can log in.';
COMMENT ON COLUMN accounts.frozen IS 'Whether the account is frozen: it cannot log in but keeps its licences; null if the vendor hides it.';
COMMENT ON COLUMN accounts.department IS 'Department as recorded by the vendor; null if not reported.';
COMMENT ON COLUMN accounts.title IS 'Job title; null if not reported.';
COMMENT ON COLUMN accounts.country IS 'Country as recorded by the vendor; null if not reported.';
COMMENT ON COLUMN accounts.cost_center IS 'Cost centre; null if not reported.';
COMMENT ON COLUMN accounts.employee_number IS 'Employee number at the vendor; null if not reported.';
COMMENT ON COLUMN accounts.federation_id IS 'ID at the single sign-on provider; null if not reported.';
COMMENT ON COLUMN accounts.manager_external_id IS 'External ID of the manager''s account; null if not reported.';
COMMENT ON COLUMN accounts.vendor_created_at IS 'Creation time at the vendor; null if not reported.';
COMMENT ON COLUMN accounts.attributes IS 'Additional attributes, a JSON object of strings.';
COMMENT ON COLUMN accounts.search_text IS 'Name, username, e-mail address and employee number in lower case, for searching.';
COMMENT ON COLUMN accounts.last_activity_at IS 'Time of the newest activity of any kind; null if there is none.';
COMMENT ON COLUMN accounts.idle_since IS 'Time of the last activity, else creation at the vendor, else first report. Inactivity counts from here.';
COMMENT ON COLUMN accounts.first_seen_at IS 'Time when a sync first reported it.';
COMMENT ON COLUMN accounts.updated_at IS 'Time of the last change by a sync.';
COMMENT ON COLUMN accounts.retired_at IS 'Time when a sync found that the account no longer exists; null while it exists.';

COMMENT ON TABLE activities IS 'Evidence of use, one row per account and kind of activity.';
COMMENT ON COLUMN activities.account_id IS 'The account.';
COMMENT ON COLUMN activities.kind IS 'Kind of activity.';
COMMENT ON COLUMN activities.last_at IS 'Time of the newest activity.';
COMMENT ON COLUMN activities.source IS 'Vendor field or object of the newest activity.';
COMMENT ON COLUMN activities.day_map IS 'Days with activity: 8 bytes with the epoch day of the newest, then 184 bits backwards from it.';

COMMENT ON TABLE license_pools IS 'Purchased seats that organisations report, one row per identifier.';
COMMENT ON COLUMN license_pools.id IS 'UUIDv7.';
COMMENT ON COLUMN license_pools.profile_id IS 'The profile that sees it.';
COMMENT ON COLUMN license_pools.identifier_id IS 'The subscription identifier.';
COMMENT ON COLUMN license_pools.total IS 'Number of purchased seats; null if not reported.';
COMMENT ON COLUMN license_pools.used IS 'Number of used seats, as counted by the vendor; null if not reported.';
COMMENT ON COLUMN license_pools.status IS 'Status as reported by the vendor; null if not reported.';
COMMENT ON COLUMN license_pools.expires_on IS 'Last day of the term; null if not reported or without end.';
COMMENT ON COLUMN license_pools.first_seen_at IS 'Time when a sync first reported it.';
COMMENT ON COLUMN license_pools.updated_at IS 'Time of the last change by a sync.';
COMMENT ON COLUMN license_pools.retired_at IS 'Time when a sync found that the pool no longer exists; null while it exists.';

COMMENT ON TABLE subscriptions IS 'Accounts that hold a subscription identifier.';
COMMENT ON COLUMN subscriptions.id IS 'UUIDv7.';
COMMENT ON COLUMN subscriptions.profile_id IS 'Profile of the account.';
COMMENT ON COLUMN subscriptions.account_id IS 'The account.';
COMMENT ON COLUMN subscriptions.identifier_id IS 'The subscription identifier.';
COMMENT ON COLUMN subscriptions.pool_id IS 'The pool whose seat is used; null if there is none.';
COMMENT ON COLUMN subscriptions.assigned_at IS 'Time of the assignment; null if not reported.';
COMMENT ON COLUMN subscriptions.first_seen_at IS 'Time when a sync first reported it.';
COMMENT ON COLUMN subscriptions.updated_at IS 'Time of the last change by a sync.';
COMMENT ON COLUMN subscriptions.retired_at IS 'Time when a sync found that the subscription is no longer assigned; null while it is assigned.';
