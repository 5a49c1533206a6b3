-- How this ledger's time and ids are made: what the sandbox's controls set (src/sandbox/control.ts).
CREATE TABLE control (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  -- Microseconds since 1970 at which the clock stands still.
  frozen_at bigint,
  -- Microseconds that a running clock is ahead of the process's.
  ahead bigint NOT NULL DEFAULT 0,
  seeded boolean NOT NULL DEFAULT false
);
INSERT INTO control DEFAULT VALUES;

CREATE SEQUENCE seeded_uuid_place MINVALUE 0 START 0;

-- Replaces new_uuid(): the same uuids in the same order for one seed, or random ones for none.
CREATE FUNCTION seed_uuids (seed text) RETURNS void
LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE control SET seeded = seed IS NOT NULL;
  PERFORM setval('seeded_uuid_place', 0, false);
  EXECUTE format('CREATE OR REPLACE FUNCTION new_uuid () RETURNS uuid LANGUAGE sql VOLATILE AS %L', CASE
    WHEN seed IS NULL THEN 'SELECT gen_random_uuid()'
    ELSE format(
      'SELECT overlay(overlay(md5(%L || nextval(%L)) PLACING ''4'' FROM 13) PLACING ''a'' FROM 17)::uuid',
      seed || '/rows/', format('%I.seeded_uuid_place', current_schema()))
  END);
END $$;
