import { GatewayError } from '../errors.js'
import type { Handler, Row } from './row.js'

/** The answer for a documented route of Blnk Cloud that is not built yet. */
export function routeNotBuilt ({ method, path }: Row): GatewayError {
  const route = `${method} ${path.replace(/:(\w+)/g, '{$1}')}`
  return new GatewayError('NOT_BUILT', { message: `${route} is a route of Blnk Cloud that is not built yet: docs/coverage.md lists those that are`, details: { route } })
}

/** The handler of such a route: the server gives the answer when the caller is admitted, before any of the body is read. */
export const notBuilt: Handler = (_request, _reply, { row }) => { throw routeNotBuilt(row) }
