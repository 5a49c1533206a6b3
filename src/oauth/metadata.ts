import { SCOPES } from '../auth/scopes.js'
import type { Handler } from '../gateway/row.js'
import { issuerOf } from './issuer.js'

const METHODS = ['client_secret_basic', 'client_secret_post', 'none']
/** What a client would ask for by name: `*` is for who makes the client to decide. */
const NAMED = SCOPES.filter((scope) => scope !== '*')

/** RFC 8414 2 */
export const showServer: Handler = (request, _reply, { rooms }) => {
  const issuer = issuerOf(request, rooms)
  return {
    issuer,
    authorization_endpoint: `${issuer}/oauth/authorize`,
    token_endpoint: `${issuer}/oauth/token`,
    revocation_endpoint: `${issuer}/oauth/revoke`,
    scopes_supported: NAMED,
    response_types_supported: ['code'],
    response_modes_supported: ['query'],
    grant_types_supported: ['authorization_code', 'refresh_token'],
    token_endpoint_auth_methods_supported: METHODS,
    revocation_endpoint_auth_methods_supported: METHODS,
    code_challenge_methods_supported: ['S256'],
    // RFC 9207 3
    authorization_response_iss_parameter_supported: true,
    // RFC 9728 4
    protected_resources: [issuer]
  }
}

/** RFC 9728 2 */
export const showResource: Handler = (request, _reply, { rooms }) => {
  const issuer = issuerOf(request, rooms)
  return { resource: issuer, authorization_servers: [issuer], scopes_supported: NAMED, bearer_methods_supported: ['header'], resource_name: 'blnk-gateway' }
}
