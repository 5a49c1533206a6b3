-- What is to happen later, in the order it is due. Core keeps this in Redis; here it is written with the rows it belongs
-- to, so that an answered request survives a crash, and is removed with the rows it leads to, so that it happens once.
CREATE TABLE queue (
  id bigserial PRIMARY KEY,
  -- transaction: post the _q row of a QUEUED or SCHEDULED one. settle: a commit or void that was asked for.
  -- expire, commit: inflight_expiry_date, inflight_commit_date. bulk: a slice of a batch with run_async. reconcile: the rest of a run.
  -- lineage: what funds a transaction on a tracked balance moved.
  kind text NOT NULL CHECK (kind IN ('transaction', 'settle', 'expire', 'commit', 'bulk', 'reconcile', 'lineage')),
  -- The QUEUED row, the posted one, the hold (or what holds have as parent), the batch, or the reconciliation.
  transaction_id text NOT NULL,
  -- UTC, as every timestamp here. Later slices of a batch wait at infinity.
  due_at timestamp NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  task jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX queue_due ON queue (due_at, id);
CREATE INDEX queue_transaction ON queue (transaction_id);
-- One pending commit or void a hold (spec/09 6.8).
CREATE UNIQUE INDEX queue_one_settlement ON queue (transaction_id) WHERE kind = 'settle';
