CREATE TABLE oauth_clients (
  id text PRIMARY KEY,
  -- SHA-256 of the secret, of 256 random bits as a key has. A public client has none.
  secret_hash bytea,
  name text NOT NULL,
  scopes text[] NOT NULL,
  -- Empty: any address that may be redirected to, named anew in each request.
  redirect_uris text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz
);

-- What one person allowed one client, once: the family of all tokens that come of it.
CREATE TABLE oauth_grants (
  id text PRIMARY KEY,
  client_id text NOT NULL REFERENCES oauth_clients ON DELETE CASCADE,
  subject text NOT NULL,
  scopes text[] NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  expires_at timestamptz NOT NULL,
  revoked_at timestamptz
);
CREATE INDEX oauth_grants_client ON oauth_grants (client_id);
CREATE INDEX oauth_grants_end ON oauth_grants (expires_at);

CREATE TABLE oauth_codes (
  hash bytea PRIMARY KEY,
  grant_id text NOT NULL REFERENCES oauth_grants ON DELETE CASCADE,
  redirect_uri text NOT NULL,
  -- Whether the request named it, so that the exchange must too.
  redirect_uri_given boolean NOT NULL,
  -- RFC 7636, S256; null: none was sent
  challenge text,
  expires_at timestamptz NOT NULL,
  -- Kept until it expires: to be known when it comes again.
  used_at timestamptz
);
CREATE INDEX oauth_codes_grant ON oauth_codes (grant_id);
CREATE INDEX oauth_codes_end ON oauth_codes (expires_at);

CREATE TABLE oauth_tokens (
  hash bytea PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('access', 'refresh')),
  grant_id text NOT NULL REFERENCES oauth_grants ON DELETE CASCADE,
  scopes text[] NOT NULL,
  expires_at timestamptz NOT NULL,
  -- A refresh token: exchanged for the next. An access token: revoked by itself.
  ended_at timestamptz
);
CREATE INDEX oauth_tokens_grant ON oauth_tokens (grant_id);
CREATE INDEX oauth_tokens_end ON oauth_tokens (expires_at);
