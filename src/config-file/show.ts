import { SETTINGS } from '../config.js'
import type { FileObjects } from './check.js'
import { isSecret, memberOf } from './members.js'
import type { Origins } from './origins.js'
import { withoutPassword } from './references.js'

/** A setting as people may see it. */
export interface ShownSetting {
  /** Its name in a file. */
  readonly name: string
  readonly env: string
  /** null: none. Of a secret, that it is set. */
  readonly value: string | null
  readonly secret: boolean
  readonly from: string
}

/** Every setting with its value, secrets removed, and where it comes from. */
export function shownSettings (origins: Origins): ShownSetting[] {
  return Object.entries(SETTINGS).map(([key, { env, standard }]) => {
    const { text, from } = origins.get(key) ?? { text: undefined, from: 'standard' }
    const secret = isSecret(env)
    const value = text === undefined ? (standard === '' ? null : standard) : secret ? 'set' : withoutPassword(text)
    // Without the path inside the file, which is the name once more.
    return { name: memberOf(env), env, value, secret, from: from.replace(/: settings\..*$/, '') }
  })
}

const setOrNot = (what: string, value: string | null): string => `${what} ${value === null ? 'not set' : 'set'}`

/** A line for each instance and key of a file, without their secrets. @param now milliseconds since 1970 */
export function shownObjects ({ instances, keys }: FileObjects, now: number): { instances: string[][], keys: string[][] } {
  const own = new Set(instances.map(({ instanceId }) => instanceId))
  return {
    instances: instances.map((one) => [one.instanceId, one.name, one.sandbox ? 'sandbox' : one.coreUrl ?? 'no core_url',
      one.sandbox ? '' : [setOrNot('core_key', one.coreKey), setOrNot('database_url', one.databaseUrl), setOrNot('core_ca', one.coreCa)].join(', ')]),
    keys: keys.map((one) => [one.name, `${one.prefix}…`, one.scopes.join(' '),
      one.instanceId === null ? 'any' : own.has(one.instanceId) ? one.instanceId : `${one.instanceId} (not in the file: it must be there)`,
      one.expiresAt === null ? 'never' : Date.parse(one.expiresAt) <= now ? `${one.expiresAt} (expired)` : one.expiresAt])
  }
}
