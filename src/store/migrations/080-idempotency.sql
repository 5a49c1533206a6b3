-- What requests with an Idempotency-Key came to, for a day. Scope and fingerprint are HMACs: neither keys nor bodies are here.
CREATE TABLE idempotency (
  scope bytea PRIMARY KEY,
  instance_id text NOT NULL REFERENCES instances ON DELETE CASCADE,
  -- Of the body and the query.
  fingerprint bytea NOT NULL,
  -- The try that runs, or ran last, and how long it is taken for running.
  attempt uuid NOT NULL,
  leased_until timestamptz NOT NULL,
  -- Whether Core refuses the same again, since its reference is the same.
  repeatable boolean NOT NULL,
  -- The first answer, encrypted: it may hold a key, or somebody's data. NULL while there is none.
  answer_sealed bytea,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX idempotency_age ON idempotency (created_at);
CREATE INDEX idempotency_instance ON idempotency (instance_id);
