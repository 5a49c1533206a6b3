-- The opposite of an applied transaction, as an entry (spec/09 6.10). That of a VOID row is held again.
CREATE FUNCTION refund_entry (original transactions, options jsonb, at timestamp) RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT jsonb_build_object('transaction_id', fresh.id, 'parent_transaction', original.transaction_id,
    'source', original.destination, 'destination', original.source, 'reference', original.transaction_id || '_refund',
    'amount', original.amount::text, 'precise_amount', original.precise_amount::text, 'precision', original."precision"::text,
    'currency', original.currency, 'description', coalesce(nullif(options ->> 'description', ''), original.description),
    'hash', transaction_hash(original.amount, original.transaction_id || '_refund', original.currency, original.destination, original.source),
    'created_at', at || 'Z', 'effective_date', at || 'Z', 'scheduled_for', '0001-01-01T00:00:00Z', 'inflight', original.status = 'VOID', 'atomic', false,
    'overdraft', true, 'overdraft_limit', NULL, 'status', 'QUEUED',
    'meta_data', original.meta_data || coalesce(options -> 'meta_data', '{}') || '{"allow_overdraft": true}'
      || CASE WHEN original.status = 'VOID' THEN '{"inflight": true}' ELSE '{}'::jsonb END
      || CASE WHEN (options ->> 'skip_queue')::boolean THEN '{}' ELSE jsonb_build_object('QUEUED_PARENT_TRANSACTION', fresh.id) END)
  FROM (SELECT 'txn_' || new_uuid() AS id) AS fresh;
$$;

-- What of an id can be refunded: itself where applied, its applied and void children, what was queued under it. As in
-- Core a refund is such a child, so that refunding a transaction again is refused and yet refunds the refund, once
-- (recording refunds, steps 8 and 14).
CREATE FUNCTION refundable (wanted text) RETURNS SETOF transactions
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT * FROM (
    SELECT * FROM transactions WHERE transaction_id = wanted AND status = 'APPLIED'
    UNION SELECT * FROM transactions WHERE parent_transaction = wanted AND status IN ('APPLIED', 'VOID')
    UNION SELECT * FROM transactions WHERE meta_data ->> 'QUEUED_PARENT_TRANSACTION' = wanted AND status = 'APPLIED'
  ) AS found ORDER BY created_at DESC, found.id;
$$;

CREATE FUNCTION already_refunded (original transactions) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT format('transaction %s has already been refunded', original.transaction_id);
$$;

-- Why a transaction cannot be refunded, or null.
CREATE FUNCTION refund_refusal (original transactions) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT CASE WHEN EXISTS (SELECT 1 FROM transactions AS t WHERE t.parent_transaction = original.transaction_id AND t.source = original.destination AND t.destination = original.source)
    THEN already_refunded(original) END;
$$;

-- Refunds what can be refunded of an id. Options: {skip_queue, description, meta_data}. Answers {entries, messages}.
CREATE FUNCTION refund_transactions (wanted text, options jsonb, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  original transactions;
  entry jsonb;
  shown jsonb;
  posted jsonb;
  made jsonb := '[]';
  messages jsonb := '[]';
  skip_queue boolean := coalesce((options ->> 'skip_queue')::boolean, false);
  refusal text;
BEGIN
  FOR original IN SELECT * FROM refundable(wanted) LOOP
    refusal := refund_refusal(original);
    IF refusal IS NOT NULL THEN
      messages := messages || to_jsonb(refusal);
      CONTINUE;
    END IF;
    entry := refund_entry(original, options || jsonb_build_object('skip_queue', skip_queue), at);
    -- Metadata travels as text, since its numbers are any JSON.
    shown := entry || jsonb_build_object('meta_data', (entry -> 'meta_data')::text);
    IF NOT skip_queue THEN
      -- What was refunded in the meantime is refused by its reference.
      IF queue_transactions(jsonb_build_array(entry)) THEN made := made || shown;
      ELSE messages := messages || to_jsonb(already_refunded(original)); END IF;
      CONTINUE;
    END IF;
    posted := post_transactions(jsonb_build_array(entry));
    IF posted ? 'message' THEN messages := messages || to_jsonb(format('failed to queue refund transaction %s: %s', entry ->> 'transaction_id', posted ->> 'message'));
    ELSE made := made || shown; END IF;
  END LOOP;
  RETURN jsonb_build_object('entries', made, 'messages', messages);
END $$;

-- Takes back what was posted under a batch or a split parent: holds are voided, the rest is refunded through the queue
-- (spec/09 6.9). Answers Core's word for it.
CREATE FUNCTION roll_back (parent text, inflight boolean, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  IF inflight THEN
    PERFORM settle_holds(parent, 'void', 0, NULL, at);
    RETURN 'voided';
  END IF;
  PERFORM refund_transactions(parent, '{}', at);
  RETURN 'refunded';
END $$;

-- Posts or queues a slice of a batch: {batch, atomic, inflight, skip_queue, items: [{entries, later, split, refusal,
-- number, reference, source, destination, amount}]}. Answers {} or {message} of the first that is refused.
CREATE FUNCTION run_batch (slice jsonb, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  item jsonb;
  posted jsonb;
  refusal text;
  ids text[];
BEGIN
  ids := ARRAY(SELECT DISTINCT unnest(ARRAY[e ->> 'source', e ->> 'destination']) FROM jsonb_array_elements(with_balance_ids(
    (SELECT coalesce(jsonb_agg(e), '[]') FROM jsonb_array_elements(slice -> 'items') AS i, jsonb_array_elements(i -> 'entries') AS e))) AS e);
  IF (slice ->> 'skip_queue')::boolean THEN PERFORM lock_balances(ids); END IF;
  FOR item IN SELECT value FROM jsonb_array_elements(slice -> 'items') LOOP
    refusal := item ->> 'refusal';
    IF refusal IS NULL AND NOT (slice ->> 'skip_queue')::boolean THEN
      PERFORM queue_transactions(item -> 'entries', item -> 'later') WHERE jsonb_array_length(item -> 'entries') > 0;
    ELSIF refusal IS NULL THEN
      posted := post_transactions(item -> 'entries', item -> 'later');
      IF NOT posted ? 'message' THEN CONTINUE; END IF;
      refusal := posted ->> 'message';
      IF (item ->> 'split')::boolean THEN
        IF (item ->> 'atomic')::boolean THEN PERFORM roll_back(item ->> 'transaction_id', (slice ->> 'inflight')::boolean, at); END IF;
        refusal := format('failed to record split transaction %s: %s', posted ->> 'failed', refusal);
      ELSE
        item := item || jsonb_build_object('source', posted #>> '{entries,0,source}', 'destination', posted #>> '{entries,0,destination}');
      END IF;
    END IF;
    IF refusal IS NOT NULL THEN
      refusal := format('failed to queue transaction %s (Reference: %s, Source: %s, Destination: %s, Amount: %s): %s',
        item ->> 'number', item ->> 'reference', item ->> 'source', item ->> 'destination', item ->> 'amount', refusal);
      IF NOT (slice ->> 'atomic')::boolean THEN
        RETURN jsonb_build_object('message', refusal || '. Previous transactions were not rolled back.');
      END IF;
      RETURN jsonb_build_object('message', format('%s. All transactions in this batch have been %s.', refusal,
        roll_back(slice ->> 'batch', (slice ->> 'inflight')::boolean, at)));
    END IF;
  END LOOP;
  RETURN '{}';
END $$;
