-- The last reindex that was asked for. A search reads the rows themselves, so there is nothing else to it.
CREATE TABLE reindex (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  started_at timestamp,
  completed_at timestamp,
  -- How many transactions there were.
  records bigint NOT NULL DEFAULT 0
);
INSERT INTO reindex DEFAULT VALUES;
