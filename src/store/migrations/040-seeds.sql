-- The sandboxes that were begun from a seed. Without ids: while it is applied, or where that was cut off.
CREATE TABLE seeds (
  instance_id text PRIMARY KEY REFERENCES instances ON DELETE CASCADE,
  -- SHA-256 of the seed, to see that it has changed since.
  digest text NOT NULL,
  ids json,
  applied_at timestamptz
);
