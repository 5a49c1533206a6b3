-- By row, where one has changed: a trigger by statement counts a revocation that found nothing too, and anybody can send
-- those in the name of a public client.
DROP TRIGGER changed ON oauth_grants;
CREATE TRIGGER changed AFTER UPDATE OF expires_at, revoked_at ON oauth_grants
  FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at OR OLD.expires_at IS DISTINCT FROM NEW.expires_at) EXECUTE FUNCTION count_change('tokens');
