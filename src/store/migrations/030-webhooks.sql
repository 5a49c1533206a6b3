-- Where a sandbox's webhooks go.
CREATE TABLE webhooks (
  instance_id text PRIMARY KEY REFERENCES instances ON DELETE CASCADE,
  -- JSON {url, headers}, sealed as instances' secrets are: either may hold a token.
  target_sealed bytea NOT NULL
);
