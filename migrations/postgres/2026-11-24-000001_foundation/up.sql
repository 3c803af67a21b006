-- States are text with a CHECK, times are UTC, ids are UUIDv7; what the vendor may leave out is nullable.

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

COMMENT ON TABLE connection_aliases IS 'A named connection with its credentials; a parent shares its properties with its children.';
COMMENT ON COLUMN connection_aliases.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN connection_aliases.connector IS 'Key of the connector, `salesforce`.';
COMMENT ON COLUMN connection_aliases.name IS 'What people call it; unique, compared exactly.';
COMMENT ON COLUMN connection_aliases.parent_id IS 'The parent whose properties it inherits; null for a parent or a lone alias. One level only.';
COMMENT ON COLUMN connection_aliases.instance_url IS 'Where the organisation lives; null where it is inherited or not known.';
COMMENT ON COLUMN connection_aliases.properties IS 'Its own properties, nothing secret; inherited ones are not copied.';
COMMENT ON COLUMN connection_aliases.grant_type IS 'How it gets tokens; null until a credential was set.';
COMMENT ON COLUMN connection_aliases.credential_state IS 'What is known of the credential.';
COMMENT ON COLUMN connection_aliases.client_id IS 'The application''s public id at the vendor; null until a credential was set.';
COMMENT ON COLUMN connection_aliases.granted_scopes IS 'The scopes that the vendor granted, an array of words.';
COMMENT ON COLUMN connection_aliases.principal IS 'The vendor''s user it acts as; null until it was seen.';
COMMENT ON COLUMN connection_aliases.obtained_at IS 'When the credential was last accepted or stored; null before.';
COMMENT ON COLUMN connection_aliases.created_at IS 'When it was made.';
COMMENT ON COLUMN connection_aliases.updated_at IS 'When it was last changed.';

COMMENT ON TABLE sealed_secrets IS 'Encrypted credentials of aliases; never read without the key.';
COMMENT ON COLUMN sealed_secrets.alias_id IS 'Whose secret it is.';
COMMENT ON COLUMN sealed_secrets.purpose IS 'What it is used for.';
COMMENT ON COLUMN sealed_secrets.sealed IS 'The secret and its data key, both sealed; the row''s place is authenticated with them.';
COMMENT ON COLUMN sealed_secrets.updated_at IS 'When it was put.';

COMMENT ON TABLE integration_profiles IS 'One SaaS organisation, tracked through one alias.';
COMMENT ON COLUMN integration_profiles.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN integration_profiles.connector IS 'Key of the connector.';
COMMENT ON COLUMN integration_profiles.name IS 'What people call it; unique among those not deleted.';
COMMENT ON COLUMN integration_profiles.alias_id IS 'The connection it uses; null once deleted.';
COMMENT ON COLUMN integration_profiles.state IS 'Where it is in its life.';
COMMENT ON COLUMN integration_profiles.organization_id IS 'The vendor''s id of the organisation; null until validated.';
COMMENT ON COLUMN integration_profiles.organization_name IS 'The organisation''s name; null until validated.';
COMMENT ON COLUMN integration_profiles.sandbox IS 'Whether the organisation is a sandbox; null until validated.';
COMMENT ON COLUMN integration_profiles.edition IS 'The organisation''s edition, in the vendor''s words; null until validated or when not told.';
COMMENT ON COLUMN integration_profiles.schedule_every IS 'How often it syncs.';
COMMENT ON COLUMN integration_profiles.schedule_at IS 'Time of day, HH:MM, or minute of the hour; null for the default.';
COMMENT ON COLUMN integration_profiles.schedule_time_zone IS 'The time zone the schedule is read in, an IANA name.';
COMMENT ON COLUMN integration_profiles.next_run_at IS 'The next slot; null when none is due.';
COMMENT ON COLUMN integration_profiles.allowance_limit IS 'Calls the vendor allows in its period; null until seen.';
COMMENT ON COLUMN integration_profiles.allowance_used IS 'Calls used by everybody in the period; null until seen.';
COMMENT ON COLUMN integration_profiles.allowance_at IS 'When the vendor said so; null until seen.';
COMMENT ON COLUMN integration_profiles.created_at IS 'When it was made.';
COMMENT ON COLUMN integration_profiles.updated_at IS 'When it was last changed by a person or a validation.';
COMMENT ON COLUMN integration_profiles.deleted_at IS 'When it was deleted; null while it lives. History stays.';

COMMENT ON TABLE profile_processes IS 'What a profile does, and how well.';
COMMENT ON COLUMN profile_processes.profile_id IS 'The profile.';
COMMENT ON COLUMN profile_processes.process IS 'The process.';
COMMENT ON COLUMN profile_processes.enabled IS 'Whether it is switched on.';
COMMENT ON COLUMN profile_processes.health IS 'What the last validation or run made of it.';
COMMENT ON COLUMN profile_processes.bookmark IS 'Where the next incremental pass begins, the connector''s own words; null to begin at the beginning.';
COMMENT ON COLUMN profile_processes.last_succeeded_at IS 'When a pass last finished; null if never.';

COMMENT ON TABLE sync_runs IS 'One execution of a profile''s read processes; a row of leased work.';
COMMENT ON COLUMN sync_runs.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN sync_runs.profile_id IS 'The profile.';
COMMENT ON COLUMN sync_runs.state IS 'Where it is in its life; five states are open, at most one open run per profile.';
COMMENT ON COLUMN sync_runs.reason IS 'Why it is in that state, for people; null where there is nothing to say.';
COMMENT ON COLUMN sync_runs.trigger IS 'What started it.';
COMMENT ON COLUMN sync_runs.processes IS 'The processes asked for, an array of names.';
COMMENT ON COLUMN sync_runs.idempotency_key IS 'The caller''s key; the same key of a profile always means the same run; null when none was given.';
COMMENT ON COLUMN sync_runs.suspect_confirmed IS 'Whether a person confirmed that many records really vanished.';
COMMENT ON COLUMN sync_runs.available_at IS 'Not claimed before this; the wake-up time of a paused run.';
COMMENT ON COLUMN sync_runs.attempt IS 'Claims since the last committed page.';
COMMENT ON COLUMN sync_runs.fence IS 'Grows with every claim; a worker''s write carries the one it was given.';
COMMENT ON COLUMN sync_runs.lease_owner IS 'The worker that holds it; null when nobody does.';
COMMENT ON COLUMN sync_runs.leased_until IS 'When the lease runs out, by the database''s clock; null when nobody holds it.';
COMMENT ON COLUMN sync_runs.last_sequence IS 'Number of its newest event.';
COMMENT ON COLUMN sync_runs.api_calls IS 'Calls to the vendor so far.';
COMMENT ON COLUMN sync_runs.accounts_seen IS 'Accounts that pages named, each page by itself.';
COMMENT ON COLUMN sync_runs.accounts_added IS 'Accounts that were new.';
COMMENT ON COLUMN sync_runs.accounts_changed IS 'Accounts that differed from what was known.';
COMMENT ON COLUMN sync_runs.accounts_retired IS 'Accounts that vanished.';
COMMENT ON COLUMN sync_runs.subscriptions_seen IS 'Subscriptions that pages named.';
COMMENT ON COLUMN sync_runs.subscriptions_added IS 'Subscriptions that were new.';
COMMENT ON COLUMN sync_runs.subscriptions_changed IS 'Subscriptions that differed from what was known.';
COMMENT ON COLUMN sync_runs.subscriptions_retired IS 'Subscriptions that vanished.';
COMMENT ON COLUMN sync_runs.rejected IS 'Vendor rows left out.';
COMMENT ON COLUMN sync_runs.queued_at IS 'When it was asked for.';
COMMENT ON COLUMN sync_runs.started_at IS 'When it was first claimed; null before.';
COMMENT ON COLUMN sync_runs.finished_at IS 'When it ended; null while open.';

COMMENT ON TABLE sync_stages IS 'The parts of a run, with position and progress.';
COMMENT ON COLUMN sync_stages.run_id IS 'The run.';
COMMENT ON COLUMN sync_stages.ordinal IS 'Its place in the run, from 0.';
COMMENT ON COLUMN sync_stages.name IS 'Its name for people.';
COMMENT ON COLUMN sync_stages.process IS 'The process it carries out; null for the finishing stage.';
COMMENT ON COLUMN sync_stages.state IS 'Where it is.';
COMMENT ON COLUMN sync_stages.done IS 'Vendor rows taken in.';
COMMENT ON COLUMN sync_stages.total IS 'Vendor rows there are; null when the vendor cannot be asked.';
COMMENT ON COLUMN sync_stages.cursor IS 'Where the next page begins, the connector''s own words; null at the beginning.';
COMMENT ON COLUMN sync_stages.bookmark IS 'Where the next incremental pass begins; null until the stage is done or when it leaves none.';
COMMENT ON COLUMN sync_stages.started_at IS 'When it began; null before.';
COMMENT ON COLUMN sync_stages.finished_at IS 'When it ended; null before.';

COMMENT ON TABLE sync_seen IS 'The records a run has named so far; what is missing here at the end is gone.';
COMMENT ON COLUMN sync_seen.run_id IS 'The run.';
COMMENT ON COLUMN sync_seen.kind IS 'Sort of record.';
COMMENT ON COLUMN sync_seen.record_id IS 'The record''s id in its own table.';

COMMENT ON TABLE sync_rejections IS 'Vendor rows that a run left out.';
COMMENT ON COLUMN sync_rejections.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN sync_rejections.run_id IS 'The run.';
COMMENT ON COLUMN sync_rejections.process IS 'The process that read the row.';
COMMENT ON COLUMN sync_rejections.external_id IS 'The row''s id at the vendor; null where it had none.';
COMMENT ON COLUMN sync_rejections.code IS 'A stable word for the cause.';
COMMENT ON COLUMN sync_rejections.message IS 'What was wrong; names the field, never its value.';

COMMENT ON TABLE findings IS 'What people should know of a profile, from a validation or a run.';
COMMENT ON COLUMN findings.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN findings.profile_id IS 'The profile.';
COMMENT ON COLUMN findings.run_id IS 'The run that found it; null for a validation.';
COMMENT ON COLUMN findings.process IS 'The process it concerns; null for the connection as a whole.';
COMMENT ON COLUMN findings.code IS 'A stable word; clients branch on it.';
COMMENT ON COLUMN findings.severity IS 'How much it matters.';
COMMENT ON COLUMN findings.message IS 'One sentence: what is the matter.';
COMMENT ON COLUMN findings.seen IS 'What was seen that says so; null where there is nothing to quote.';
COMMENT ON COLUMN findings.remedy IS 'What to do about it.';
COMMENT ON COLUMN findings.docs_url IS 'The vendor''s page on the matter; null where there is none.';
COMMENT ON COLUMN findings.at IS 'When it was found.';

COMMENT ON TABLE events IS 'Numbered news of a stream, without gaps.';
COMMENT ON COLUMN events.stream_kind IS 'What the stream is about.';
COMMENT ON COLUMN events.stream_id IS 'The run.';
COMMENT ON COLUMN events.sequence IS 'From 1, without gaps within the stream.';
COMMENT ON COLUMN events.at IS 'When it was written.';
COMMENT ON COLUMN events.body IS 'What happened.';

COMMENT ON TABLE software_models IS 'Publisher, product and edition that identifiers stand for.';
COMMENT ON COLUMN software_models.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN software_models.publisher IS 'Who makes it.';
COMMENT ON COLUMN software_models.product IS 'The product in the vendor''s words.';
COMMENT ON COLUMN software_models.edition IS 'The variant; empty for the product itself.';
COMMENT ON COLUMN software_models.category IS 'The sort of software; null when not said.';
COMMENT ON COLUMN software_models.origin IS 'Whether the catalogue or a person made it.';
COMMENT ON COLUMN software_models.search_text IS 'Publisher, product and edition in lower case, for searching.';
COMMENT ON COLUMN software_models.created_at IS 'When it was made.';
COMMENT ON COLUMN software_models.updated_at IS 'When it was last changed.';

COMMENT ON TABLE subscription_identifiers IS 'What vendors call the things that are held, and what they stand for.';
COMMENT ON COLUMN subscription_identifiers.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN subscription_identifiers.connector IS 'Key of the connector.';
COMMENT ON COLUMN subscription_identifiers.kind IS 'The vendor''s kind of licence.';
COMMENT ON COLUMN subscription_identifiers.key IS 'The vendor''s key within the kind.';
COMMENT ON COLUMN subscription_identifiers.name IS 'The vendor''s display name, as last seen.';
COMMENT ON COLUMN subscription_identifiers.model_id IS 'What it stands for; null waits to be resolved.';
COMMENT ON COLUMN subscription_identifiers.resolved_by IS 'Who said so; null while unresolved.';
COMMENT ON COLUMN subscription_identifiers.first_seen_at IS 'When a sync first named it.';
COMMENT ON COLUMN subscription_identifiers.updated_at IS 'When it was last changed.';

COMMENT ON TABLE accounts IS 'Logins in organisations.';
COMMENT ON COLUMN accounts.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN accounts.profile_id IS 'The profile that sees it.';
COMMENT ON COLUMN accounts.external_id IS 'The vendor''s immutable id.';
COMMENT ON COLUMN accounts.username IS 'The name it logs in with.';
COMMENT ON COLUMN accounts.email IS 'Its mail address; null when not told.';
COMMENT ON COLUMN accounts.display_name IS 'The name that the vendor shows; null when not told.';
COMMENT ON COLUMN accounts.kind IS 'Who or what logs in with it.';
COMMENT ON COLUMN accounts.active IS 'Whether it may log in at all.';
COMMENT ON COLUMN accounts.frozen IS 'Whether it is barred for now; null when the vendor does not let us see.';
COMMENT ON COLUMN accounts.department IS 'As the vendor has it; null when not told.';
COMMENT ON COLUMN accounts.title IS 'Job title; null when not told.';
COMMENT ON COLUMN accounts.country IS 'As written at the vendor; null when not told.';
COMMENT ON COLUMN accounts.cost_center IS 'Cost centre; null when not told.';
COMMENT ON COLUMN accounts.employee_number IS 'Employee number at the vendor; null when not told.';
COMMENT ON COLUMN accounts.federation_id IS 'Id at the single sign-on provider; null when not told.';
COMMENT ON COLUMN accounts.manager_external_id IS 'External id of the manager''s account; null when not told.';
COMMENT ON COLUMN accounts.vendor_created_at IS 'When the vendor created it; null when not told.';
COMMENT ON COLUMN accounts.attributes IS 'Further small facts without a column, an object of texts.';
COMMENT ON COLUMN accounts.search_text IS 'Name, username, mail and employee number in lower case, for searching.';
COMMENT ON COLUMN accounts.last_activity_at IS 'Newest evidence of use of any kind; null when there is none.';
COMMENT ON COLUMN accounts.idle_since IS 'Last activity, else creation at the vendor, else first sight; inactivity counts from here.';
COMMENT ON COLUMN accounts.first_seen_at IS 'When a sync first named it.';
COMMENT ON COLUMN accounts.updated_at IS 'When a sync last changed it.';
COMMENT ON COLUMN accounts.retired_at IS 'When a sync found it gone; null while it is there.';

COMMENT ON TABLE activities IS 'Evidence of use, one row per account and kind.';
COMMENT ON COLUMN activities.account_id IS 'The account.';
COMMENT ON COLUMN activities.kind IS 'What sort of use.';
COMMENT ON COLUMN activities.last_at IS 'The newest evidence.';
COMMENT ON COLUMN activities.source IS 'Where the vendor says so, of the newest evidence.';
COMMENT ON COLUMN activities.day_map IS 'Days with evidence: 8 bytes epoch day of the newest, then 184 bits backwards from it.';

COMMENT ON TABLE license_pools IS 'What organisations say they bought, per identifier.';
COMMENT ON COLUMN license_pools.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN license_pools.profile_id IS 'The profile that sees it.';
COMMENT ON COLUMN license_pools.identifier_id IS 'What it is of.';
COMMENT ON COLUMN license_pools.total IS 'Seats bought; null when not told.';
COMMENT ON COLUMN license_pools.used IS 'Seats the vendor counts as used; null when not told.';
COMMENT ON COLUMN license_pools.status IS 'The vendor''s word for its state; null when not told.';
COMMENT ON COLUMN license_pools.expires_on IS 'Last day of the term; null when not told or without end.';
COMMENT ON COLUMN license_pools.first_seen_at IS 'When a sync first named it.';
COMMENT ON COLUMN license_pools.updated_at IS 'When a sync last changed it.';
COMMENT ON COLUMN license_pools.retired_at IS 'When a sync found it gone; null while it is there.';

COMMENT ON TABLE subscriptions IS 'One account holding one subscription identifier.';
COMMENT ON COLUMN subscriptions.id IS 'Ours, UUIDv7.';
COMMENT ON COLUMN subscriptions.profile_id IS 'The account''s profile.';
COMMENT ON COLUMN subscriptions.account_id IS 'The holder.';
COMMENT ON COLUMN subscriptions.identifier_id IS 'What is held.';
COMMENT ON COLUMN subscriptions.pool_id IS 'The pool the seat is taken from; null where there is none.';
COMMENT ON COLUMN subscriptions.assigned_at IS 'When it was assigned; null when not told.';
COMMENT ON COLUMN subscriptions.first_seen_at IS 'When a sync first named it.';
COMMENT ON COLUMN subscriptions.updated_at IS 'When a sync last changed it.';
COMMENT ON COLUMN subscriptions.retired_at IS 'When a sync found it gone; null while it is held.';
