-- Posts the _q row of a queued transaction, APPLIED, INFLIGHT or REJECTED (spec/09 6.3); answers whether funds moved.
CREATE FUNCTION work_transaction (queued transactions, task jsonb, at timestamp) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  refusal text;
  result transactions := queued;
  family text := queued.meta_data ->> 'QUEUED_PARENT_TRANSACTION';
BEGIN
  result.reference := queued.reference || '_q';
  IF EXISTS (SELECT 1 FROM transactions WHERE reference = result.reference) THEN RETURN false; END IF;
  result.id := nextval('transactions_id_seq');
  result.transaction_id := 'txn_' || new_uuid();
  result.parent_transaction := queued.transaction_id;
  result.meta_data := queued.meta_data || jsonb_build_object('queue_pair_key', task ->> 'pair');
  -- A leg that comes after its atomic sibling was rejected would be left out of the rollback.
  IF (task ->> 'atomic')::boolean AND EXISTS (SELECT 1 FROM transactions WHERE meta_data ->> 'QUEUED_PARENT_TRANSACTION' = family AND status = 'REJECTED') THEN
    refusal := 'transaction rejected';
  ELSE
    refusal := move_funds(queued.source, queued.destination, task || jsonb_build_object('amount', queued.amount::text, 'precise_amount', queued.precise_amount::text,
      'transaction_id', result.transaction_id, 'created_at', at));
  END IF;
  IF refusal IS NOT NULL THEN
    result.status := 'REJECTED';
    result.meta_data := result.meta_data || jsonb_build_object('blnk_rejection_reason', refusal);
  ELSIF (task ->> 'inflight')::boolean THEN
    result.status := 'INFLIGHT';
  ELSE
    result.status := 'APPLIED';
    result.meta_data := result.meta_data - 'inflight';
  END IF;
  INSERT INTO transactions SELECT result.*;
  IF refusal IS NOT NULL AND (task ->> 'atomic')::boolean THEN
    PERFORM tell_batch(family, 'failed', at, jsonb_build_object('error', format('transaction rejected. All transactions in this batch have been %s.', roll_back(family, (task ->> 'inflight')::boolean, at))));
  END IF;
  RETURN refusal IS NULL;
END $$;

-- Settles what is due of a hold. One that is still queued itself is looked at again after it was posted.
CREATE FUNCTION work_settlement (job queue, at timestamp) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  action text := CASE job.kind WHEN 'settle' THEN job.task ->> 'action' WHEN 'expire' THEN 'void' ELSE 'commit' END;
  act text := coalesce(job.task ->> 'act', 'act_' || new_uuid());
  unposted timestamp;
BEGIN
  SELECT max(q.due_at) INTO unposted FROM queue AS q WHERE q.kind = 'transaction'
    AND q.transaction_id IN (SELECT job.transaction_id UNION SELECT t.transaction_id FROM transactions AS t WHERE t.parent_transaction = job.transaction_id AND t.status IN ('QUEUED', 'SCHEDULED'));
  IF unposted IS NOT NULL THEN
    UPDATE queue AS q SET due_at = greatest(unposted, at) + interval '50 milliseconds' WHERE q.id = job.id;
    RETURN false;
  END IF;
  -- An expiry acts on the id it was asked for, so that the VOID row is a child of the QUEUED one (spec/09 6.8).
  IF job.kind = 'expire' AND EXISTS (SELECT 1 FROM transactions WHERE transaction_id = job.transaction_id) THEN
    PERFORM settle_hold(job.transaction_id, action, 0, concat_ws('_', job.transaction_id, action, act), at);
  ELSE
    PERFORM settle_holds(job.transaction_id, action, coalesce((job.task ->> 'amount')::numeric, 0), act, at);
  END IF;
  RETURN true;
END $$;

CREATE FUNCTION work_batch (job queue, at timestamp) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  refusal text := run_batch(job.task, at) ->> 'message';
BEGIN
  IF refusal IS NOT NULL THEN
    PERFORM tell_batch(job.transaction_id, 'failed', at, jsonb_build_object('error', refusal));
    DELETE FROM queue AS q WHERE q.kind = 'bulk' AND q.transaction_id = job.transaction_id AND q.id <> job.id;
  ELSE
    UPDATE queue AS q SET due_at = job.due_at WHERE q.id = (
      SELECT min(next.id) FROM queue AS next WHERE next.kind = 'bulk' AND next.transaction_id = job.transaction_id AND next.id > job.id);
    IF NOT FOUND THEN
      PERFORM tell_batch(job.transaction_id, CASE WHEN (job.task ->> 'inflight')::boolean THEN 'inflight' ELSE 'applied' END, at, jsonb_build_object('transaction_count', (job.task ->> 'total')::integer));
    END IF;
  END IF;
END $$;

-- Does what was due at `ripe`, at most `most` transactions or one thing of another kind, and removes it in the same
-- transaction; `at` is now. What another process works on is passed over. Answers {done, waiting: whether more is due, next: when
-- the first of the rest is due, elsewhere: what comes first, where that is work of another kind, which queue/elsewhere.ts does}.
CREATE FUNCTION work_queue (most integer, at timestamp, ripe timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  jobs queue[];
  job queue;
  queued transactions;
  done bigint[] := '{}';
  ids text[];
  versions jsonb;
  moved transactions[] := '{}';
  elsewhere jsonb;
BEGIN
  jobs := ARRAY(SELECT q FROM queue AS q WHERE q.due_at <= ripe ORDER BY q.due_at, q.id LIMIT most FOR UPDATE SKIP LOCKED);
  IF cardinality(jobs) > 0 THEN
    job := jobs[1];
    IF job.kind = 'transaction' THEN
      IF cardinality(jobs) > 1 THEN
        ids := ARRAY(SELECT DISTINCT unnest(ARRAY[t.source, t.destination]) FROM unnest(jobs) AS j JOIN transactions AS t ON t.transaction_id = j.transaction_id WHERE j.kind = 'transaction');
        PERFORM lock_balances(ids);
        versions := (SELECT jsonb_object_agg(b.balance_id, b.version) FROM balances AS b WHERE b.balance_id = ANY (ids));
      END IF;
      FOREACH job IN ARRAY jobs LOOP
        -- The first of another kind waits for its turn, and what is due after it too.
        EXIT WHEN job.kind <> 'transaction';
        SELECT t.* INTO queued FROM transactions AS t WHERE t.transaction_id = job.transaction_id;
        IF FOUND AND work_transaction(queued, job.task, at) THEN moved := moved || queued; END IF;
        done := done || job.id;
      END LOOP;
      -- What the queue posts together from one balance to another is one write of each, as Core's coalescing makes it
      -- (recording bulk, step 23).
      IF cardinality(moved) > 1 THEN
        UPDATE balances AS b SET version = (versions ->> b.balance_id)::integer + writes.pairs
        FROM (SELECT end_id, count(DISTINCT (m.source, m.destination, m.currency)) AS pairs FROM unnest(moved) AS m, unnest(ARRAY[m.source, m.destination]) AS end_id GROUP BY end_id) AS writes
        WHERE b.balance_id = writes.end_id;
      END IF;
    ELSIF job.kind = 'bulk' THEN
      PERFORM work_batch(job, at);
      done := ARRAY[job.id];
    ELSIF job.kind = 'reconcile' THEN
      elsewhere := jsonb_build_object('id', job.id, 'kind', job.kind);
    ELSIF job.kind = 'lineage' THEN
      IF work_lineage(job, at) THEN done := ARRAY[job.id]; END IF;
    ELSIF work_settlement(job, at) THEN
      done := ARRAY[job.id];
    END IF;
    DELETE FROM queue AS q WHERE q.id = ANY (done);
  END IF;
  RETURN (SELECT jsonb_build_object('done', cardinality(done), 'waiting', coalesce(min(q.due_at) <= ripe, false), 'next', min(q.due_at)::text, 'elsewhere', elsewhere) FROM queue AS q WHERE q.due_at < 'infinity');
END $$;

-- Work that fails for a reason of its own, not for one of the ledger, is tried five times in all, then given up.
CREATE FUNCTION postpone_work (at timestamp) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  job queue;
BEGIN
  SELECT q.* INTO job FROM queue AS q WHERE q.due_at <= at ORDER BY q.due_at, q.id LIMIT 1 FOR UPDATE SKIP LOCKED;
  DELETE FROM queue AS q WHERE q.id = job.id AND job.attempts >= 4;
  UPDATE queue AS q SET attempts = q.attempts + 1, due_at = at + interval '1 second' * 2 ^ q.attempts WHERE q.id = job.id;
END $$;

-- Puts back what is QUEUED for so long without a result; answers how many.
CREATE FUNCTION recover_queued (before timestamp, at timestamp) RETURNS integer
LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH put_back AS (
    INSERT INTO queue (kind, transaction_id, due_at, task)
    SELECT 'transaction', t.transaction_id, at, jsonb_build_object('inflight', coalesce(t.meta_data -> 'inflight', 'false'), 'atomic', coalesce(t.meta_data -> 'atomic', 'false'),
      'overdraft', coalesce(t.meta_data -> 'allow_overdraft', 'false'), 'overdraft_limit', NULL, 'pair', t.meta_data -> 'queue_pair_key')
    FROM transactions AS t WHERE t.status = 'QUEUED' AND t.created_at < before
      AND NOT EXISTS (SELECT 1 FROM transactions AS c WHERE c.parent_transaction = t.transaction_id)
      AND NOT EXISTS (SELECT 1 FROM queue AS q WHERE q.transaction_id = t.transaction_id)
    ORDER BY t.created_at LIMIT 100 RETURNING 1)
  SELECT count(*)::integer FROM put_back;
$$;
