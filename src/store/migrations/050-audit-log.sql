CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  -- One run of one process, and the place of the row among those that it wrote, without gaps.
  writer uuid NOT NULL,
  seq bigint NOT NULL,
  at timestamptz NOT NULL,
  phase text NOT NULL CHECK (phase IN ('whole', 'intent', 'outcome')),
  -- What an intent and its outcome have in common.
  act uuid,
  actor_kind text NOT NULL,
  actor_id text,
  actor_name text,
  actor_prefix text,
  actor_subject text,
  instance_id text,
  action text NOT NULL,
  entity_kind text,
  entity_id text,
  outcome text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed', 'unknown')),
  status integer,
  reason text,
  count integer NOT NULL DEFAULT 1,
  route text,
  reference text,
  request_id text,
  address text,
  -- HMAC-SHA256 of the rest of the row, see src/audit/mac.ts
  mac bytea NOT NULL,
  UNIQUE (writer, seq)
);
-- Rows come nearly in the order of their times.
CREATE INDEX audit_log_at ON audit_log USING brin (at);
CREATE INDEX audit_log_entity ON audit_log (entity_id) WHERE entity_id IS NOT NULL;
CREATE INDEX audit_log_actor ON audit_log (actor_id, id) WHERE actor_id IS NOT NULL;
CREATE INDEX audit_log_request ON audit_log (request_id) WHERE request_id IS NOT NULL;
CREATE INDEX audit_log_outcome ON audit_log (act) WHERE phase = 'outcome';

CREATE FUNCTION audit_log_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' AND current_setting('gateway.audit_forgets', true) = 'on' THEN
    RETURN OLD;
  END IF;
  RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege', HINT = 'audit_forget() removes what AUDIT_RETENTION_DAYS let go of.';
END
$$;
CREATE TRIGGER audit_log_rows BEFORE UPDATE OR DELETE ON audit_log FOR EACH ROW EXECUTE FUNCTION audit_log_is_kept();
CREATE TRIGGER audit_log_all BEFORE TRUNCATE ON audit_log FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_kept();

-- Adds rows. One writer at a time: ids then come in the order in which rows can be seen, which whoever follows them relies on.
-- A row that is there already is one whose first answer was lost.
CREATE FUNCTION audit_append(entries json) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('blnk-gateway audit', 0));
  INSERT INTO audit_log (writer, seq, at, phase, act, actor_kind, actor_id, actor_name, actor_prefix, actor_subject, instance_id, action,
    entity_kind, entity_id, outcome, status, reason, count, route, reference, request_id, address, mac)
  SELECT e.writer, e.seq, e.at, e.phase, e.act, e.actor_kind, e.actor_id, e.actor_name, e.actor_prefix, e.actor_subject, e.instance_id, e.action,
    e.entity_kind, e.entity_id, e.outcome, e.status, e.reason, e.count, e.route, e.reference, e.request_id, e.address, decode(e.mac_hex, 'hex')
  FROM json_to_recordset(entries) AS e(writer uuid, seq bigint, at timestamptz, phase text, act uuid, actor_kind text, actor_id text, actor_name text,
    actor_prefix text, actor_subject text, instance_id text, action text, entity_kind text, entity_id text, outcome text, status integer,
    reason text, count integer, route text, reference text, request_id text, address text, mac_hex text)
  ON CONFLICT (writer, seq) DO NOTHING;
END
$$;

-- Removes up to `most` rows that are older than `days`; how many it removed. The only way to remove any.
CREATE FUNCTION audit_forget(days integer, most integer) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
DECLARE
  gone integer;
BEGIN
  IF days < 1 THEN
    RAISE EXCEPTION 'rows of the last day stay';
  END IF;
  -- A SET of the function would need a superuser to make it.
  PERFORM set_config('gateway.audit_forgets', 'on', true);
  DELETE FROM audit_log WHERE id IN (SELECT id FROM audit_log WHERE at < now() - make_interval(days => days) LIMIT most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  PERFORM set_config('gateway.audit_forgets', '', true);
  RETURN gone;
END
$$;
