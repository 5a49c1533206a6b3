-- What spec/05 calls an organization: whoever runs this gateway. Its row is made with the first status, since a new
-- database may be a copy of one that was made when the package was built.
CREATE TABLE organization (
  only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
  id text NOT NULL DEFAULT 'org_' || upper(replace(gen_random_uuid()::text, '-', ''))
);

-- Those that every gateway has are here too, so that one key holds alerts to statuses that there are.
CREATE TABLE alert_statuses (
  key text PRIMARY KEY,
  name text NOT NULL,
  colour text NOT NULL,
  built_in boolean NOT NULL DEFAULT false,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
-- The yellow, blue and green of the Cloud's console (spec/05 5.4).
INSERT INTO alert_statuses (key, name, colour, built_in) VALUES
  ('FLAGGED', 'Flagged', '#F59E0B', true), ('INVESTIGATING', 'Investigating', '#3B82F6', true), ('RESOLVED', 'Resolved', '#10B981', true);

CREATE TABLE alerts (
  anomaly_id text PRIMARY KEY,
  instance_id text NOT NULL REFERENCES instances ON DELETE CASCADE,
  title text,
  description text NOT NULL,
  type text NOT NULL,
  assigned_to text,
  escalated_to text[] NOT NULL DEFAULT '{}',
  status text NOT NULL REFERENCES alert_statuses,
  affected_balances text[] NOT NULL DEFAULT '{}',
  affected_identities text[] NOT NULL DEFAULT '{}',
  affected_transactions text[] NOT NULL DEFAULT '{}',
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX alerts_newest ON alerts (created_at DESC, anomaly_id DESC);
CREATE INDEX alerts_instance ON alerts (instance_id, created_at DESC);
CREATE INDEX alerts_status ON alerts (status);
