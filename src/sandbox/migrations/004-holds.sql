-- Commits and voids of inflight transactions (spec/09 6.8). A hold that was queued has two rows, the QUEUED one and its
-- INFLIGHT _q row; both stand for the one hold, so what was settled through either counts for both.

-- A row as replies need it: every value as text, meta_data as JSON text.
CREATE FUNCTION transaction_row (t transactions) RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT jsonb_build_object('transaction_id', t.transaction_id, 'parent_transaction', t.parent_transaction, 'source', t.source,
    'destination', t.destination, 'reference', t.reference, 'amount', t.amount::text, 'precise_amount', t.precise_amount::text,
    'precision', t."precision"::text, 'currency', t.currency, 'description', t.description, 'status', t.status, 'hash', t.hash,
    'created_at', t.created_at::text, 'effective_date', t.effective_date::text, 'scheduled_for', t.scheduled_for::text, 'meta_data', t.meta_data::text);
$$;

-- Core divides decimals to 16 places.
CREATE FUNCTION major_units (minor numeric, per_major bigint) RETURNS numeric
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT trim_scale(round(minor * 1.0000000000000000 / per_major, 16));
$$;

CREATE FUNCTION transaction_hash (amount numeric, reference text, currency text, source text, destination text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT encode(sha256(convert_to(concat(trim_scale(amount), reference, currency, source, destination), 'UTF8')), 'hex');
$$;

CREATE FUNCTION is_hold (t transactions) RETURNS boolean
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT t.status = 'INFLIGHT' OR t.status = 'QUEUED' AND t.meta_data -> 'inflight' = 'true';
$$;

-- The other row of a queued hold, or null.
CREATE FUNCTION twin_of (hold transactions) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT t.transaction_id FROM transactions AS t
  WHERE CASE WHEN hold.status = 'QUEUED'
    THEN t.parent_transaction = hold.transaction_id AND t.status = 'INFLIGHT' AND t.reference = hold.reference || '_q'
    ELSE t.transaction_id = hold.parent_transaction AND t.status = 'QUEUED' AND hold.reference = t.reference || '_q' END;
$$;

-- Why a hold cannot be settled so, or null; and what is left of it. `requested` in minor units, 0 for all that is left.
CREATE FUNCTION check_settlement (hold transactions, twin text, action text, requested numeric, OUT refusal text, OUT rest numeric)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  settled record;
BEGIN
  SELECT count(*) FILTER (WHERE status = 'VOID') AS voids, coalesce(sum(precise_amount) FILTER (WHERE status = 'APPLIED'), 0) AS committed
  INTO settled FROM transactions WHERE parent_transaction IN (hold.transaction_id, twin) AND status IN ('VOID', 'APPLIED');
  rest := hold.precise_amount - settled.committed;
  refusal := CASE
    WHEN settled.voids > 0 THEN 'transaction has already been voided'
    WHEN rest <= 0 THEN format('cannot %s. Transaction already committed', action)
    WHEN action = 'void' THEN NULL
    WHEN requested < 0 THEN 'commit amount cannot be negative'
    WHEN requested > hold.precise_amount THEN format('cannot commit more than the original transaction amount. Original: %s%s, Requested: %s%s',
      hold.currency, round(hold.amount, 2), hold.currency, round(major_units(requested, hold."precision"), 2))
    WHEN requested > rest THEN format('cannot commit more than the remaining amount. Available: %s%s, Requested: %s%s',
      hold.currency, round(major_units(rest, hold."precision"), 2), hold.currency, round(major_units(requested, hold."precision"), 2))
  END;
END $$;

CREATE FUNCTION missing_transaction (wanted text) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT format('NOT_FOUND: Transaction with ID ''%s'' not found', wanted);
$$;

-- Commits or voids one hold. Answers {row} or {message}. The balances are locked before anything is counted, and every
-- settlement of a hold locks the same two, so of two at once the second sees the first.
CREATE FUNCTION settle_hold (hold_id text, action text, requested numeric, new_reference text, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  hold transactions;
  settlement transactions;
  twin text;
  judged record;
  held record;
  settled numeric;
  prefix text := 'saving transaction to db error: failed to apply transaction to balances: ';
BEGIN
  SELECT * INTO hold FROM transactions WHERE transaction_id = hold_id;
  IF NOT FOUND THEN RETURN jsonb_build_object('message', missing_transaction(hold_id)); END IF;
  IF NOT is_hold(hold) THEN RETURN jsonb_build_object('message', 'transaction is not in inflight status'); END IF;
  PERFORM lock_balances(ARRAY[hold.source, hold.destination]);
  twin := twin_of(hold);
  judged := check_settlement(hold, twin, action, requested);
  IF judged.refusal IS NOT NULL THEN RETURN jsonb_build_object('message', judged.refusal); END IF;
  settled := CASE WHEN action = 'void' OR requested = 0 THEN judged.rest ELSE requested END;

  SELECT min(inflight_debit_balance) FILTER (WHERE balance_id = hold.source) AS debit, min(inflight_credit_balance) FILTER (WHERE balance_id = hold.destination) AS credit
  INTO held FROM balances WHERE balance_id IN (hold.source, hold.destination);
  -- A QUEUED hold that is not posted yet holds nothing, whatever else its balances hold.
  IF hold.status = 'QUEUED' AND twin IS NULL THEN SELECT 0::numeric AS debit, 0::numeric AS credit INTO held; END IF;
  IF held.debit < settled THEN
    RETURN jsonb_build_object('message', format('%s%s inflight debit failed: insufficient inflight debit balance: have %s, need %s', prefix, action, held.debit, settled));
  ELSIF held.credit < settled THEN
    RETURN jsonb_build_object('message', format('%s%s inflight credit failed: insufficient inflight credit balance: have %s, need %s', prefix, action, held.credit, settled));
  END IF;
  UPDATE balances SET version = version + 1,
    inflight_debit_balance = inflight_debit_balance - settled * is_source,
    inflight_credit_balance = inflight_credit_balance - settled * is_destination,
    inflight_balance = inflight_balance + settled * (is_source - is_destination),
    debit_balance = debit_balance + settled * is_source * is_commit,
    credit_balance = credit_balance + settled * is_destination * is_commit,
    balance = balance + settled * (is_destination - is_source) * is_commit
  FROM (SELECT b.id AS at_id, (b.balance_id = hold.source)::int AS is_source, (b.balance_id = hold.destination)::int AS is_destination, (action = 'commit')::int AS is_commit
    FROM balances AS b WHERE b.balance_id IN (hold.source, hold.destination)) AS side
  WHERE balances.id = at_id;

  settlement := hold;
  settlement.id := nextval('transactions_id_seq');
  settlement.transaction_id := 'txn_' || new_uuid();
  settlement.parent_transaction := hold.transaction_id;
  settlement.reference := new_reference;
  settlement.status := CASE action WHEN 'void' THEN 'VOID' ELSE 'APPLIED' END;
  settlement.amount := major_units(settled, hold."precision");
  -- Of the amount that is settled (spec/webhook-deliveries.txt: a commit of 4 and a void of 6, of a hold of 10).
  settlement.hash := transaction_hash(settlement.amount, new_reference, hold.currency, hold.source, hold.destination);
  settlement.precise_amount := settled;
  settlement.created_at := at;
  settlement.effective_date := at;
  settlement.scheduled_for := '0001-01-01';
  settlement.meta_data := hold.meta_data - 'inflight';
  INSERT INTO transactions SELECT settlement.*;
  PERFORM settle_shadows(hold, action, at);
  RETURN jsonb_build_object('row', transaction_row(settlement));
END $$;

-- The holds that an id stands for: itself, its children, or what was queued under it; QUEUED ones only where there is
-- no INFLIGHT one. The first made comes first among those of the same time.
CREATE FUNCTION holds_of (wanted text) RETURNS SETOF transactions
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH holding AS (
    SELECT * FROM transactions WHERE transaction_id = wanted AND status = 'INFLIGHT'
    UNION SELECT * FROM transactions WHERE parent_transaction = wanted AND status = 'INFLIGHT'
    UNION SELECT * FROM transactions WHERE meta_data ->> 'QUEUED_PARENT_TRANSACTION' = wanted AND status = 'INFLIGHT'
  ), waiting AS (
    SELECT t.* FROM transactions AS t WHERE (t.transaction_id = wanted OR t.parent_transaction = wanted)
      AND t.status = 'QUEUED' AND t.meta_data ->> 'inflight' = 'true' AND NOT EXISTS (SELECT 1 FROM holding)
      AND NOT EXISTS (SELECT 1 FROM transactions AS r WHERE r.reference = t.reference || '_q' AND r.status = 'REJECTED')
      AND NOT EXISTS (SELECT 1 FROM transactions AS c WHERE c.parent_transaction = t.transaction_id AND c.status = 'INFLIGHT')
  )
  SELECT * FROM (SELECT * FROM holding UNION ALL SELECT * FROM waiting) AS legs ORDER BY created_at DESC, legs.id;
$$;

-- Minor units of an amount with the precision stored for an id or for a child of it; 1 where there is none.
CREATE FUNCTION minor_units (amount numeric, for_id text) RETURNS numeric
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT round(amount * coalesce((SELECT nullif("precision", 0) FROM transactions WHERE transaction_id = for_id OR parent_transaction = for_id LIMIT 1), 1));
$$;

-- Settles every hold that an id stands for. Answers {rows, messages}. References: `act` null makes ref_<uuid>.
CREATE FUNCTION settle_holds (wanted text, action text, requested numeric, act text, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  leg text;
  outcome jsonb;
  done jsonb := '[]';
  messages jsonb := '[]';
BEGIN
  PERFORM lock_balances(ARRAY(SELECT unnest(ARRAY[h.source, h.destination]) FROM holds_of(wanted) AS h));
  FOR leg IN SELECT h.transaction_id FROM holds_of(wanted) AS h LOOP
    outcome := settle_hold(leg, action, requested, CASE WHEN act IS NULL THEN 'ref_' || new_uuid() ELSE concat_ws('_', leg, action, act) END, at);
    IF outcome ? 'row' THEN done := done || (outcome -> 'row'); ELSE messages := messages || (outcome -> 'message'); END IF;
  END LOOP;
  RETURN jsonb_build_object('rows', done, 'messages', messages);
END $$;

-- Queues a commit or void after the checks that Core makes before it answers. Answers {row} (of a parent of several
-- holds: one of them under the parent's id), {message}, or {pending: true} where one is queued already.
CREATE FUNCTION queue_settlement (wanted text, action text, requested numeric, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  hold transactions;
  legs transactions[];
  judged record;
  refusal text;
BEGIN
  SELECT * INTO hold FROM transactions WHERE transaction_id = wanted;
  IF FOUND AND is_hold(hold) THEN
    -- Core counts the children of this row alone, so a QUEUED id is accepted even when its _q row is settled.
    judged := check_settlement(hold, CASE WHEN hold.status = 'INFLIGHT' THEN twin_of(hold) END, action, requested);
    -- Queued, Core says "commit" for a void too.
    refusal := CASE WHEN judged.rest <= 0 THEN replace(judged.refusal, 'cannot void.', 'cannot commit.') ELSE judged.refusal END;
  ELSE
    refusal := CASE WHEN FOUND THEN 'transaction is not in inflight status' ELSE missing_transaction(wanted) END;
    legs := ARRAY(SELECT h FROM holds_of(wanted) AS h);
    IF cardinality(legs) > 0 THEN
      SELECT CASE WHEN bool_and((check_settlement(l, NULL, 'void', 0)).rest <= 0) THEN format('cannot %s. Transaction already committed', action) END
      INTO refusal FROM unnest(legs) AS l;
      hold := legs[1];
      hold.transaction_id := wanted;
    END IF;
  END IF;
  IF refusal IS NOT NULL THEN RETURN jsonb_build_object('message', refusal); END IF;
  INSERT INTO queue (kind, transaction_id, due_at, task)
  VALUES ('settle', wanted, at, jsonb_build_object('action', action, 'amount', requested::text, 'act', 'act_' || new_uuid())) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN '{"pending": true}'; END IF;
  RETURN jsonb_build_object('row', transaction_row(hold));
END $$;
