-- Custom apps (spec/06 6.1).
CREATE TABLE apps (
  app_id text PRIMARY KEY,
  display_name text NOT NULL,
  description text NOT NULL,
  logo_url text,
  developer_name text,
  callback_url text NOT NULL,
  portal_generator_url text NOT NULL,
  permissions text[] NOT NULL,
  launch_access text[],
  require_reauth boolean NOT NULL DEFAULT false,
  -- What its requests are signed with.
  signing_secret_sealed bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Installs of a removed app stay listed.
  removed_at timestamptz
);

CREATE TABLE app_installs (
  installed_app_id text PRIMARY KEY,
  app_id text NOT NULL REFERENCES apps ON DELETE CASCADE,
  instance_id text NOT NULL REFERENCES instances ON DELETE CASCADE,
  key_id text NOT NULL,
  api_key_prefix text NOT NULL,
  permissions text[] NOT NULL,
  status text NOT NULL CHECK (status IN ('installing', 'active', 'uninstalling', 'failed', 'uninstalled')),
  -- Why it failed, or the last try to uninstall it did.
  error text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Of the status.
  changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  installed_at timestamptz,
  uninstalled_at timestamptz
);
-- One install of an app on an instance (spec/06 6.1).
CREATE UNIQUE INDEX app_installs_one ON app_installs (app_id, instance_id) WHERE status IN ('installing', 'active', 'uninstalling');
CREATE INDEX app_installs_newest ON app_installs (created_at DESC);

-- What was sent to apps, and what they said. The key of an install is left out of it.
CREATE TABLE app_deliveries (
  id text PRIMARY KEY,
  installed_app_id text NOT NULL REFERENCES app_installs ON DELETE CASCADE,
  event text NOT NULL CHECK (event IN ('install', 'uninstall', 'launch')),
  url text NOT NULL,
  request text NOT NULL,
  sent_at timestamptz NOT NULL,
  ms double precision NOT NULL,
  response_status integer,
  response text,
  verdict text NOT NULL CHECK (verdict IN ('accepted', 'refused', 'timed_out', 'not_reached', 'not_allowed', 'not_understood')),
  error text
);
CREATE INDEX app_deliveries_newest ON app_deliveries (sent_at DESC, id DESC);
CREATE INDEX app_deliveries_install ON app_deliveries (installed_app_id, sent_at DESC);
