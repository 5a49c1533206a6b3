-- Who makes and changes an object: the configuration file, or (null) the admin API and the settings.
ALTER TABLE instances ADD COLUMN managed_by text CHECK (managed_by = 'file');
ALTER TABLE api_keys ADD COLUMN managed_by text CHECK (managed_by = 'file');
CREATE INDEX api_keys_managed ON api_keys (name) WHERE managed_by IS NOT NULL;
