-- Migrated schemas that no sandbox has yet: taking one is quicker than making one.
CREATE TABLE spare_schemas (schema text PRIMARY KEY);
