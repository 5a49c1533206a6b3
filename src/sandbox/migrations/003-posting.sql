-- A transaction to be written travels as a jsonb object, called an entry: transaction_id, parent_transaction, source,
-- destination, reference, amount, precise_amount, precision, currency, description, hash, created_at, effective_date,
-- scheduled_for, meta_data, inflight, atomic, overdraft (no funds needed), overdraft_limit (minor units, null for none).
-- Numbers are text. Refusals are data, so that what Core keeps of a refused transaction (its @ balances) is kept here too; their
-- sentences are Core's (spec/09 2, 5.1, 6).
-- Locks are taken in one order: the @ balances that are made, by name, then balances by balance_id.

-- The balance of a name like @World in a currency, made in the general ledger where it is missing (spec/09 6.7).
CREATE FUNCTION indicator_balance (name text, in_currency text, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  found_id text;
BEGIN
  SELECT balance_id INTO found_id FROM balances WHERE indicator = name AND currency = in_currency;
  IF found_id IS NULL THEN
    INSERT INTO balances (balance_id, indicator, balance, credit_balance, debit_balance, currency, ledger_id, created_at)
    VALUES ('bln_' || new_uuid(), name, 0, 0, 0, in_currency, 'general_ledger_id', at)
    ON CONFLICT (indicator, currency) DO NOTHING RETURNING balance_id INTO found_id;
  END IF;
  IF found_id IS NULL THEN
    SELECT balance_id INTO found_id FROM balances WHERE indicator = name AND currency = in_currency;
  END IF;
  RETURN found_id;
END $$;

-- The entries with every @ name replaced by its balance's id.
CREATE FUNCTION with_balance_ids (entries jsonb) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  entry jsonb;
  resolved jsonb := '[]';
  side text;
  name text;
  found_id text;
BEGIN
  IF NOT jsonb_path_exists(entries, '$[*].* ? (@ starts with "@")') THEN RETURN entries; END IF;
  FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
    FOREACH side IN ARRAY '{source,destination}'::text[] LOOP
      name := entry ->> side;
      IF left(name, 1) = '@' THEN
        SELECT balance_id INTO found_id FROM balances WHERE indicator = name AND currency = entry ->> 'currency';
        -- The first time: two that make the same balances must make them in the same order.
        IF found_id IS NULL THEN
          PERFORM indicator_balance(missing.indicator, missing.currency, missing.at) FROM (
            SELECT indicator, e ->> 'currency' AS currency, min(e ->> 'created_at')::timestamp AS at
            FROM jsonb_array_elements(entries) AS e, unnest(ARRAY[e ->> 'source', e ->> 'destination']) AS indicator
            WHERE left(indicator, 1) = '@' GROUP BY 1, 2 ORDER BY 1, 2) AS missing;
          RETURN with_balance_ids(entries);
        END IF;
        entry := entry || jsonb_build_object(side, found_id);
      END IF;
    END LOOP;
    resolved := resolved || entry;
  END LOOP;
  RETURN resolved;
END $$;

CREATE FUNCTION lock_balances (ids text[]) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM 1 FROM balances WHERE balance_id = ANY (ids) ORDER BY balance_id FOR NO KEY UPDATE;
END $$;

-- Moves an amount from one balance to another, or holds it; answers Core's sentence where it may not be, else null.
CREATE FUNCTION move_funds (from_id text, to_id text, entry jsonb) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  lower_id text := least(from_id, to_id);
  lower_funds numeric;
  upper_funds numeric;
  lower_tracked boolean;
  upper_tracked boolean;
  available numeric;
  moved numeric := (entry ->> 'precise_amount')::numeric;
  overdraft_limit numeric := (entry ->> 'overdraft_limit')::numeric;
BEGIN
  SELECT balance - inflight_debit_balance, track_fund_lineage INTO lower_funds, lower_tracked FROM balances WHERE balance_id = lower_id FOR NO KEY UPDATE;
  SELECT balance - inflight_debit_balance, track_fund_lineage INTO upper_funds, upper_tracked FROM balances WHERE balance_id = greatest(from_id, to_id) FOR NO KEY UPDATE;
  available := CASE WHEN from_id = lower_id THEN lower_funds ELSE upper_funds END;
  IF lower_funds IS NULL OR upper_funds IS NULL THEN
    RETURN format('failed to get source and destination balances: NOT_FOUND: Balance with ID ''%s'' not found', CASE WHEN available IS NULL THEN from_id ELSE to_id END);
  END IF;
  IF (entry ->> 'amount')::numeric < 0 THEN RETURN 'failed to apply transaction to balances: transaction amount must be positive'; END IF;
  IF moved <= 0 THEN RETURN 'failed to apply transaction to balances: transaction precise amount must be positive'; END IF;
  IF NOT (entry ->> 'overdraft')::boolean AND available < moved THEN
    IF overdraft_limit IS NULL THEN RETURN 'failed to apply transaction to balances: insufficient funds in source balance'; END IF;
    IF available - moved < -overdraft_limit THEN RETURN 'failed to apply transaction to balances: transaction exceeds overdraft limit'; END IF;
  END IF;
  -- Core finds out when it writes the second of the two.
  IF from_id = to_id THEN
    RETURN format('Optimistic locking failure: balance with ID ''%s'' may have been updated or deleted by another transaction', from_id);
  END IF;
  IF (entry ->> 'inflight')::boolean THEN
    UPDATE balances SET version = version + 1,
      inflight_debit_balance = inflight_debit_balance + moved * (balance_id = from_id)::int,
      inflight_credit_balance = inflight_credit_balance + moved * (balance_id = to_id)::int,
      inflight_balance = inflight_balance + moved * ((balance_id = to_id)::int - (balance_id = from_id)::int)
    WHERE balance_id IN (from_id, to_id);
  ELSE
    UPDATE balances SET version = version + 1,
      debit_balance = debit_balance + moved * (balance_id = from_id)::int,
      credit_balance = credit_balance + moved * (balance_id = to_id)::int,
      balance = balance + moved * ((balance_id = to_id)::int - (balance_id = from_id)::int)
    WHERE balance_id IN (from_id, to_id);
  END IF;
  -- What that means for where funds came from is worked out later, as in Core (011-lineage.sql).
  IF lower_tracked OR upper_tracked THEN
    INSERT INTO queue (kind, transaction_id, due_at) VALUES ('lineage', entry ->> 'transaction_id', (entry ->> 'created_at')::timestamp);
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION write_transaction (entry jsonb, new_status text, new_meta jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO transactions (transaction_id, parent_transaction, source, destination, reference, amount, precise_amount, "precision",
    currency, description, status, hash, created_at, effective_date, scheduled_for, meta_data)
  VALUES (entry ->> 'transaction_id', entry ->> 'parent_transaction', entry ->> 'source', entry ->> 'destination', entry ->> 'reference',
    (entry ->> 'amount')::numeric, (entry ->> 'precise_amount')::numeric, (entry ->> 'precision')::bigint, entry ->> 'currency',
    entry ->> 'description', new_status, entry ->> 'hash', (entry ->> 'created_at')::timestamp,
    (entry ->> 'effective_date')::timestamptz AT TIME ZONE 'UTC', (entry ->> 'scheduled_for')::timestamptz AT TIME ZONE 'UTC', new_meta);
$$;

-- What follows a hold at a time: [{kind, transaction_id, due_at}].
CREATE FUNCTION queue_later (later jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO queue (kind, transaction_id, due_at)
  SELECT l ->> 'kind', l ->> 'transaction_id', (l ->> 'due_at')::timestamptz AT TIME ZONE 'UTC' FROM jsonb_array_elements(later) AS l;
$$;

-- Posts entries in order and stops at the first that is refused; those before it stay, as in Core (spec/09 6.6 atomic).
-- Answers {entries} with balance ids, and of a refusal {failed: index, message}.
CREATE FUNCTION post_transactions (entries jsonb, later jsonb DEFAULT '[]') RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  entry jsonb;
  refusal text;
  at_index integer := 0;
BEGIN
  entries := with_balance_ids(entries);
  -- What no column holds, for what is told of the rows (031-deliveries.sql).
  IF later <> '[]' OR jsonb_path_exists(entries, '$[*].overdraft_limit ? (@ != null)') THEN
    PERFORM set_config('ledger.posting', jsonb_build_object('later', later, 'limits', (SELECT jsonb_object_agg(e ->> 'transaction_id', e ->> 'overdraft_limit') FROM jsonb_array_elements(entries) AS e))::text, true);
  END IF;
  IF jsonb_array_length(entries) > 1 THEN
    PERFORM lock_balances(ARRAY(SELECT DISTINCT unnest(ARRAY[e ->> 'source', e ->> 'destination']) FROM jsonb_array_elements(entries) AS e));
  END IF;
  FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
    IF EXISTS (SELECT 1 FROM transactions WHERE reference = entry ->> 'reference') THEN
      refusal := format('transaction validation failed: reference %s has already been used', entry ->> 'reference');
    ELSE
      refusal := move_funds(entry ->> 'source', entry ->> 'destination', entry);
    END IF;
    IF refusal IS NOT NULL THEN
      RETURN jsonb_build_object('entries', entries, 'failed', at_index, 'message', refusal);
    END IF;
    IF (entry ->> 'inflight')::boolean THEN
      PERFORM write_transaction(entry, 'INFLIGHT', entry -> 'meta_data');
    ELSE
      PERFORM write_transaction(entry, 'APPLIED', (entry -> 'meta_data') - 'inflight');
    END IF;
    at_index := at_index + 1;
  END LOOP;
  PERFORM queue_later(later);
  RETURN jsonb_build_object('entries', entries);
END $$;

-- Writes entries as QUEUED or SCHEDULED and queues their _q rows. All of them or, where a reference is taken or a
-- balance is missing, none: Core answers 201 all the same and drops them later (spec/09 6.3).
CREATE FUNCTION queue_transactions (entries jsonb, later jsonb DEFAULT '[]') RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  entry jsonb;
  pair text;
BEGIN
  entries := with_balance_ids(entries);
  IF EXISTS (SELECT 1 FROM transactions WHERE reference = ANY (ARRAY(SELECT e ->> 'reference' FROM jsonb_array_elements(entries) AS e)))
    OR EXISTS (
      SELECT 1 FROM jsonb_array_elements(entries) AS e, unnest(ARRAY[e ->> 'source', e ->> 'destination']) AS end_id
      WHERE NOT EXISTS (SELECT 1 FROM balances WHERE balance_id = end_id))
  THEN
    RETURN false;
  END IF;
  FOR entry IN SELECT value FROM jsonb_array_elements(entries) LOOP
    pair := (entry ->> 'source') || '|' || (entry ->> 'destination') || '|' || upper(entry ->> 'currency');
    PERFORM write_transaction(entry, entry ->> 'status', (entry -> 'meta_data') || jsonb_build_object('queue_lane', 'normal', 'queue_pair_key', pair));
  END LOOP;
  -- The legs of a split share one map in Core, so their _q rows all carry the last leg's pair (recording multiple-sources).
  INSERT INTO queue (kind, transaction_id, due_at, task)
  SELECT 'transaction', e ->> 'transaction_id',
    CASE WHEN e ->> 'status' = 'SCHEDULED' THEN (e ->> 'scheduled_for')::timestamptz AT TIME ZONE 'UTC' ELSE (e ->> 'created_at')::timestamp END,
    jsonb_build_object('inflight', e -> 'inflight', 'atomic', e -> 'atomic', 'overdraft', e -> 'overdraft', 'overdraft_limit', e -> 'overdraft_limit', 'pair', pair)
  FROM jsonb_array_elements(entries) AS e;
  PERFORM queue_later(later);
  RETURN true;
END $$;
