-- The tables of a Core of 0.15, as its own migrations leave them (spec/core-tables.md): columns, types, defaults, keys and
-- indexes; without triggers and functions, which nothing that reads can tell. Names are looked for in the search path.

CREATE TABLE ledgers (
  id serial,
  name text,
  ledger_id text NOT NULL,
  created_at timestamp NOT NULL DEFAULT now(),
  meta_data jsonb,
  CONSTRAINT ledgers_ledger_id_key UNIQUE (ledger_id),
  CONSTRAINT ledgers_pkey PRIMARY KEY (id)
);
CREATE INDEX blnk_ledgers_created_at_idx ON ledgers USING btree (created_at DESC);

CREATE TABLE identity (
  id serial,
  identity_id text NOT NULL,
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
  meta_data jsonb,
  CONSTRAINT identity_identity_id_key UNIQUE (identity_id),
  CONSTRAINT identity_pkey PRIMARY KEY (id)
);
CREATE INDEX blnk_identity_country_created_at_idx ON identity USING btree (country, created_at DESC);
CREATE INDEX blnk_identity_created_at_idx ON identity USING btree (created_at DESC);

CREATE TABLE balances (
  id serial,
  balance_id text NOT NULL,
  indicator text,
  balance numeric NOT NULL,
  credit_balance numeric NOT NULL,
  debit_balance numeric NOT NULL,
  currency text NOT NULL,
  ledger_id text NOT NULL,
  identity_id text,
  created_at timestamp NOT NULL DEFAULT now(),
  meta_data jsonb,
  version integer NOT NULL DEFAULT 1,
  inflight_balance numeric NOT NULL DEFAULT 0,
  inflight_credit_balance numeric NOT NULL DEFAULT 0,
  inflight_debit_balance numeric NOT NULL DEFAULT 0,
  track_fund_lineage boolean NOT NULL DEFAULT false,
  allocation_strategy text NOT NULL DEFAULT 'FIFO'::text,
  CONSTRAINT balances_balance_id_key UNIQUE (balance_id),
  CONSTRAINT balances_pkey PRIMARY KEY (id),
  CONSTRAINT unique_indicator_currency UNIQUE (indicator, currency),
  FOREIGN KEY (ledger_id) REFERENCES ledgers(ledger_id),
  FOREIGN KEY (identity_id) REFERENCES identity(identity_id)
);
CREATE INDEX blnk_balances_created_at_idx ON balances USING btree (created_at DESC);
CREATE INDEX blnk_balances_currency_identity_id_idx ON balances USING btree (currency, identity_id);
CREATE INDEX blnk_balances_identity_id_idx ON balances USING btree (identity_id);
CREATE INDEX blnk_balances_ledger_id_idx ON balances USING btree (ledger_id);
CREATE INDEX idx_balances_indicator ON balances USING btree (indicator);

CREATE TABLE accounts (
  id serial,
  account_id text NOT NULL,
  name text NOT NULL,
  number text NOT NULL,
  bank_name text NOT NULL,
  currency text NOT NULL,
  created_at timestamp NOT NULL DEFAULT now(),
  ledger_id text NOT NULL,
  identity_id text NOT NULL,
  balance_id text NOT NULL,
  meta_data jsonb,
  CONSTRAINT accounts_account_id_key UNIQUE (account_id),
  CONSTRAINT accounts_number_key UNIQUE (number),
  CONSTRAINT accounts_pkey PRIMARY KEY (id),
  FOREIGN KEY (ledger_id) REFERENCES ledgers(ledger_id),
  FOREIGN KEY (identity_id) REFERENCES identity(identity_id),
  FOREIGN KEY (balance_id) REFERENCES balances(balance_id)
);

CREATE TABLE api_keys (
  id serial,
  api_key_id text NOT NULL,
  key text NOT NULL,
  name text NOT NULL,
  owner_id text NOT NULL,
  scopes text[] NOT NULL DEFAULT '{}'::text[],
  expires_at timestamptz NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  last_used_at timestamptz NOT NULL DEFAULT now(),
  is_revoked boolean NOT NULL DEFAULT false,
  revoked_at timestamptz,
  key_prefix varchar(16),
  CONSTRAINT api_keys_api_key_id_key UNIQUE (api_key_id),
  CONSTRAINT api_keys_key_key UNIQUE (key),
  CONSTRAINT api_keys_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_api_keys_key ON api_keys USING btree (key);
CREATE INDEX idx_api_keys_key_prefix ON api_keys USING btree (key_prefix);
CREATE INDEX idx_api_keys_owner_id ON api_keys USING btree (owner_id);

CREATE TABLE balance_monitors (
  id serial,
  monitor_id text NOT NULL,
  balance_id text NOT NULL,
  field text NOT NULL,
  operator text NOT NULL,
  value bigint NOT NULL,
  description text,
  call_back_url text,
  created_at timestamp NOT NULL DEFAULT now(),
  "precision" double precision,
  precise_value bigint,
  CONSTRAINT balance_monitors_monitor_id_key UNIQUE (monitor_id),
  CONSTRAINT balance_monitors_pkey PRIMARY KEY (id),
  FOREIGN KEY (balance_id) REFERENCES balances(balance_id),
  CHECK ((field = ANY (ARRAY['debit_balance'::text, 'credit_balance'::text, 'balance'::text, 'inflight_debit_balance'::text, 'inflight_credit_balance'::text, 'inflight_balance'::text]))),
  CHECK ((operator = ANY (ARRAY['>'::text, '<'::text, '>='::text, '<='::text, '='::text, '!='::text])))
);

CREATE TABLE balance_snapshots (
  id serial,
  balance_id text NOT NULL,
  ledger_id text NOT NULL,
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
  meta_data jsonb,
  CONSTRAINT balance_snapshots_pkey PRIMARY KEY (id),
  FOREIGN KEY (balance_id) REFERENCES balances(balance_id),
  FOREIGN KEY (ledger_id) REFERENCES ledgers(ledger_id)
);
CREATE INDEX idx_balance_snapshots_balance_id ON balance_snapshots USING btree (balance_id);
CREATE INDEX idx_balance_snapshots_ledger_time ON balance_snapshots USING btree (ledger_id, snapshot_time);
CREATE INDEX idx_balance_snapshots_snapshot_time ON balance_snapshots USING btree (snapshot_time);

CREATE TABLE chain_state (
  chain_key text NOT NULL,
  last_seq bigint NOT NULL DEFAULT 0,
  head_hash char(64) NOT NULL,
  genesis_hash char(64) NOT NULL,
  genesis_at timestamp NOT NULL DEFAULT now(),
  updated_at timestamp NOT NULL DEFAULT now(),
  CONSTRAINT chain_state_pkey PRIMARY KEY (chain_key)
);

CREATE TABLE external_transactions (
  id text NOT NULL,
  amount numeric NOT NULL,
  reference varchar(255) NOT NULL,
  currency text NOT NULL,
  description text,
  date timestamp NOT NULL,
  source varchar(255) NOT NULL,
  upload_id text NOT NULL,
  CONSTRAINT external_transactions_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_external_transactions_upload_id ON external_transactions USING btree (upload_id);

CREATE TABLE lineage_mappings (
  id serial,
  balance_id text NOT NULL,
  provider text NOT NULL,
  shadow_balance_id text NOT NULL,
  aggregate_balance_id text NOT NULL,
  identity_id text NOT NULL,
  created_at timestamp NOT NULL DEFAULT now(),
  CONSTRAINT lineage_mappings_balance_id_provider_key UNIQUE (balance_id, provider),
  CONSTRAINT lineage_mappings_pkey PRIMARY KEY (id),
  FOREIGN KEY (balance_id) REFERENCES balances(balance_id) ON DELETE CASCADE,
  FOREIGN KEY (shadow_balance_id) REFERENCES balances(balance_id) ON DELETE CASCADE,
  FOREIGN KEY (aggregate_balance_id) REFERENCES balances(balance_id) ON DELETE CASCADE,
  FOREIGN KEY (identity_id) REFERENCES identity(identity_id) ON DELETE CASCADE
);
CREATE INDEX idx_lineage_mappings_balance_id ON lineage_mappings USING btree (balance_id);
CREATE INDEX idx_lineage_mappings_provider ON lineage_mappings USING btree (provider);
CREATE INDEX idx_lineage_mappings_shadow_balance_id ON lineage_mappings USING btree (shadow_balance_id);

CREATE TABLE lineage_outbox (
  id bigserial,
  transaction_id text NOT NULL,
  source_balance_id text,
  destination_balance_id text,
  provider text,
  lineage_type text NOT NULL,
  payload jsonb NOT NULL,
  status text NOT NULL DEFAULT 'pending'::text,
  attempts integer NOT NULL DEFAULT 0,
  max_attempts integer NOT NULL DEFAULT 5,
  last_error text,
  created_at timestamp NOT NULL DEFAULT now(),
  processed_at timestamp,
  locked_until timestamp,
  inflight boolean NOT NULL DEFAULT false,
  CONSTRAINT lineage_outbox_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_lineage_outbox_claim ON lineage_outbox USING btree (status, locked_until, attempts, created_at) WHERE (status = ANY (ARRAY['pending'::text, 'processing'::text]));
CREATE INDEX idx_lineage_outbox_failed ON lineage_outbox USING btree (status, created_at) WHERE (status = 'failed'::text);
CREATE INDEX idx_lineage_outbox_pending ON lineage_outbox USING btree (status, created_at) WHERE (status = 'pending'::text);
CREATE INDEX idx_lineage_outbox_transaction ON lineage_outbox USING btree (transaction_id);
CREATE UNIQUE INDEX lineage_outbox_transaction_id_uidx ON lineage_outbox USING btree (transaction_id);

CREATE TABLE matches (
  id serial,
  external_transaction_id text NOT NULL,
  internal_transaction_id text NOT NULL,
  reconciliation_id text NOT NULL,
  amount numeric(12,2) NOT NULL,
  date timestamp NOT NULL,
  CONSTRAINT matches_pkey PRIMARY KEY (id)
);

CREATE TABLE matching_rules (
  id serial,
  rule_id text NOT NULL,
  created_at timestamp NOT NULL,
  updated_at timestamp NOT NULL,
  name varchar(255) NOT NULL,
  description text,
  criteria jsonb NOT NULL,
  CONSTRAINT matching_rules_pkey PRIMARY KEY (id)
);

CREATE TABLE reconciliation_progress (
  processed_count bigint,
  reconciliation_id text,
  last_processed_external_txn_id text,
  CONSTRAINT reconciliation_progress_reconciliation_id_key UNIQUE (reconciliation_id)
);
CREATE INDEX idx_reconciliations_progress_id ON reconciliation_progress USING btree (reconciliation_id);

CREATE TABLE reconciliations (
  id serial,
  reconciliation_id text NOT NULL,
  upload_id text NOT NULL,
  status varchar(50) NOT NULL,
  matched_transactions integer NOT NULL,
  unmatched_transactions integer NOT NULL,
  started_at timestamp NOT NULL,
  completed_at timestamp,
  CONSTRAINT reconciliations_pkey PRIMARY KEY (id)
);
CREATE INDEX idx_reconciliations_upload_id ON reconciliations USING btree (upload_id);

CREATE TABLE transaction_journal (
  id serial,
  transaction_id text NOT NULL,
  action_type text NOT NULL,
  client_addr inet,
  backend_pid integer,
  "timestamp" timestamp NOT NULL DEFAULT now(),
  old_data jsonb,
  new_data jsonb,
  succeeded boolean NOT NULL,
  CONSTRAINT transaction_journal_pkey PRIMARY KEY (id),
  CHECK ((action_type = ANY (ARRAY['INSERT'::text, 'UPDATE'::text, 'DELETE'::text])))
);

CREATE TABLE transactions (
  id serial,
  transaction_id text NOT NULL,
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
  chain_hash char(64),
  CONSTRAINT transactions_pkey PRIMARY KEY (id),
  CONSTRAINT transactions_transaction_id_key UNIQUE (transaction_id),
  FOREIGN KEY (source) REFERENCES balances(balance_id),
  FOREIGN KEY (destination) REFERENCES balances(balance_id)
);
CREATE INDEX blnk_transactions_created_at_destination_idx ON transactions USING btree (created_at, destination);
CREATE INDEX blnk_transactions_created_at_source_idx ON transactions USING btree (created_at, source);
CREATE INDEX blnk_txn_created_at_not_queued_idx ON transactions USING btree (created_at DESC) WHERE (status <> 'QUEUED'::text);
CREATE INDEX blnk_txn_currency_created_at_desc_idx ON transactions USING btree (currency, created_at DESC) INCLUDE ("precision");
CREATE UNIQUE INDEX idx_transactions_chain_seq ON transactions USING btree (chain_seq) WHERE (chain_seq IS NOT NULL);
CREATE INDEX idx_transactions_currency ON transactions USING btree (currency);
CREATE INDEX idx_transactions_destination ON transactions USING btree (destination);
CREATE INDEX idx_transactions_meta_data ON transactions USING gin (meta_data);
CREATE INDEX idx_transactions_parent_transaction ON transactions USING btree (parent_transaction);
CREATE INDEX idx_transactions_queued_recovery ON transactions USING btree (created_at) WHERE (status = 'QUEUED'::text);
CREATE UNIQUE INDEX idx_transactions_reference_unique ON transactions USING btree (reference);
CREATE INDEX idx_transactions_source ON transactions USING btree (source);
CREATE INDEX idx_transactions_status ON transactions USING btree (status);
CREATE INDEX idx_transactions_unchained ON transactions USING btree (id) WHERE (chain_seq IS NULL);
CREATE INDEX idx_txn_meta_inflight ON transactions USING btree (((meta_data ->> 'inflight'::text))) WHERE ((meta_data ->> 'inflight'::text) = 'true'::text);
CREATE INDEX idx_txn_meta_queued_parent ON transactions USING btree (((meta_data ->> 'QUEUED_PARENT_TRANSACTION'::text))) WHERE ((meta_data ->> 'QUEUED_PARENT_TRANSACTION'::text) IS NOT NULL);
CREATE INDEX idx_txn_meta_shadow_for ON transactions USING btree (((meta_data ->> '_shadow_for'::text)), created_at) WHERE ((meta_data ->> '_shadow_for'::text) IS NOT NULL);
CREATE INDEX idx_txn_parent_created ON transactions USING btree (parent_transaction, created_at DESC);
CREATE INDEX idx_txn_parent_status ON transactions USING btree (parent_transaction, status);
CREATE INDEX idx_txn_queued_destination ON transactions USING btree (destination, currency, created_at) WHERE (status = 'QUEUED'::text);
CREATE INDEX idx_txn_queued_source ON transactions USING btree (source, currency, created_at) WHERE (status = 'QUEUED'::text);

CREATE TABLE unmatched (
  id serial,
  external_transaction_id text NOT NULL,
  reconciliation_id text NOT NULL,
  date timestamp NOT NULL,
  CONSTRAINT unmatched_pkey PRIMARY KEY (id)
);
