CREATE TABLE instances (
  instance_id text PRIMARY KEY,
  name text NOT NULL,
  kind text NOT NULL CHECK (kind IN ('core', 'sandbox')),
  core_url text,
  -- AES-256-GCM, see src/instances/seal.ts
  core_key_sealed bytea,
  database_url_sealed bytea,
  core_ca text,
  -- A sandbox has no URL: each process resolves it to its own listener.
  sandbox_schema text UNIQUE,
  created_at timestamptz NOT NULL DEFAULT now(),
  updated_at timestamptz NOT NULL DEFAULT now(),
  CHECK ((kind = 'sandbox') = (sandbox_schema IS NOT NULL)),
  CHECK (kind <> 'sandbox' OR core_url IS NULL)
);

CREATE SEQUENCE sandbox_number;

CREATE TABLE api_keys (
  id text PRIMARY KEY,
  -- SHA-256 of the whole key: 256 random bits need no slow hash.
  hash bytea NOT NULL UNIQUE,
  prefix text NOT NULL,
  name text NOT NULL,
  scopes text[] NOT NULL,
  kind text NOT NULL DEFAULT 'api' CHECK (kind IN ('api', 'app')),
  instance_id text REFERENCES instances ON DELETE CASCADE,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);
CREATE INDEX api_keys_instance ON api_keys (instance_id);

CREATE TABLE facts (
  name text PRIMARY KEY,
  value text NOT NULL
);
