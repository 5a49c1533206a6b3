-- Names, types and keys as a Core database has them after its own migrations (spec/core-tables.md), so that one query
-- reads both. Of its indexes only those that a query of ours uses: each one costs every posting.
-- Every id that SQL makes comes from here, so that a seed can make them repeatable (008-clock-and-seed.sql).
CREATE FUNCTION new_uuid () RETURNS uuid LANGUAGE sql VOLATILE AS 'SELECT gen_random_uuid()';

CREATE TABLE ledgers (
  id serial PRIMARY KEY,
  name text,
  ledger_id text NOT NULL UNIQUE,
  created_at timestamp NOT NULL DEFAULT now(),
  meta_data jsonb
);
CREATE INDEX ledgers_created_at ON ledgers (created_at DESC);

CREATE TABLE identity (
  id serial PRIMARY KEY,
  identity_id text NOT NULL UNIQUE,
  first_name text NOT NULL,
  last_name text NOT NULL,
  other_names text,
  gender text,
  dob date,
  email_address text,
  phone_number text,
  nationality text,
  street text,
  country text,
  state text,
  organization_name text,
  category text,
  identity_type text,
  post_code text,
  city text,
  created_at timestamp NOT NULL DEFAULT now(),
  meta_data jsonb
);
CREATE INDEX identity_created_at ON identity (created_at DESC);

CREATE TABLE balances (
  id serial PRIMARY KEY,
  balance_id text NOT NULL UNIQUE,
  indicator text,
  balance numeric NOT NULL,
  credit_balance numeric NOT NULL,
  debit_balance numeric NOT NULL,
  currency text NOT NULL,
  ledger_id text NOT NULL REFERENCES ledgers (ledger_id),
  identity_id text REFERENCES identity (identity_id),
  created_at timestamp NOT NULL DEFAULT now(),
  meta_data jsonb,
  version integer NOT NULL DEFAULT 1,
  inflight_balance numeric NOT NULL DEFAULT 0,
  inflight_credit_balance numeric NOT NULL DEFAULT 0,
  inflight_debit_balance numeric NOT NULL DEFAULT 0,
  track_fund_lineage boolean NOT NULL DEFAULT false,
  allocation_strategy text NOT NULL DEFAULT 'FIFO',
  CONSTRAINT unique_indicator_currency UNIQUE (indicator, currency)
);
CREATE INDEX balances_created_at ON balances (created_at DESC);
CREATE INDEX balances_ledger_id ON balances (ledger_id);
CREATE INDEX balances_identity_id ON balances (identity_id);

CREATE TABLE transactions (
  id serial PRIMARY KEY,
  transaction_id text NOT NULL UNIQUE,
  -- Core has foreign keys here. Whatever writes a row has locked both balances or found them, and none is ever deleted,
  -- so the keys would cost a fifth of a posting and refuse nothing.
  source text,
  destination text,
  description text,
  reference text,
  amount numeric,
  currency text,
  status text,
  hash text,
  created_at timestamp NOT NULL DEFAULT now(),
  scheduled_for timestamp,
  meta_data jsonb,
  precise_amount numeric,
  "precision" bigint DEFAULT 1,
  parent_transaction text,
  effective_date timestamp,
  chain_seq bigint,
  chain_prev_hash char(64),
  chain_hash char(64)
);
CREATE UNIQUE INDEX idx_transactions_reference_unique ON transactions (reference);
CREATE INDEX transactions_created_at ON transactions (created_at DESC, id);
CREATE INDEX transactions_source ON transactions (source, created_at);
CREATE INDEX transactions_destination ON transactions (destination, created_at);
CREATE INDEX transactions_parent_status ON transactions (parent_transaction, status);
CREATE INDEX transactions_queued_parent ON transactions ((meta_data ->> 'QUEUED_PARENT_TRANSACTION'))
  WHERE (meta_data ->> 'QUEUED_PARENT_TRANSACTION') IS NOT NULL;

CREATE TABLE accounts (
  id serial PRIMARY KEY,
  account_id text NOT NULL UNIQUE,
  name text NOT NULL,
  number text NOT NULL UNIQUE,
  bank_name text NOT NULL,
  currency text NOT NULL,
  created_at timestamp NOT NULL DEFAULT now(),
  ledger_id text NOT NULL REFERENCES ledgers (ledger_id),
  identity_id text NOT NULL REFERENCES identity (identity_id),
  balance_id text NOT NULL REFERENCES balances (balance_id),
  meta_data jsonb
);

CREATE TABLE api_keys (
  id serial PRIMARY KEY,
  api_key_id text NOT NULL UNIQUE,
  key text NOT NULL UNIQUE,
  name text NOT NULL,
  owner_id text NOT NULL,
  scopes text[] NOT NULL DEFAULT '{}',
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  is_revoked boolean NOT NULL DEFAULT false,
  revoked_at timestamptz,
  key_prefix varchar(16)
);

CREATE TABLE balance_monitors (
  id serial PRIMARY KEY,
  monitor_id text NOT NULL UNIQUE,
  balance_id text NOT NULL REFERENCES balances (balance_id),
  field text NOT NULL CHECK (field IN ('debit_balance', 'credit_balance', 'balance', 'inflight_debit_balance', 'inflight_credit_balance', 'inflight_balance')),
  operator text NOT NULL CHECK (operator IN ('>', '<', '>=', '<=', '=', '!=')),
  value bigint NOT NULL,
  description text,
  call_back_url text,
  created_at timestamp NOT NULL DEFAULT now(),
  "precision" double precision,
  precise_value bigint
);
CREATE INDEX balance_monitors_balance_id ON balance_monitors (balance_id);

CREATE TABLE balance_snapshots (
  id serial PRIMARY KEY,
  balance_id text NOT NULL REFERENCES balances (balance_id),
  ledger_id text NOT NULL REFERENCES ledgers (ledger_id),
  balance numeric NOT NULL,
  credit_balance numeric NOT NULL,
  debit_balance numeric NOT NULL,
  inflight_balance numeric NOT NULL,
  inflight_credit_balance numeric NOT NULL,
  inflight_debit_balance numeric NOT NULL,
  currency text NOT NULL,
  snapshot_time timestamptz NOT NULL,
  created_at timestamp NOT NULL,
  last_tx_id text,
  meta_data jsonb
);
CREATE INDEX balance_snapshots_balance_time ON balance_snapshots (balance_id, snapshot_time);

CREATE TABLE chain_state (
  chain_key text PRIMARY KEY,
  last_seq bigint NOT NULL DEFAULT 0,
  head_hash char(64) NOT NULL,
  genesis_hash char(64) NOT NULL,
  genesis_at timestamp NOT NULL DEFAULT now(),
  updated_at timestamp NOT NULL DEFAULT now()
);

CREATE TABLE external_transactions (
  id text PRIMARY KEY,
  amount numeric NOT NULL,
  reference varchar(255) NOT NULL,
  currency text NOT NULL,
  description text,
  date timestamp NOT NULL,
  source varchar(255) NOT NULL,
  upload_id text NOT NULL
);
CREATE INDEX external_transactions_upload_id ON external_transactions (upload_id);

CREATE TABLE lineage_mappings (
  id serial PRIMARY KEY,
  balance_id text NOT NULL REFERENCES balances (balance_id) ON DELETE CASCADE,
  provider text NOT NULL,
  shadow_balance_id text NOT NULL REFERENCES balances (balance_id) ON DELETE CASCADE,
  aggregate_balance_id text NOT NULL REFERENCES balances (balance_id) ON DELETE CASCADE,
  identity_id text NOT NULL REFERENCES identity (identity_id) ON DELETE CASCADE,
  created_at timestamp NOT NULL DEFAULT now(),
  UNIQUE (balance_id, provider)
);
CREATE INDEX lineage_mappings_shadow_balance_id ON lineage_mappings (shadow_balance_id);

CREATE TABLE lineage_outbox (
  id bigserial PRIMARY KEY,
  transaction_id text NOT NULL UNIQUE,
  source_balance_id text,
  destination_balance_id text,
  provider text,
  lineage_type text NOT NULL,
  payload jsonb NOT NULL,
  status text NOT NULL DEFAULT 'pending',
  attempts integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL DEFAULT 5,
  last_error text,
  created_at timestamp NOT NULL DEFAULT now(),
  processed_at timestamp,
  locked_until timestamp,
  inflight boolean NOT NULL DEFAULT false
);
CREATE INDEX lineage_outbox_claim ON lineage_outbox (status, locked_until, attempts, created_at) WHERE status IN ('pending', 'processing');

CREATE TABLE matches (
  id serial PRIMARY KEY,
  external_transaction_id text NOT NULL,
  internal_transaction_id text NOT NULL,
  reconciliation_id text NOT NULL,
  amount numeric(12,2) NOT NULL,
  date timestamp NOT NULL
);

CREATE TABLE matching_rules (
  id serial PRIMARY KEY,
  rule_id text NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL,
  name varchar(255) NOT NULL,
  description text,
  criteria jsonb NOT NULL
);

CREATE TABLE reconciliation_progress (
  processed_count bigint,
  reconciliation_id text UNIQUE,
  last_processed_external_txn_id text
);

CREATE TABLE reconciliations (
  id serial PRIMARY KEY,
  reconciliation_id text NOT NULL,
  upload_id text NOT NULL,
  status varchar(50) NOT NULL,
  matched_transactions integer NOT NULL,
  unmatched_transactions integer NOT NULL,
  started_at timestamp NOT NULL,
  completed_at timestamp
);

CREATE TABLE transaction_journal (
  id serial PRIMARY KEY,
  transaction_id text NOT NULL,
  action_type text NOT NULL CHECK (action_type IN ('INSERT', 'UPDATE', 'DELETE')),
  client_addr inet,
  backend_pid integer,
  "timestamp" timestamp NOT NULL DEFAULT now(),
  old_data jsonb,
  new_data jsonb,
  succeeded boolean NOT NULL
);

CREATE TABLE unmatched (
  id serial PRIMARY KEY,
  external_transaction_id text NOT NULL,
  reconciliation_id text NOT NULL,
  date timestamp NOT NULL
);

INSERT INTO ledgers (name, ledger_id, created_at, meta_data)
VALUES ('General Ledger', 'general_ledger_id', now() AT TIME ZONE 'UTC', '{}');
