ALTER TABLE api_keys
  -- Blocks from which the key is taken; NULL: from everywhere.
  ADD COLUMN addresses text[],
  -- The secret before the last rotation, and until when it is taken.
  ADD COLUMN former_hash bytea UNIQUE,
  ADD COLUMN former_prefix text,
  ADD COLUMN former_until timestamptz,
  ADD COLUMN rotated_at timestamptz,
  ADD COLUMN last_used_address text;

-- Every secret that was rotated: a preset is not to bring one back to life.
CREATE TABLE retired_secrets (
  hash bytea PRIMARY KEY,
  retired_at timestamptz NOT NULL DEFAULT now()
);
