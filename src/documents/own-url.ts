import type { FastifyRequest } from 'fastify'
import { isLoopback } from '../config.js'

/** Where a caller on this machine reaches the gateway. `Host` is the caller's own word, so only a name of this machine is repeated. */
export function ownUrl (request: FastifyRequest): string | undefined {
  const { host } = request.headers
  const name = /^(\[[\da-f:]+\]|[\w.-]+)(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase()
  return name !== undefined && isLoopback(name.replace(/^\[(.*)\]$/, '$1')) ? `${request.protocol}://${host}` : undefined
}
