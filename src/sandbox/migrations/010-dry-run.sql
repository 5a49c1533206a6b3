-- What transactions would do (spec/09 6.12). The functions that post do it, and then it is undone: so a dry run and a
-- post agree. Ids of @ balances that are missing, and of settlements, are made and thrown away.

-- Ends a block whose writes are to be undone; what its variables hold stays.
CREATE FUNCTION undo () RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  RAISE EXCEPTION 'undone' USING ERRCODE = 'DRY00';
END $$;

-- How balances stand, by balance_id, as text.
CREATE FUNCTION standings (ids text[]) RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT coalesce(jsonb_object_agg(balance_id, jsonb_build_object('currency', currency, 'balance', balance::text, 'available', (balance - inflight_debit_balance)::text,
    'credit_balance', credit_balance::text, 'debit_balance', debit_balance::text,
    'inflight_debit_balance', inflight_debit_balance::text, 'inflight_credit_balance', inflight_credit_balance::text)), '{}')
  FROM balances WHERE balance_id = ANY (ids);
$$;

-- The balances that entries meet, by the names they are given there, in the order they are met first. `given` has the names,
-- `met` the ids; `made` the names of those that do not exist.
CREATE FUNCTION projections (given jsonb[], met jsonb[], made text[], before jsonb, after jsonb) RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT AS $$
  WITH ends AS (
    SELECT g.place * 2 + side.place AS place, side.role, g.entry ->> side.role AS name, m.entry ->> side.role AS id
    FROM unnest(given) WITH ORDINALITY AS g (entry, place) JOIN unnest(met) WITH ORDINALITY AS m (entry, place) USING (place),
      unnest(ARRAY['source', 'destination']) WITH ORDINALITY AS side (role, place)
  ), firsts AS (
    SELECT DISTINCT ON (name) * FROM ends ORDER BY name, place
  )
  SELECT coalesce(jsonb_agg(jsonb_build_object('balance_id', CASE WHEN name = ANY (made) THEN name ELSE id END, 'role', role, 'virtual', name = ANY (made),
    'before', before -> id, 'after', after -> id) ORDER BY place), '[]') FROM firsts;
$$;

-- Posts items one after another, each up to its first leg that is refused, and undoes it all. An item is {entries, reference,
-- in_batch, used: whether an earlier item has its reference}. Answers {outcomes: [{done: how many legs, refusal}], balances}, or
-- {missing} where a balance is unknown.
CREATE FUNCTION dry_run_together (items jsonb, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  item jsonb;
  entry jsonb;
  refusal text;
  done integer;
  outcomes jsonb[] := '{}';
  given jsonb[] := '{}';
  met jsonb[] := '{}';
  made text[] := '{}';
  ids jsonb;
  before jsonb;
  answer jsonb;
BEGIN
  BEGIN
    WITH names AS MATERIALIZED (
      SELECT DISTINCT name, e ->> 'currency' AS currency FROM jsonb_array_elements(items) AS i, jsonb_array_elements(i -> 'entries') AS e, unnest(ARRAY[e ->> 'source', e ->> 'destination']) AS name
    ), known AS (
      SELECT n.name, n.currency, b.balance_id FROM names AS n LEFT JOIN balances AS b ON left(n.name, 1) = '@' AND b.indicator = n.name AND b.currency = n.currency
    ), ordered AS MATERIALIZED (
      SELECT * FROM known ORDER BY name, currency
    ), resolved AS MATERIALIZED (
      SELECT name, currency, balance_id IS NULL AND left(name, 1) = '@' AS is_made,
        CASE WHEN left(name, 1) <> '@' THEN name ELSE coalesce(balance_id, indicator_balance(name, currency, at)) END AS id FROM ordered
    )
    SELECT coalesce(array_agg(name) FILTER (WHERE is_made), '{}'), jsonb_object_agg(currency || ' ' || name, id) INTO made, ids FROM resolved;
    PERFORM lock_balances(ARRAY(SELECT value FROM jsonb_each_text(ids)));
    before := standings(ARRAY(SELECT value FROM jsonb_each_text(ids)));

    FOR item IN SELECT value FROM jsonb_array_elements(items) LOOP
      done := 0;
      refusal := NULL;
      IF (item ->> 'used')::boolean OR EXISTS (SELECT 1 FROM transactions WHERE reference = item ->> 'reference') THEN
        refusal := format('transaction validation failed: reference %s has already been used', item ->> 'reference');
      END IF;
      IF refusal IS NULL OR NOT (item ->> 'in_batch')::boolean THEN
        FOR entry IN SELECT value FROM jsonb_array_elements(item -> 'entries') LOOP
          given := given || entry;
          entry := entry || jsonb_build_object('source', ids ->> concat(entry ->> 'currency', ' ', entry ->> 'source'), 'destination', ids ->> concat(entry ->> 'currency', ' ', entry ->> 'destination'));
          met := met || entry;
          -- What the balances say comes before a used reference, and that before the two being one balance.
          refusal := CASE WHEN entry ->> 'source' <> entry ->> 'destination' OR refusal IS NULL
            THEN coalesce(move_funds(entry ->> 'source', entry ->> 'destination', entry), refusal) ELSE refusal END;
          IF starts_with(refusal, 'failed to get source and destination balances') THEN
            answer := jsonb_build_object('missing', refusal);
            PERFORM undo();
          END IF;
          EXIT WHEN refusal IS NOT NULL;
          done := done + 1;
        END LOOP;
      END IF;
      outcomes := outcomes || jsonb_build_object('done', done, 'refusal', refusal);
    END LOOP;
    answer := jsonb_build_object('outcomes', to_jsonb(outcomes),
      'balances', projections(given, met, made, before, standings(ARRAY(SELECT value FROM jsonb_each_text(ids)))));
    PERFORM undo();
  EXCEPTION WHEN SQLSTATE 'DRY00' THEN
    RETURN answer;
  END;
END $$;

-- Each set of items on the balances as they stand.
CREATE FUNCTION dry_runs (sets jsonb, at timestamp) RETURNS jsonb
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT jsonb_agg(dry_run_together(s.items, at) ORDER BY s.place) FROM jsonb_array_elements(sets) WITH ORDINALITY AS s (items, place);
$$;

-- Commits or voids what an id stands for, and undoes it. Answers {legs: how many, rows: [{leg, amount, precise_amount,
-- precision, currency}], messages, balances}; {refusal} of a hold that cannot be settled at all; {missing}.
CREATE FUNCTION dry_run_settlement (wanted text, action text, requested numeric, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  hold transactions;
  legs transactions[];
  outcome jsonb;
  met jsonb[] := '{}';
  done jsonb[] := '{}';
  messages text[] := '{}';
  before jsonb;
  ids text[];
  answer jsonb;
BEGIN
  SELECT * INTO hold FROM transactions WHERE transaction_id = wanted;
  IF FOUND AND is_hold(hold) THEN
    outcome := to_jsonb((check_settlement(hold, twin_of(hold), action, requested)).refusal);
    IF outcome = '"transaction has already been voided"' THEN RETURN jsonb_build_object('refusal', outcome); END IF;
    legs := ARRAY[hold];
  ELSE
    answer := CASE WHEN FOUND THEN '{"refusal": "transaction is not in inflight status"}' ELSE jsonb_build_object('missing', missing_transaction(wanted)) END;
    legs := ARRAY(SELECT h FROM holds_of(wanted) AS h);
    IF cardinality(legs) = 0 THEN RETURN answer; END IF;
  END IF;
  ids := ARRAY(SELECT DISTINCT unnest(ARRAY[l.source, l.destination]) FROM unnest(legs) AS l);
  BEGIN
    PERFORM lock_balances(ids);
    before := standings(ids);
    FOREACH hold IN ARRAY legs LOOP
      outcome := settle_hold(hold.transaction_id, action, requested, hold.transaction_id || '_dry_run', at);
      IF outcome ? 'row' THEN
        done := done || ((outcome -> 'row') || jsonb_build_object('leg', hold.transaction_id));
      ELSE
        messages := messages || replace(outcome ->> 'message', 'saving transaction to db error: ', '');
        -- A settlement that is refused for what was settled before it meets no balance.
        CONTINUE WHEN NOT starts_with(messages[cardinality(messages)], 'failed to apply');
      END IF;
      met := met || jsonb_build_object('source', hold.source, 'destination', hold.destination);
    END LOOP;
    answer := jsonb_build_object('legs', cardinality(legs), 'rows', to_jsonb(done), 'messages', to_jsonb(messages),
      'balances', projections(met, met, '{}', before, standings(ids)));
    PERFORM undo();
  EXCEPTION WHEN SQLSTATE 'DRY00' THEN
    RETURN answer;
  END;
END $$;

-- Refunds what an id stands for, and undoes it. Answers {legs: the ids refunded or not, rows: [{leg, amount, precise_amount, precision, currency,
-- reference, inflight}], messages, balances}.
CREATE FUNCTION dry_run_refund (wanted text, at timestamp) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  originals transactions[] := ARRAY(SELECT r FROM refundable(wanted) AS r);
  original transactions;
  entry jsonb;
  refusal text;
  met jsonb[] := '{}';
  done jsonb[] := '{}';
  messages text[] := '{}';
  before jsonb;
  ids text[];
  answer jsonb;
BEGIN
  ids := ARRAY(SELECT DISTINCT unnest(ARRAY[o.source, o.destination]) FROM unnest(originals) AS o);
  BEGIN
    PERFORM lock_balances(ids);
    before := standings(ids);
    FOREACH original IN ARRAY originals LOOP
      refusal := refund_refusal(original);
      IF refusal IS NULL THEN
        entry := refund_entry(original, '{"skip_queue": true}', at);
        met := met || entry;
        refusal := move_funds(entry ->> 'source', entry ->> 'destination', entry);
      END IF;
      IF refusal IS NULL THEN done := done || (entry || jsonb_build_object('leg', original.transaction_id));
      ELSE messages := messages || refusal; END IF;
    END LOOP;
    answer := jsonb_build_object('legs', to_jsonb(ARRAY(SELECT o.transaction_id FROM unnest(originals) AS o)), 'rows', to_jsonb(done), 'messages', to_jsonb(messages),
      'balances', projections(met, met, '{}', before, standings(ids)));
    PERFORM undo();
  EXCEPTION WHEN SQLSTATE 'DRY00' THEN
    RETURN answer;
  END;
END $$;
