-- What a Core tells others: webhooks, and the calls of hooks (spec/09 15). Triggers write it down in the transaction that it
-- tells of, so nothing is lost and nothing told that did not happen. They are disabled, and cost nothing, while nobody listens.
CREATE TABLE deliveries (
  id bigserial PRIMARY KEY,
  -- null: a webhook.
  hook_id text,
  -- A webhook's event, or a hook's type.
  event text NOT NULL,
  data jsonb NOT NULL,
  -- What is sent, byte for byte the same at each try; made when it is sent first.
  body text,
  status text NOT NULL DEFAULT 'pending' CHECK (status IN ('pending', 'delivered', 'failed')),
  due_at timestamp NOT NULL DEFAULT '-infinity',
  -- Tries since it was queued or asked for again.
  attempts integer NOT NULL DEFAULT 0,
  last_attempt_at timestamp,
  -- HTTP status of the last answer; null: there was none.
  response_status integer,
  error text
);
CREATE INDEX deliveries_due ON deliveries (due_at, id) WHERE status = 'pending';

-- Who delivers: one process at a time, so that the order holds. Its times are the server's: processes compare them.
CREATE TABLE courier (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  owner text,
  seen_at timestamptz NOT NULL DEFAULT '-infinity',
  -- Whether a webhook is set; its address is known to the process alone.
  webhook boolean NOT NULL DEFAULT false
);
INSERT INTO courier DEFAULT VALUES;

CREATE FUNCTION rfc3339 (at timestamp) RETURNS text
LANGUAGE sql STABLE SET search_path FROM CURRENT AS $$
  SELECT replace(coalesce(at, '0001-01-01')::text, ' ', 'T') || 'Z';
$$;

CREATE FUNCTION tell (told text, about jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  INSERT INTO deliveries (event, data) SELECT told, about FROM courier WHERE webhook;
$$;

CREATE FUNCTION tell_ledger () RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM tell('ledger.created', jsonb_build_object('ledger_id', NEW.ledger_id, 'name', NEW.name, 'created_at', rfc3339(NEW.created_at), 'meta_data', NEW.meta_data));
  RETURN NULL;
END $$;

CREATE FUNCTION tell_balance () RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- One that a transaction made has no metadata at all, and no strategy yet where Core tells of it (webhook-deliveries).
  PERFORM tell('balance.created', jsonb_build_object('balance_id', NEW.balance_id, 'balance', 0, 'version', 0, 'credit_balance', 0, 'debit_balance', 0,
    'inflight_balance', 0, 'inflight_credit_balance', 0, 'inflight_debit_balance', 0, 'inflight_expires_at', rfc3339(NULL), 'ledger_id', NEW.ledger_id,
    'identity_id', coalesce(NEW.identity_id, ''), 'currency', NEW.currency, 'created_at', rfc3339(NEW.created_at), 'meta_data', NEW.meta_data, 'track_fund_lineage', NEW.track_fund_lineage)
    || CASE WHEN NEW.indicator IS NULL THEN '{}' ELSE jsonb_build_object('indicator', NEW.indicator) END
    || CASE WHEN NEW.meta_data IS NULL THEN '{}' ELSE jsonb_build_object('allocation_strategy', NEW.allocation_strategy) END);
  RETURN NULL;
END $$;

CREATE FUNCTION tell_identity () RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM tell('identity.created', to_jsonb(NEW) - 'id' || jsonb_build_object('created_at', rfc3339(NEW.created_at), 'dob', rfc3339(NEW.dob)));
  RETURN NULL;
END $$;

-- After every update of a balance that fulfils a monitor's condition; as in Core "=" is stored and never fulfilled, and the
-- threshold is the one that the monitor was made with (spec/09 11).
CREATE FUNCTION tell_monitors () RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO deliveries (event, data)
  SELECT 'balance.monitor', jsonb_build_object('monitor_id', m.monitor_id, 'balance_id', m.balance_id, 'created_at', rfc3339(m.created_at),
      'condition', jsonb_build_object('value', m.value, 'precision', coalesce(m."precision", 0), 'precise_value', m.precise_value, 'field', m.field, 'operator', m.operator))
    || CASE WHEN m.description = '' THEN '{}' ELSE jsonb_build_object('description', m.description) END
  FROM balance_monitors AS m CROSS JOIN LATERAL (SELECT CASE m.field WHEN 'balance' THEN NEW.balance WHEN 'credit_balance' THEN NEW.credit_balance WHEN 'debit_balance' THEN NEW.debit_balance
    WHEN 'inflight_balance' THEN NEW.inflight_balance WHEN 'inflight_credit_balance' THEN NEW.inflight_credit_balance ELSE NEW.inflight_debit_balance END AS held) AS side
  WHERE m.balance_id = NEW.balance_id AND (SELECT c.webhook FROM courier AS c)
    AND CASE m.operator WHEN '>' THEN held > m.precise_value WHEN '<' THEN held < m.precise_value WHEN '>=' THEN held >= m.precise_value WHEN '<=' THEN held <= m.precise_value
      WHEN '!=' THEN held <> m.precise_value ELSE false END
  ORDER BY m.id;
  RETURN NULL;
END $$;

-- Core's Transaction as it goes out (spec/webhook-deliveries.txt). What no column holds is in the queue for a queued one, and
-- for one that is posted at once in what post_transactions says of it.
CREATE FUNCTION told_transaction (t transactions) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  settles boolean := t.status = 'VOID' OR t.status = 'APPLIED' AND EXISTS (SELECT 1 FROM transactions AS h WHERE h.transaction_id = t.parent_transaction AND h.source = t.source AND is_hold(h));
  queued boolean := NOT settles AND t.meta_data ? 'queue_lane';
  posting jsonb := nullif(current_setting('ledger.posting', true), '');
  overdraft_limit numeric;
  expires text;
  commits text;
BEGIN
  IF queued THEN
    SELECT (q.task ->> 'overdraft_limit')::numeric INTO overdraft_limit FROM queue AS q WHERE q.kind = 'transaction' AND q.transaction_id = t.parent_transaction;
  ELSIF posting -> 'limits' ? t.transaction_id THEN
    overdraft_limit := (posting -> 'limits' ->> t.transaction_id)::numeric;
  END IF;
  IF NOT settles AND t.meta_data -> 'inflight' = 'true' THEN
    SELECT max(later.due_at) FILTER (WHERE later.kind = 'expire'), max(later.due_at) FILTER (WHERE later.kind = 'commit') INTO expires, commits FROM (
      SELECT q.kind, rfc3339(q.due_at) AS due_at, q.transaction_id FROM queue AS q WHERE q.kind IN ('expire', 'commit') AND q.transaction_id IN (t.transaction_id, t.parent_transaction)
      UNION ALL SELECT l ->> 'kind', l ->> 'due_at', l ->> 'transaction_id' FROM jsonb_array_elements(posting -> 'later') AS l) AS later
    WHERE later.transaction_id IN (t.transaction_id, t.parent_transaction);
  END IF;
  RETURN jsonb_strip_nulls(jsonb_build_object('precise_amount', t.precise_amount, 'amount', t.amount, 'amount_string', trim_scale(t.amount)::text, 'precision', t."precision",
      'overdraft_limit', coalesce(overdraft_limit / nullif(t."precision", 0), 0), 'transaction_id', t.transaction_id, 'parent_transaction', coalesce(t.parent_transaction, ''),
      'source', t.source, 'destination', t.destination, 'reference', t.reference, 'currency', t.currency, 'description', nullif(t.description, ''), 'status', t.status, 'hash', t.hash,
      'allow_overdraft', NOT settles AND coalesce(t.meta_data -> 'allow_overdraft' = 'true', false), 'inflight', NOT settles AND coalesce(t.meta_data -> 'inflight' = 'true', false),
      'skip_queue', NOT settles AND NOT coalesce(queued, false), 'atomic', NOT settles AND coalesce(t.meta_data -> 'atomic' = 'true', false),
      'created_at', rfc3339(t.created_at), 'effective_date', rfc3339(t.effective_date), 'scheduled_for', rfc3339(t.scheduled_for),
      'inflight_expiry_date', coalesce(expires, rfc3339(NULL)), 'inflight_commit_date', coalesce(commits, rfc3339(NULL))))
    || CASE WHEN t.meta_data IS NULL OR t.meta_data IN ('{}', 'null') THEN '{}' ELSE jsonb_build_object('meta_data', t.meta_data) END;
END $$;

CREATE FUNCTION tell_transaction () RETURNS trigger
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  about jsonb := told_transaction(NEW);
BEGIN
  INSERT INTO deliveries (hook_id, event, data)
  SELECT h.hook_id, h.type, CASE WHEN h.type = 'PRE_TRANSACTION' AND NEW.meta_data ? 'queue_lane' THEN about || '{"status": "QUEUED"}' ELSE about END
  FROM hooks AS h WHERE h.active AND (h.type = 'PRE_TRANSACTION' OR h.type = 'POST_TRANSACTION' AND NEW.status <> 'REJECTED') ORDER BY h.type DESC, h.id;
  PERFORM tell('transaction.' || lower(NEW.status), about);
  -- Core tells of a rejection twice (spec/09 15).
  IF NEW.status = 'REJECTED' THEN PERFORM tell('transaction.rejected', about); END IF;
  RETURN NULL;
END $$;

-- The end of a batch with run_async, or of an atomic one that was taken back.
CREATE FUNCTION tell_batch (batch text, batch_status text, at timestamp, more jsonb) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  SELECT tell('bulk_transaction.' || batch_status, jsonb_build_object('batch_id', batch, 'status', batch_status, 'timestamp', rfc3339(at)) || more);
$$;

CREATE TRIGGER tell_ledger AFTER INSERT OR UPDATE OF name ON ledgers FOR EACH ROW EXECUTE FUNCTION tell_ledger();
CREATE TRIGGER tell_balance AFTER INSERT ON balances FOR EACH ROW EXECUTE FUNCTION tell_balance();
CREATE TRIGGER tell_identity AFTER INSERT ON identity FOR EACH ROW EXECUTE FUNCTION tell_identity();
CREATE TRIGGER tell_monitors AFTER UPDATE ON balances FOR EACH ROW
  WHEN ((OLD.debit_balance, OLD.credit_balance, OLD.inflight_debit_balance, OLD.inflight_credit_balance) IS DISTINCT FROM (NEW.debit_balance, NEW.credit_balance, NEW.inflight_debit_balance, NEW.inflight_credit_balance))
  EXECUTE FUNCTION tell_monitors();
CREATE TRIGGER tell_transaction AFTER INSERT ON transactions FOR EACH ROW WHEN (NEW.status IN ('APPLIED', 'INFLIGHT', 'VOID', 'REJECTED')) EXECUTE FUNCTION tell_transaction();
ALTER TABLE ledgers DISABLE TRIGGER tell_ledger;
ALTER TABLE balances DISABLE TRIGGER tell_balance, DISABLE TRIGGER tell_monitors;
ALTER TABLE identity DISABLE TRIGGER tell_identity;
ALTER TABLE transactions DISABLE TRIGGER tell_transaction;

-- Enables the triggers that somebody listens to, and disables the rest.
CREATE FUNCTION arm_deliveries () RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  webhook_set boolean;
  changed record;
BEGIN
  SELECT c.webhook INTO webhook_set FROM courier AS c FOR UPDATE;
  FOR changed IN
    SELECT trigger.tgrelid::regclass AS on_table, trigger.tgname AS name, wanted FROM pg_trigger AS trigger JOIN pg_class AS c ON c.oid = trigger.tgrelid,
      LATERAL (SELECT webhook_set OR trigger.tgname = 'tell_transaction' AND EXISTS (SELECT 1 FROM hooks AS h WHERE h.active) AS wanted) AS listening
    WHERE c.relnamespace = current_schema()::regnamespace AND trigger.tgname IN ('tell_ledger', 'tell_balance', 'tell_identity', 'tell_monitors', 'tell_transaction')
      AND (trigger.tgenabled <> 'D') <> wanted
  LOOP
    EXECUTE format('ALTER TABLE %s %s TRIGGER %I', changed.on_table, CASE WHEN changed.wanted THEN 'ENABLE' ELSE 'DISABLE' END, changed.name);
  END LOOP;
END $$;

-- Says whether a webhook is set. What waits for one that is taken away is given up, as a Core without an address does.
CREATE FUNCTION set_webhook (wanted boolean) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE courier SET webhook = wanted WHERE webhook <> wanted;
  IF NOT FOUND THEN RETURN; END IF;
  IF NOT wanted THEN
    UPDATE deliveries SET status = 'failed', error = 'no webhook is set any more' WHERE status = 'pending' AND hook_id IS NULL;
  END IF;
  PERFORM arm_deliveries();
END $$;

-- The next thing to deliver by this process. Answers {held: whether this process delivers, listening: whether anybody is told
-- anything, next: when the first of the rest is due, delivery}. `lease` is how long a process is given that is not heard of.
CREATE FUNCTION next_delivery (process text, at timestamp, lease interval) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  webhook_set boolean;
  first deliveries;
BEGIN
  SELECT c.webhook INTO webhook_set FROM courier AS c;
  SELECT d.* INTO first FROM deliveries AS d WHERE d.status = 'pending' ORDER BY d.due_at, d.id LIMIT 1;
  IF first.id IS NULL THEN
    RETURN jsonb_build_object('held', true, 'listening', webhook_set OR EXISTS (SELECT 1 FROM hooks AS h WHERE h.active), 'next', NULL, 'delivery', NULL);
  END IF;
  UPDATE courier AS c SET owner = process, seen_at = clock_timestamp() WHERE c.owner = process OR c.seen_at < clock_timestamp() - lease;
  IF NOT FOUND THEN RETURN jsonb_build_object('held', false, 'listening', true, 'next', NULL, 'delivery', NULL); END IF;
  RETURN jsonb_build_object('held', true, 'listening', true, 'next', CASE WHEN first.due_at > at THEN first.due_at::text END, 'delivery', CASE WHEN first.due_at <= at THEN
    (SELECT jsonb_build_object('id', first.id::text, 'hook_id', first.hook_id, 'event', first.event, 'data', first.data::text, 'body', first.body, 'attempts', first.attempts,
      'hook', (SELECT jsonb_build_object('url', h.url, 'type', h.type, 'timeout', h.timeout::text, 'retry_count', h.retry_count::text) FROM hooks AS h WHERE h.hook_id = first.hook_id)))
  END);
END $$;

CREATE FUNCTION keep_courier (process text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  UPDATE courier SET seen_at = clock_timestamp() WHERE owner = process;
$$;

-- `process` null: whoever it was is known to have ended.
CREATE FUNCTION leave_courier (process text) RETURNS void
LANGUAGE sql SET search_path FROM CURRENT AS $$
  UPDATE courier SET owner = NULL, seen_at = '-infinity' WHERE owner = process OR process IS NULL AND owner IS NOT NULL;
$$;

-- Writes down how a try went. `retry_at` null: it was the last one. Of what has ended the last thousand are kept.
CREATE FUNCTION end_attempt (which bigint, outcome jsonb, at timestamp, retry_at timestamp) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE deliveries AS d SET body = outcome ->> 'body', attempts = d.attempts + 1, last_attempt_at = at, response_status = (outcome ->> 'status')::integer, error = outcome ->> 'error',
    status = CASE WHEN outcome ->> 'error' IS NULL THEN 'delivered' WHEN retry_at IS NULL THEN 'failed' ELSE 'pending' END, due_at = coalesce(retry_at, d.due_at)
  WHERE d.id = which AND d.status = 'pending';
  DELETE FROM deliveries AS d WHERE d.id < which - 1000 AND d.status <> 'pending';
  IF outcome ->> 'hook_id' IS NOT NULL THEN
    UPDATE hooks AS h SET last_run = at, last_success = outcome ->> 'error' IS NULL WHERE h.hook_id = outcome ->> 'hook_id';
  END IF;
END $$;

-- Both in one: what comes next, after a try was written down.
CREATE FUNCTION end_attempt_and_next (which bigint, outcome jsonb, at timestamp, retry_at timestamp, process text, lease interval) RETURNS jsonb
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM end_attempt(which, outcome, at, retry_at);
  RETURN next_delivery(process, at, lease);
END $$;
