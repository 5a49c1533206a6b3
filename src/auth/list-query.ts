import { orRefuse, refuse } from '../errors.js'
import { readQuery, readWhole } from '../lib/query.js'
import { SCOPES } from './scopes.js'
import { STATUSES, type KeyQuery, type KeyStatus } from './store.js'

const MOST = 1_000
const STANDARD = 100

function oneOf <T extends string> (name: string, text: string | undefined, all: readonly T[]): { [name: string]: T } {
  if (text === undefined) return {}
  return { [name]: all.find((one) => one === text) ?? refuse(`${name} must be one of ${all.join(', ')}`) }
}

const NAMES = ['status', 'scope', 'instance_id', 'search', 'limit', 'offset']

/**
 * The query of a list of keys.
 * @throws GatewayError with a sentence that names the parameter
 */
export function keyQueryOf (query: unknown): KeyQuery {
  const { status, scope, instance_id: instanceId, search, limit, offset } = orRefuse(readQuery(query, NAMES, 'filter of keys'))
  return {
    ...oneOf<KeyStatus>('status', status, STATUSES),
    ...oneOf('scope', scope, SCOPES),
    ...(instanceId !== undefined && { instance_id: instanceId }),
    ...(search !== undefined && search !== '' && { search }),
    limit: orRefuse(readWhole('limit', limit, [STANDARD, 1, MOST])),
    offset: orRefuse(readWhole('offset', offset, [0, 0, 999_999_999]))
  }
}
