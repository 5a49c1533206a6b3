import { GatewayError, orRefuse, refuse } from '../errors.js'
import type { Handler } from '../gateway/row.js'
import type { Rooms } from '../gateway/rooms.js'
import { readQuery, readWhole } from '../lib/query.js'
import { FILTERS, filterOf } from './filter.js'
import { followRequests } from './follow.js'
import type { RequestRing } from './ring.js'

const STANDARD_LIMIT = 100
const MOST = 500
const OTHERS = ['before', 'limit', 'follow']

function ringOf ({ requests }: Rooms): RequestRing {
  if (requests === undefined) throw new GatewayError('REQUEST_LOG_OFF')
  return requests
}

/** The last requests, the newest first; with `follow` those to come too, as they end. */
export const listRequests: Handler = async (request, reply, { rooms }) => {
  const ring = ringOf(rooms)
  const query = orRefuse(readQuery(request.query, [...Object.keys(FILTERS), ...OTHERS], 'filter of requests'))
  const matches = filterOf(query)
  if (typeof matches === 'string') return refuse(matches)
  const { before, follow = 'false' } = query
  const limit = orRefuse(readWhole('limit', query['limit'], [follow === 'true' ? 0 : STANDARD_LIMIT, 0, MOST]))
  if (follow !== 'true' && follow !== 'false') refuse('follow must be true or false')
  if (follow === 'false') return ring.list(matches, { limit, before })
  if (before !== undefined) refuse('follow and before exclude each other')
  const first = ring.list(matches, { limit }).data.reverse()
  return await reply.type('application/x-ndjson; charset=utf-8').header('Cache-Control', 'no-store').send(followRequests(ring, matches, first))
}

/** One request with its headers and bodies. */
export const showRequest: Handler = (request, _reply, { rooms }) => {
  const entry = ringOf(rooms).find((request.params as { id: string }).id)
  if (entry === undefined) throw new GatewayError('REQUEST_NOT_FOUND')
  return entry
}
