-- The PostgreSQL migration's twin: ids are 16-byte blobs, times are microseconds since 1970 UTC, documents are JSON text.

-- A named connection with its credentials; a parent shares its properties with its children.
CREATE TABLE connection_aliases (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  connector text NOT NULL, -- Key of the connector, `salesforce`.
  name text NOT NULL, -- What people call it; unique, compared exactly.
  parent_id blob REFERENCES connection_aliases (id), -- The parent whose properties it inherits; null for a parent or a lone alias. One level only.
  instance_url text, -- Where the organisation lives; null where it is inherited or not known.
  properties text NOT NULL, -- Its own properties, nothing secret; inherited ones are not copied.
  grant_type text CHECK (grant_type IN ('AUTHORIZATION_CODE', 'CLIENT_CREDENTIALS', 'JWT_BEARER')), -- How it gets tokens; null until a credential was set.
  credential_state text NOT NULL CHECK (credential_state IN ('MISSING', 'READY', 'REAUTH_REQUIRED', 'REVOKED')), -- What is known of the credential.
  client_id text, -- The application's public id at the vendor; null until a credential was set.
  granted_scopes text NOT NULL, -- The scopes that the vendor granted, an array of words.
  principal text, -- The vendor's user it acts as; null until it was seen.
  obtained_at bigint, -- When the credential was last accepted or stored; null before.
  created_at bigint NOT NULL, -- When it was made.
  updated_at bigint NOT NULL -- When it was last changed.
);
CREATE UNIQUE INDEX connection_aliases_name ON connection_aliases (name);
CREATE INDEX connection_aliases_parent ON connection_aliases (parent_id);
CREATE INDEX connection_aliases_page ON connection_aliases (created_at, id);

-- Encrypted credentials of aliases; never read without the key.
CREATE TABLE sealed_secrets (
  alias_id blob NOT NULL REFERENCES connection_aliases (id) ON DELETE CASCADE, -- Whose secret it is.
  purpose text NOT NULL CHECK (purpose IN ('CLIENT_SECRET', 'REFRESH_TOKEN', 'PRIVATE_KEY')), -- What it is used for.
  sealed blob NOT NULL, -- The secret and its data key, both sealed; the row's place is authenticated with them.
  updated_at bigint NOT NULL, -- When it was put.
  PRIMARY KEY (alias_id, purpose)
) WITHOUT ROWID;

-- One SaaS organisation, tracked through one alias.
CREATE TABLE integration_profiles (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  connector text NOT NULL, -- Key of the connector.
  name text NOT NULL, -- What people call it; unique among those not deleted.
  alias_id blob REFERENCES connection_aliases (id), -- The connection it uses; null once deleted.
  state text NOT NULL CHECK (state IN ('DRAFT', 'PUBLISHED', 'PAUSED', 'REAUTH_REQUIRED')), -- Where it is in its life.
  organization_id text, -- The vendor's id of the organisation; null until validated.
  organization_name text, -- The organisation's name; null until validated.
  sandbox boolean, -- Whether the organisation is a sandbox; null until validated.
  edition text, -- The organisation's edition, in the vendor's words; null until validated or when not told.
  schedule_every text NOT NULL CHECK (schedule_every IN ('DAY', 'HOUR', 'MANUAL')), -- How often it syncs.
  schedule_at text, -- Time of day, HH:MM, or minute of the hour; null for the default.
  schedule_time_zone text NOT NULL, -- The time zone the schedule is read in, an IANA name.
  next_run_at bigint, -- The next slot; null when none is due.
  allowance_limit bigint, -- Calls the vendor allows in its period; null until seen.
  allowance_used bigint, -- Calls used by everybody in the period; null until seen.
  allowance_at bigint, -- When the vendor said so; null until seen.
  created_at bigint NOT NULL, -- When it was made.
  updated_at bigint NOT NULL, -- When it was last changed by a person or a validation.
  deleted_at bigint, -- When it was deleted; null while it lives. History stays.
  CHECK ((alias_id IS NULL) = (deleted_at IS NOT NULL))
);
CREATE UNIQUE INDEX integration_profiles_name ON integration_profiles (name) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_alias ON integration_profiles (alias_id) WHERE deleted_at IS NULL;
CREATE UNIQUE INDEX integration_profiles_organization ON integration_profiles (connector, organization_id) WHERE deleted_at IS NULL AND organization_id IS NOT NULL;
CREATE INDEX integration_profiles_due ON integration_profiles (next_run_at) WHERE state = 'PUBLISHED' AND deleted_at IS NULL;
CREATE INDEX integration_profiles_page ON integration_profiles (created_at, id);

-- What a profile does, and how well.
CREATE TABLE profile_processes (
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  process text NOT NULL CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION', 'RECLAIM_SUBSCRIPTION')), -- The process.
  enabled boolean NOT NULL, -- Whether it is switched on.
  health text NOT NULL CHECK (health IN ('UNKNOWN', 'HEALTHY', 'DEGRADED', 'BROKEN')), -- What the last validation or run made of it.
  bookmark text, -- Where the next incremental pass begins, the connector's own words; null to begin at the beginning.
  last_succeeded_at bigint, -- When a pass last finished; null if never.
  PRIMARY KEY (profile_id, process)
) WITHOUT ROWID;

-- One execution of a profile's read processes; a row of leased work.
CREATE TABLE sync_runs (
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
CREATE UNIQUE INDEX sync_runs_open ON sync_runs (profile_id) WHERE state IN ('QUEUED', 'RUNNING', 'PAUSED_QUOTA', 'SUSPECT', 'CANCELLING');
CREATE UNIQUE INDEX sync_runs_idempotency ON sync_runs (profile_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX sync_runs_claim ON sync_runs (available_at, id) WHERE state IN ('QUEUED', 'PAUSED_QUOTA');
CREATE INDEX sync_runs_lease ON sync_runs (leased_until) WHERE leased_until IS NOT NULL;
CREATE INDEX sync_runs_page ON sync_runs (queued_at, id);
CREATE INDEX sync_runs_profile ON sync_runs (profile_id, queued_at, id);

-- The parts of a run, with position and progress.
CREATE TABLE sync_stages (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  ordinal integer NOT NULL, -- Its place in the run, from 0.
  name text NOT NULL, -- Its name for people.
  process text CHECK (process IN ('DOWNLOAD_SUBSCRIPTIONS', 'PULL_USER_ACTIVITY', 'DOWNLOAD_CONSUMPTION')), -- The process it carries out; null for the finishing stage.
  state text NOT NULL CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'SKIPPED', 'FAILED')), -- Where it is.
  done bigint NOT NULL, -- Vendor rows taken in.
  total bigint, -- Vendor rows there are; null when the vendor cannot be asked.
  cursor text, -- Where the next page begins, the connector's own words; null at the beginning.
  bookmark text, -- Where the next incremental pass begins; null until the stage is done or when it leaves none.
  started_at bigint, -- When it began; null before.
  finished_at bigint, -- When it ended; null before.
  PRIMARY KEY (run_id, ordinal)
) WITHOUT ROWID;

-- The records a run has named so far; what is missing here at the end is gone.
CREATE TABLE sync_seen (
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  kind text NOT NULL CHECK (kind IN ('ACCOUNT', 'SUBSCRIPTION', 'POOL')), -- Sort of record.
  record_id blob NOT NULL, -- The record's id in its own table.
  PRIMARY KEY (run_id, kind, record_id)
) WITHOUT ROWID;

-- Vendor rows that a run left out.
CREATE TABLE sync_rejections (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  run_id blob NOT NULL REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run.
  process text NOT NULL, -- The process that read the row.
  external_id text, -- The row's id at the vendor; null where it had none.
  code text NOT NULL, -- A stable word for the cause.
  message text NOT NULL -- What was wrong; names the field, never its value.
);
CREATE INDEX sync_rejections_run ON sync_rejections (run_id, id);

-- What people should know of a profile, from a validation or a run.
CREATE TABLE findings (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile.
  run_id blob REFERENCES sync_runs (id) ON DELETE CASCADE, -- The run that found it; null for a validation.
  process text, -- The process it concerns; null for the connection as a whole.
  code text NOT NULL, -- A stable word; clients branch on it.
  severity text NOT NULL CHECK (severity IN ('INFO', 'WARNING', 'ERROR')), -- How much it matters.
  message text NOT NULL, -- One sentence: what is the matter.
  seen text, -- What was seen that says so; null where there is nothing to quote.
  remedy text NOT NULL, -- What to do about it.
  docs_url text, -- The vendor's page on the matter; null where there is none.
  at bigint NOT NULL -- When it was found.
);
CREATE INDEX findings_profile ON findings (profile_id, run_id);
CREATE INDEX findings_run ON findings (run_id);

-- Numbered news of a stream, without gaps.
CREATE TABLE events (
  stream_kind text NOT NULL CHECK (stream_kind IN ('SYNC_RUN')), -- What the stream is about.
  stream_id blob NOT NULL, -- The run.
  sequence bigint NOT NULL, -- From 1, without gaps within the stream.
  at bigint NOT NULL, -- When it was written.
  body text NOT NULL, -- What happened.
  PRIMARY KEY (stream_kind, stream_id, sequence)
) WITHOUT ROWID;

-- Publisher, product and edition that identifiers stand for.
CREATE TABLE software_models (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  publisher text NOT NULL, -- Who makes it.
  product text NOT NULL, -- The product in the vendor's words.
  edition text NOT NULL, -- The variant; empty for the product itself.
  category text, -- The sort of software; null when not said.
  origin text NOT NULL CHECK (origin IN ('CATALOGUE', 'MANUAL')), -- Whether the catalogue or a person made it.
  search_text text NOT NULL, -- Publisher, product and edition in lower case, for searching.
  created_at bigint NOT NULL, -- When it was made.
  updated_at bigint NOT NULL -- When it was last changed.
);
CREATE UNIQUE INDEX software_models_product ON software_models (publisher, product, edition);

-- What vendors call the things that are held, and what they stand for.
CREATE TABLE subscription_identifiers (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  connector text NOT NULL, -- Key of the connector.
  kind text NOT NULL, -- The vendor's kind of licence.
  key text NOT NULL, -- The vendor's key within the kind.
  name text NOT NULL, -- The vendor's display name, as last seen.
  model_id blob REFERENCES software_models (id), -- What it stands for; null waits to be resolved.
  resolved_by text CHECK (resolved_by IN ('CATALOGUE', 'MANUAL')), -- Who said so; null while unresolved.
  first_seen_at bigint NOT NULL, -- When a sync first named it.
  updated_at bigint NOT NULL, -- When it was last changed.
  CHECK ((model_id IS NULL) = (resolved_by IS NULL))
);
CREATE UNIQUE INDEX subscription_identifiers_key ON subscription_identifiers (connector, kind, key);
CREATE INDEX subscription_identifiers_model ON subscription_identifiers (model_id);
CREATE INDEX subscription_identifiers_page ON subscription_identifiers (first_seen_at, id);

-- Logins in organisations.
CREATE TABLE accounts (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile that sees it.
  external_id text NOT NULL, -- The vendor's immutable id.
  username text NOT NULL, -- The name it logs in with.
  email text, -- Its mail address; null when not told.
  display_name text, -- The name that the vendor shows; null when not told.
  kind text NOT NULL CHECK (kind IN ('HUMAN', 'INTEGRATION', 'AUTOMATED', 'UNKNOWN')), -- Who or what logs in with it.
  active boolean NOT NULL, -- Whether it may log in at all.
  frozen boolean, -- Whether it is barred for now; null when the vendor does not let us see.
  department text, -- As the vendor has it; null when not told.
  title text, -- Job title; null when not told.
  country text, -- As written at the vendor; null when not told.
  cost_center text, -- Cost centre; null when not told.
  employee_number text, -- Employee number at the vendor; null when not told.
  federation_id text, -- Id at the single sign-on provider; null when not told.
  manager_external_id text, -- External id of the manager's account; null when not told.
  vendor_created_at bigint, -- When the vendor created it; null when not told.
  attributes text NOT NULL, -- Further small facts without a column, an object of texts.
  search_text text NOT NULL, -- Name, username, mail and employee number in lower case, for searching.
  last_activity_at bigint, -- Newest evidence of use of any kind; null when there is none.
  idle_since bigint NOT NULL, -- Last activity, else creation at the vendor, else first sight; inactivity counts from here.
  first_seen_at bigint NOT NULL, -- When a sync first named it.
  updated_at bigint NOT NULL, -- When a sync last changed it.
  retired_at bigint -- When a sync found it gone; null while it is there.
);
CREATE UNIQUE INDEX accounts_external ON accounts (profile_id, external_id);
CREATE INDEX accounts_page ON accounts (first_seen_at, id);
CREATE INDEX accounts_username ON accounts (username, id);
CREATE INDEX accounts_activity ON accounts (last_activity_at, id);

-- Evidence of use, one row per account and kind.
CREATE TABLE activities (
  account_id blob NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, -- The account.
  kind text NOT NULL CHECK (kind IN ('INTERACTIVE', 'API', 'SSO', 'OTHER')), -- What sort of use.
  last_at bigint NOT NULL, -- The newest evidence.
  source text NOT NULL, -- Where the vendor says so, of the newest evidence.
  day_map blob NOT NULL, -- Days with evidence: 8 bytes epoch day of the newest, then 184 bits backwards from it.
  PRIMARY KEY (account_id, kind)
) WITHOUT ROWID;

-- What organisations say they bought, per identifier.
CREATE TABLE license_pools (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The profile that sees it.
  identifier_id blob NOT NULL REFERENCES subscription_identifiers (id), -- What it is of.
  total bigint, -- Seats bought; null when not told.
  used bigint, -- Seats the vendor counts as used; null when not told.
  status text, -- The vendor's word for its state; null when not told.
  expires_on date, -- Last day of the term; null when not told or without end.
  first_seen_at bigint NOT NULL, -- When a sync first named it.
  updated_at bigint NOT NULL, -- When a sync last changed it.
  retired_at bigint -- When a sync found it gone; null while it is there.
);
CREATE UNIQUE INDEX license_pools_identifier ON license_pools (profile_id, identifier_id);
CREATE INDEX license_pools_page ON license_pools (first_seen_at, id);
CREATE INDEX license_pools_by_identifier ON license_pools (identifier_id);

-- One account holding one subscription identifier.
CREATE TABLE subscriptions (
  id blob PRIMARY KEY NOT NULL, -- Ours, UUIDv7.
  profile_id blob NOT NULL REFERENCES integration_profiles (id) ON DELETE CASCADE, -- The account's profile.
  account_id blob NOT NULL REFERENCES accounts (id) ON DELETE CASCADE, -- The holder.
  identifier_id blob NOT NULL REFERENCES subscription_identifiers (id), -- What is held.
  pool_id blob REFERENCES license_pools (id), -- The pool the seat is taken from; null where there is none.
  assigned_at bigint, -- When it was assigned; null when not told.
  first_seen_at bigint NOT NULL, -- When a sync first named it.
  updated_at bigint NOT NULL, -- When a sync last changed it.
  retired_at bigint -- When a sync found it gone; null while it is held.
);
CREATE UNIQUE INDEX subscriptions_held ON subscriptions (account_id, identifier_id);
CREATE INDEX subscriptions_profile ON subscriptions (profile_id);
CREATE INDEX subscriptions_identifier ON subscriptions (identifier_id);
CREATE INDEX subscriptions_pool ON subscriptions (pool_id);
CREATE INDEX subscriptions_page ON subscriptions (first_seen_at, id);
