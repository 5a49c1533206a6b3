import { GatewayError } from '../errors.js'
import { SCOPES } from './scopes.js'
import { STATUSES, type KeyQuery, type KeyStatus } from './store.js'

const MOST = 1_000
const STANDARD = 100

const refuse = (message: string): never => { throw new GatewayError('GEN_VALIDATION_ERROR', { message }) }

function wholeOf (name: string, text: string | undefined, [standard, least, most]: readonly [number, number, number]): number {
  if (text === undefined) return standard
  const n = Number(text)
  return /^\d{1,9}$/.test(text) && n >= least && n <= most ? n : refuse(`${name} must be a whole number from ${least} to ${most}`)
}

function oneOf <T extends string> (name: string, text: string | undefined, all: readonly T[]): { [name: string]: T } {
  if (text === undefined) return {}
  return { [name]: all.find((one) => one === text) ?? refuse(`${name} must be one of ${all.join(', ')}`) }
}

const NAMES = ['status', 'scope', 'instance_id', 'search', 'limit', 'offset']

/**
 * The query of a list of keys.
 * @throws GatewayError with a sentence that names the parameter
 */
export function keyQueryOf (query: Readonly<Record<string, unknown>>): KeyQuery {
  const text = (name: string): string | undefined => {
    const value = query[name]
    return value === undefined || typeof value === 'string' ? value : refuse(`${name} is given more than once: send it once`)
  }
  const unknown = Object.keys(query).find((name) => !NAMES.includes(name))
  if (unknown !== undefined) return refuse(`${unknown} is no filter of keys: there are ${NAMES.join(', ')}`)
  const instanceId = text('instance_id')
  const search = text('search')
  return {
    ...oneOf<KeyStatus>('status', text('status'), STATUSES),
    ...oneOf('scope', text('scope'), SCOPES),
    ...(instanceId !== undefined && { instance_id: instanceId }),
    ...(search !== undefined && search !== '' && { search }),
    limit: wholeOf('limit', text('limit'), [STANDARD, 1, MOST]),
    offset: wholeOf('offset', text('offset'), [0, 0, 999_999_999])
  }
}
