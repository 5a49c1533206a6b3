-- What each process has in memory. Counted up in the transaction of each change: its row lock brings commits into the
-- order of the numbers, so that who has loaded one number misses nothing below it.
CREATE TABLE changes (
  what text PRIMARY KEY,
  version bigint NOT NULL DEFAULT 0
);
INSERT INTO changes (what) VALUES ('keys'), ('instances'), ('tokens');

CREATE FUNCTION count_change () RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE changes SET version = version + 1 WHERE what = TG_ARGV[0];
  PERFORM pg_notify('blnk_gateway_changes', TG_ARGV[0]);
  RETURN NULL;
END $$;

-- Not when it was last used: that is no change.
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE OF hash, prefix, name, scopes, kind, instance_id, expires_at, revoked_at, addresses, former_hash, former_prefix, former_until
  ON api_keys FOR EACH STATEMENT EXECUTE FUNCTION count_change('keys');
CREATE TRIGGER changed AFTER INSERT OR DELETE OR UPDATE
  ON instances FOR EACH STATEMENT EXECUTE FUNCTION count_change('instances');
