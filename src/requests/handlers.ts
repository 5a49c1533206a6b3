import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import type { Rooms } from '../gateway/rooms.js'
import { FILTERS, filterOf } from './filter.js'
import { followRequests } from './follow.js'
import type { RequestRing } from './ring.js'

const STANDARD_LIMIT = 100
const MOST = 500
const OTHERS = ['before', 'limit', 'follow']

const refuse = (message: string): never => { throw new GatewayError('GEN_VALIDATION_ERROR', { message }) }

function ringOf ({ requests }: Rooms): RequestRing {
  if (requests === undefined) throw new GatewayError('REQUEST_LOG_OFF')
  return requests
}

function limitOf (text: string | undefined, standard: number): number {
  if (text === undefined) return standard
  const n = Number(text)
  return /^\d{1,3}$/.test(text) && n <= MOST ? n : refuse(`limit must be a whole number from 0 to ${MOST}`)
}

/** The last requests, the newest first; with `follow` those to come too, as they end. */
export const listRequests: Handler = async (request, reply, { rooms }) => {
  const ring = ringOf(rooms)
  const query = request.query as Record<string, string | undefined>
  const unknown = Object.keys(query).find((name) => !Object.hasOwn(FILTERS, name) && !OTHERS.includes(name))
  if (unknown !== undefined) refuse(`${unknown} is not a filter of requests: there are ${[...Object.keys(FILTERS), ...OTHERS].join(', ')}`)
  const matches = filterOf(query)
  if (typeof matches === 'string') return refuse(matches)
  const { before, follow = 'false' } = query
  if (follow !== 'true' && follow !== 'false') refuse('follow must be true or false')
  if (follow === 'false') return ring.list(matches, { limit: limitOf(query['limit'], STANDARD_LIMIT), before })
  if (before !== undefined) refuse('follow and before exclude each other')
  const first = ring.list(matches, { limit: limitOf(query['limit'], 0) }).data.reverse()
  return await reply.type('application/x-ndjson; charset=utf-8').header('Cache-Control', 'no-store').send(followRequests(ring, matches, first))
}

/** One request with its headers and bodies. */
export const showRequest: Handler = (request, _reply, { rooms }) => {
  const entry = ringOf(rooms).find((request.params as { id: string }).id)
  if (entry === undefined) throw new GatewayError('REQUEST_NOT_FOUND')
  return entry
}
