import type { FastifyRequest } from 'fastify'
import { ownUrl } from '../documents/own-url.js'
import type { Rooms } from '../gateway/rooms.js'

/**
 * The gateway's address for this caller, without a slash at its end: PUBLIC_URL; else on this machine the one that was
 * asked, since `localhost` and `127.0.0.1` are two issuers (RFC 8414 3.3); else where it listens.
 */
export const issuerOf = (request: FastifyRequest, { config, opened }: Rooms): string => config.publicUrl ?? ownUrl(request) ?? opened.url
