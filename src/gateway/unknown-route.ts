import type { FastifyRequest } from 'fastify'
import { GatewayError } from '../errors.js'
import { redactTarget } from '../requests/redact.js'
import { admitToNothing, Refused } from './admit.js'
import type { Near } from './near-routes.js'
import type { Rooms } from './rooms.js'

/**
 * The answer to a request that no row answers.
 * @param near what it comes near to, in the rows of this server
 * @throws Refused below /proxy, for a caller without a credential
 */
export async function unknownRoute (rooms: Rooms, near: (method: string, path: string) => Near, request: FastifyRequest): Promise<GatewayError> {
  const { method } = request
  const path = redactTarget((request.raw.url ?? '').split('?', 1)[0] as string)
  if (method === 'OPTIONS' && request.headers['access-control-request-method'] !== undefined) {
    return new GatewayError('ROUTE_NOT_FOUND', { message: `Pages of ${request.headers.origin ?? 'another origin'} may not call ${path}: CORS_ORIGINS names those that may call what is not the admin API` })
  }
  const isProxy = path === '/proxy' || path.startsWith('/proxy/')
  const credential = isProxy ? await admitToNothing(rooms, request) : undefined
  const { allowed, meant } = near(method, path)
  const takes = `it takes ${allowed.join(', ')}`
  // A wrong method below /proxy is a 404, as in Core (recording unknown-routes-and-methods, steps 2 and 3).
  if (allowed.length > 0 && !isProxy) {
    // RFC 9110 15.5.6
    return new GatewayError('ROUTE_METHOD_NOT_ALLOWED', { message: `${path} does not take ${method}: ${takes}`, headers: { Allow: allowed.join(', ') } })
  }
  // DOCS=off closes the page.
  const listed = near('GET', '/docs').allowed.includes('GET') ? 'GET /docs lists the routes' : 'docs/routes.md lists the routes'
  const hint = allowed.length > 0 ? takes : meant.length > 0 ? `did you mean ${meant.join(' or ')}?` : listed
  const details = allowed.length === 0 && meant.length > 0 ? { did_you_mean: meant } : undefined
  if (credential !== undefined) return new Refused({ reason: 'route_not_open', credential }, 'ROUTE_NOT_OPEN', { message: `${method} ${path} is not one of Core's routes that the proxy forwards: ${hint}`, details })
  const adminIsOff = path.startsWith('/admin/') && near('GET', '/admin/keys').allowed.length === 0
  if (adminIsOff) return new GatewayError('ROUTE_NOT_FOUND', { message: `There is no route ${method} ${path}: the admin API is off on this address; set ADMIN_PORT, or listen on a loopback address` })
  return new GatewayError('ROUTE_NOT_FOUND', { message: `There is no route ${method} ${path}: ${hint}`, details })
}
