-- Of people. Without a row, the admin token is what is typed.
CREATE TABLE passwords (
  user_name text PRIMARY KEY,
  -- $scrypt$ln=..,r=..,p=..$salt$hash, see src/login/password.ts
  password text NOT NULL,
  changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sessions (
  -- SHA-256 of the cookie: 256 random bits need no slow hash.
  hash bytea PRIMARY KEY,
  user_name text NOT NULL,
  -- SHA-256 of what it was opened with. Another password, or another admin token, and it opens nothing.
  proof bytea NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  seen_at timestamptz NOT NULL DEFAULT now()
);
