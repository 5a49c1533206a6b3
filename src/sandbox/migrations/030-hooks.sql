-- Hooks, which Core keeps in Redis (spec/09 15).
CREATE TABLE hooks (
  id serial PRIMARY KEY,
  hook_id text NOT NULL UNIQUE,
  name text NOT NULL,
  url text NOT NULL,
  type text NOT NULL,
  active boolean NOT NULL,
  -- Seconds.
  timeout bigint NOT NULL,
  retry_count bigint NOT NULL,
  created_at timestamp NOT NULL,
  last_run timestamp NOT NULL,
  last_success boolean NOT NULL
);
