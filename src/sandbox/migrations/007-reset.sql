-- Back to the state just after migration. DELETE, not TRUNCATE: of a small ledger it takes a third of the time.
CREATE FUNCTION reset_ledger () RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  counter record;
BEGIN
  DELETE FROM queue;
  DELETE FROM lineage_outbox;
  DELETE FROM lineage_mappings;
  DELETE FROM transaction_journal;
  DELETE FROM transactions;
  DELETE FROM accounts;
  DELETE FROM api_keys;
  DELETE FROM hooks;
  DELETE FROM balance_monitors;
  DELETE FROM balance_snapshots;
  DELETE FROM balances;
  DELETE FROM identity;
  DELETE FROM ledgers WHERE ledger_id <> 'general_ledger_id';
  UPDATE ledgers SET name = 'General Ledger', meta_data = '{}';
  -- What the lines before told of, too.
  DELETE FROM deliveries;
  DELETE FROM chain_state;
  DELETE FROM external_transactions;
  DELETE FROM matches;
  DELETE FROM matching_rules;
  DELETE FROM reconciliation_progress;
  DELETE FROM reconciliations;
  DELETE FROM unmatched;
  UPDATE reindex SET started_at = NULL WHERE started_at IS NOT NULL;
  IF (SELECT seeded FROM control) THEN
    PERFORM seed_uuids(NULL);
  END IF;
  UPDATE control SET frozen_at = NULL, ahead = 0 WHERE frozen_at IS NOT NULL OR ahead <> 0;
  FOR counter IN SELECT c.oid::regclass AS name FROM pg_class AS c WHERE c.relkind = 'S' AND c.relnamespace = current_schema()::regnamespace LOOP
    PERFORM setval(counter.name, 1, false);
  END LOOP;
  PERFORM setval('ledgers_id_seq', (SELECT max(id) FROM ledgers));
  -- A webhook stays set, hooks are gone.
  PERFORM arm_deliveries();
END $$;
