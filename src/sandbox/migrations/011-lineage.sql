-- Fund lineage (spec/09 7): for each provider of funds a shadow balance of the identity, that goes as far into debit as funds came in, and
-- one balance that they all credit. Shadows of a hold are held, and settled with it.
CREATE INDEX transactions_shadow_for ON transactions ((meta_data ->> '_shadow_for')) WHERE (meta_data ->> '_shadow_for') IS NOT NULL;

-- How the names of an identity's balances begin.
CREATE FUNCTION identity_label (wanted text) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT CASE
    WHEN first_name <> '' AND last_name <> '' THEN lower(first_name || '_' || last_name) || '_' || left(identity_id, 8)
    WHEN organization_name <> '' THEN lower(replace(organization_name, ' ', '_')) || '_' || left(identity_id, 8)
    ELSE identity_id END
  FROM identity WHERE identity_id = wanted;
$$;

-- The balances in which an identity's funds of a provider are followed.
CREATE FUNCTION lineage_balances (owner_id text, provider text, in_currency text, at timestamp, OUT shadow text, OUT aggregate text)
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  label text := identity_label(owner_id);
BEGIN
  shadow := indicator_balance(format('@%s_%s_lineage', provider, label), in_currency, at);
  aggregate := indicator_balance(format('@%s_lineage', label), in_currency, at);
END $$;

-- Posts what a transaction means for a shadow; answers why it cannot be, or null. `shadow` is an entry without what comes from
-- the transaction; without an amount Core hashes it before it works that out.
CREATE FUNCTION post_shadow (followed transactions, shadow jsonb, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  precise numeric := (shadow ->> 'precise_amount')::numeric;
  held boolean := followed.status = 'INFLIGHT';
BEGIN
  RETURN post_transactions(jsonb_build_array(shadow || jsonb_build_object(
    'transaction_id', 'txn_' || new_uuid(), 'parent_transaction', '', 'amount', coalesce(shadow ->> 'amount', major_units(precise, followed."precision")::text),
    'precision', followed."precision"::text,
    'hash', transaction_hash(coalesce((shadow ->> 'amount')::numeric, 0), shadow ->> 'reference', shadow ->> 'currency', shadow ->> 'source', shadow ->> 'destination'),
    'created_at', at || 'Z', 'effective_date', at || 'Z', 'scheduled_for', '0001-01-01T00:00:00Z', 'inflight', held, 'atomic', false, 'overdraft_limit', NULL,
    'meta_data', (shadow -> 'meta_data') || jsonb_build_object('_shadow_for', followed.transaction_id)
      || CASE WHEN held THEN '{"inflight": true}' ELSE '{}'::jsonb END
      || CASE WHEN (shadow ->> 'overdraft')::boolean THEN '{"allow_overdraft": true}' ELSE '{}'::jsonb END))) ->> 'message';
END $$;

CREATE FUNCTION map_lineage (tracked balances, from_provider text, shadow text, aggregate text, at timestamp) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO lineage_mappings (balance_id, provider, shadow_balance_id, aggregate_balance_id, identity_id, created_at)
  VALUES (tracked.balance_id, from_provider, shadow, aggregate, tracked.identity_id, at)
  ON CONFLICT (balance_id, provider) DO UPDATE SET shadow_balance_id = excluded.shadow_balance_id, aggregate_balance_id = excluded.aggregate_balance_id;
$$;

-- Funds of a provider come in.
CREATE FUNCTION credit_lineage (followed transactions, tracked balances, provider text, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  ends record := lineage_balances(tracked.identity_id, provider, followed.currency, at);
BEGIN
  PERFORM map_lineage(tracked, provider, ends.shadow, ends.aggregate, at);
  RETURN post_shadow(followed, jsonb_build_object('source', ends.shadow, 'destination', ends.aggregate, 'amount', followed.amount::text, 'precise_amount', followed.precise_amount::text,
    'currency', tracked.currency, 'reference', format('%s_shadow_%s', followed.reference, provider), 'description', format('Shadow credit from %s', provider), 'overdraft', true,
    'meta_data', jsonb_build_object('_provider', provider, '_identity_id', tracked.identity_id, '_lineage_type', 'credit', '_main_balance', tracked.balance_id)), at);
END $$;

-- From whom an amount that leaves a balance comes: the oldest providers first, the newest first, or each by its share
-- (minor units cut off go to the last). An amount beyond what is there comes from nobody.
CREATE FUNCTION allocate_funds (from_balance balances, amount numeric) RETURNS TABLE (provider text, shadow text, share numeric)
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  WITH sources AS (
    SELECT m.provider, m.shadow_balance_id AS shadow, b.debit_balance - b.credit_balance AS available,
      row_number() OVER (ORDER BY m.created_at, m.id) * CASE from_balance.allocation_strategy WHEN 'LIFO' THEN -1 ELSE 1 END AS place
    FROM lineage_mappings AS m JOIN balances AS b ON b.balance_id = m.shadow_balance_id
    WHERE m.balance_id = from_balance.balance_id AND b.debit_balance > b.credit_balance
  ), sums AS (
    SELECT *, sum(available) OVER () AS total, least(amount, sum(available) OVER ()) AS allocated,
      coalesce(sum(available) OVER (ORDER BY place ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS earlier, place = max(place) OVER () AS is_last FROM sources
  ), cut AS (
    SELECT *, div(allocated * available, total) AS portion FROM sums
  ), shares AS (
    SELECT s.provider, s.shadow, s.place, least(s.available, CASE
      WHEN from_balance.allocation_strategy <> 'PROPORTIONAL' THEN greatest(amount - s.earlier, 0)
      WHEN s.is_last THEN s.allocated - (sum(s.portion) OVER () - s.portion)
      ELSE s.portion END) AS share
    FROM cut AS s
  )
  SELECT s.provider, s.shadow, s.share FROM shares AS s WHERE s.share > 0 ORDER BY s.place;
$$;

-- Funds leave a balance: each provider's shadow gets back its share, and where they go to a balance that is tracked too, that
-- one's shadows take them over. What was released under these references before is not released again.
CREATE FUNCTION debit_lineage (followed transactions, from_balance balances, to_balance balances, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  part record;
  parts jsonb := '[]';
  ends record;
  refusal text;
  aggregate text;
  released numeric;
  passes_on boolean := to_balance.track_fund_lineage AND to_balance.identity_id IS NOT NULL;
BEGIN
  aggregate := indicator_balance(format('@%s_lineage', identity_label(from_balance.identity_id)), from_balance.currency, at);
  PERFORM lineage_balances(to_balance.identity_id, m.provider, to_balance.currency, at) FROM (
    SELECT provider FROM lineage_mappings WHERE balance_id = from_balance.balance_id AND passes_on ORDER BY provider) AS m;
  PERFORM lock_balances(ARRAY(SELECT shadow_balance_id FROM lineage_mappings WHERE balance_id = from_balance.balance_id) || aggregate);
  released := (SELECT coalesce(sum(t.precise_amount), 0) FROM lineage_mappings AS m JOIN transactions AS t ON t.reference = format('%s_release_%s', followed.reference, m.provider)
    WHERE m.balance_id = from_balance.balance_id);
  IF released >= followed.precise_amount THEN RETURN NULL; END IF;
  FOR part IN SELECT * FROM allocate_funds(from_balance, followed.precise_amount - released) LOOP
    parts := parts || jsonb_build_object('provider', part.provider, 'amount', part.share);
    CONTINUE WHEN EXISTS (SELECT 1 FROM transactions WHERE reference = format('%s_release_%s', followed.reference, part.provider));
    refusal := post_shadow(followed, jsonb_build_object('source', aggregate, 'destination', part.shadow, 'precise_amount', part.share::text, 'currency', from_balance.currency,
      'reference', format('%s_release_%s', followed.reference, part.provider), 'description', format('Release %s funds', part.provider), 'overdraft', false,
      'meta_data', jsonb_build_object('_provider', part.provider, '_lineage_type', 'release', '_main_balance', from_balance.balance_id, '_allocation', from_balance.allocation_strategy)), at);
    IF refusal IS NULL AND passes_on THEN
      ends := lineage_balances(to_balance.identity_id, part.provider, to_balance.currency, at);
      PERFORM map_lineage(to_balance, part.provider, ends.shadow, ends.aggregate, at);
      refusal := post_shadow(followed, jsonb_build_object('source', ends.shadow, 'destination', ends.aggregate, 'precise_amount', part.share::text, 'currency', to_balance.currency,
        'reference', format('%s_receive_%s', followed.reference, part.provider), 'description', format('Receive %s funds', part.provider), 'overdraft', true,
        'meta_data', jsonb_build_object('_provider', part.provider, '_lineage_type', 'receive', '_main_balance', to_balance.balance_id, '_from_balance', from_balance.balance_id)), at);
    END IF;
    IF refusal IS NOT NULL THEN RETURN refusal; END IF;
  END LOOP;
  IF parts <> '[]' THEN
    UPDATE transactions SET meta_data = CASE jsonb_typeof(meta_data) WHEN 'object' THEN meta_data ELSE '{}' END || jsonb_build_object('BLNK_FUND_ALLOCATION', parts)
    WHERE transaction_id = followed.transaction_id OR parent_transaction = followed.transaction_id;
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION lineage_provider (of transactions) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path FROM CURRENT AS $$
  SELECT CASE jsonb_typeof(of.meta_data -> 'BLNK_LINEAGE_PROVIDER') WHEN 'string' THEN nullif(of.meta_data ->> 'BLNK_LINEAGE_PROVIDER', '') END;
$$;

-- Follows the funds of a transaction, or none of them; answers why not, or null.
CREATE FUNCTION follow_funds (followed transactions, at timestamp) RETURNS text
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  from_balance balances;
  to_balance balances;
  provider text := lineage_provider(followed);
  refusal text;
BEGIN
  SELECT * INTO from_balance FROM balances WHERE balance_id = followed.source;
  SELECT * INTO to_balance FROM balances WHERE balance_id = followed.destination;
  -- A tracked balance passes on only what it has.
  IF from_balance.track_fund_lineage AND NOT EXISTS (SELECT 1 FROM lineage_mappings AS m WHERE m.balance_id = from_balance.balance_id AND m.provider = lineage_provider(followed)) THEN
    provider := NULL;
  END IF;
  BEGIN
    IF provider IS NOT NULL AND to_balance.track_fund_lineage THEN
      refusal := credit_lineage(followed, to_balance, provider, at);
    END IF;
    IF refusal IS NULL AND from_balance.track_fund_lineage THEN
      refusal := debit_lineage(followed, from_balance, to_balance, at);
    END IF;
    IF refusal IS NOT NULL THEN PERFORM undo(); END IF;
  EXCEPTION WHEN SQLSTATE 'DRY00' THEN NULL;
  END;
  RETURN refusal;
END $$;

-- What of a transaction is left to follow. As in Core not that of a hold under a parent (transaction_execution.go,
-- prepareTransactionOutbox): legs, items of a batch and the _q row of a queued one.
CREATE FUNCTION lineage_type (followed transactions) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT CASE
    WHEN followed.status NOT IN ('APPLIED', 'INFLIGHT') OR followed.parent_transaction <> '' AND followed.meta_data -> 'inflight' = 'true' THEN NULL
    WHEN source.tracked AND destination.tracked AND lineage_provider(followed) IS NOT NULL THEN 'both'
    WHEN source.tracked THEN 'debit'
    WHEN destination.tracked AND lineage_provider(followed) IS NOT NULL THEN 'credit' END
  FROM (SELECT bool_or(track_fund_lineage) AS tracked FROM balances WHERE balance_id = followed.source) AS source,
    (SELECT bool_or(track_fund_lineage) AS tracked FROM balances WHERE balance_id = followed.destination) AS destination;
$$;

CREATE FUNCTION awaits_credit (followed transactions, job queue) RETURNS boolean
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT NOT EXISTS (SELECT 1 FROM lineage_mappings WHERE balance_id = followed.source) AND EXISTS (
    SELECT 1 FROM queue AS q JOIN transactions AS t ON t.transaction_id = q.transaction_id
    WHERE q.kind = 'lineage' AND q.id < job.id AND t.destination = followed.source AND lineage_provider(t) IS NOT NULL);
$$;

-- Follows the funds of a transaction that was posted; answers whether that is over. What cannot be is tried five times in all.
CREATE FUNCTION work_lineage (job queue, at timestamp) RETURNS boolean
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  followed transactions;
  type text;
  refusal text;
  tries integer := job.attempts + 1;
BEGIN
  SELECT * INTO followed FROM transactions WHERE transaction_id = job.transaction_id;
  type := lineage_type(followed);
  IF type IS NULL THEN RETURN true; END IF;
  refusal := CASE WHEN awaits_credit(followed, job) THEN 'funds that came before are not followed yet' ELSE follow_funds(followed, at) END;
  INSERT INTO lineage_outbox (transaction_id, source_balance_id, destination_balance_id, provider, lineage_type, payload, status, attempts, last_error, created_at, processed_at, inflight)
  VALUES (followed.transaction_id, followed.source, followed.destination, coalesce(lineage_provider(followed), ''), type, jsonb_build_object('amount', followed.amount,
      'precise_amount', followed.precise_amount::text, 'currency', followed.currency, 'precision', followed."precision", 'reference', followed.reference, 'skip_queue', true, 'inflight', followed.status = 'INFLIGHT'),
    CASE WHEN refusal IS NULL THEN 'completed' WHEN tries < 5 THEN 'pending' ELSE 'failed' END, job.attempts + (refusal IS NOT NULL)::int, refusal, followed.created_at, CASE WHEN refusal IS NULL THEN at END, followed.status = 'INFLIGHT')
  ON CONFLICT (transaction_id) DO UPDATE SET status = excluded.status, attempts = excluded.attempts, last_error = excluded.last_error, processed_at = excluded.processed_at;
  IF refusal IS NULL OR tries = 5 THEN RETURN true; END IF;
  UPDATE queue AS q SET attempts = tries, due_at = at + interval '1 second' WHERE q.id = job.id;
  RETURN false;
END $$;

-- Commits or voids the shadows of a hold, whole, with the first settlement of it. Core may settle a hold before its shadows are there
-- and hold these for ever; here they are made first.
CREATE FUNCTION settle_shadows (hold transactions, action text, at timestamp) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  job queue;
  shadow text;
BEGIN
  SELECT q.* INTO job FROM queue AS q WHERE q.transaction_id = hold.transaction_id AND q.kind = 'lineage';
  IF FOUND AND work_lineage(job, at) THEN DELETE FROM queue WHERE id = job.id; END IF;
  FOR shadow IN SELECT transaction_id FROM transactions WHERE meta_data ->> '_shadow_for' = hold.transaction_id AND status = 'INFLIGHT' ORDER BY created_at, id LOOP
    PERFORM settle_hold(shadow, action, 0, 'ref_' || new_uuid(), at);
  END LOOP;
END $$;
