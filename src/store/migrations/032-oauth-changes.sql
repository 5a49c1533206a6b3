-- Counted in the transaction of a revocation, as 021-changes.sql does it for keys: a process that ends before it tells the
-- others leaves no token alive there. Neither when a client was last used is one, nor that a refresh token was exchanged.
CREATE TRIGGER changed AFTER DELETE OR UPDATE OF name, scopes, expires_at, revoked_at ON oauth_clients
  FOR EACH STATEMENT EXECUTE FUNCTION count_change('tokens');
CREATE TRIGGER changed AFTER UPDATE OF expires_at, revoked_at ON oauth_grants
  FOR EACH STATEMENT EXECUTE FUNCTION count_change('tokens');
CREATE TRIGGER changed AFTER UPDATE OF ended_at ON oauth_tokens
  FOR EACH ROW WHEN (NEW.kind = 'access' AND OLD.ended_at IS NULL AND NEW.ended_at IS NOT NULL) EXECUTE FUNCTION count_change('tokens');
