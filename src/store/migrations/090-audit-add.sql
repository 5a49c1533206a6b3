-- Adds rows, each a list of values in the order of the columns below, which takes less to write and to read than objects do.
-- One writer at a time: ids then come in the order in which rows can be seen, which whoever follows them relies on.
-- A row that is there already is one whose first answer was lost. audit_append() stays for replicas of the version before.
CREATE FUNCTION audit_add(entries jsonb) RETURNS void LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended('blnk-gateway audit', 0));
  INSERT INTO audit_log (writer, seq, at, phase, act, actor_kind, actor_id, actor_name, actor_prefix, actor_subject, instance_id, action,
    entity_kind, entity_id, outcome, status, reason, count, route, reference, request_id, address, mac)
  SELECT (e->>0)::uuid, (e->>1)::bigint, (e->>2)::timestamptz, e->>3, (e->>4)::uuid, e->>5, e->>6, e->>7, e->>8, e->>9, e->>10, e->>11,
    e->>12, e->>13, e->>14, (e->>15)::integer, e->>16, (e->>17)::integer, e->>18, e->>19, e->>20, e->>21, decode(e->>22, 'hex')
  FROM jsonb_array_elements(entries) AS e
  ON CONFLICT (writer, seq) DO NOTHING;
END
$$;
