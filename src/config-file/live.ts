import { isDeepStrictEqual } from 'node:util'
import { SETTINGS, type Config } from '../config.js'

type Name = keyof typeof SETTINGS

/** What a running gateway takes up. All else was used when it started, for sockets, pools and stores. */
export const LIVE: ReadonlySet<Name> = new Set<Name>(['logLevel', 'proxyRoutes', 'strictScopes', 'bulkFill'])

export interface TakenUp {
  /** What is in force from now on. */
  readonly config: Config
  /** By the names of their variables. */
  readonly changed: readonly string[]
  /** Those that need a restart. */
  readonly waiting: readonly string[]
}

/** What of a new configuration is in force at once. */
export function takeUp (current: Config, next: Config): TakenUp {
  const different = (Object.keys(SETTINGS) as Name[]).filter((name) => name !== 'config' && !isDeepStrictEqual(current[name], next[name]))
  const changed = different.filter((name) => LIVE.has(name))
  const { file } = next
  return {
    config: { ...current, ...Object.fromEntries(changed.map((name) => [name, next[name]])), ...(file === undefined ? {} : { file }) },
    changed: changed.map((name) => SETTINGS[name].env),
    waiting: different.filter((name) => !LIVE.has(name)).map((name) => SETTINGS[name].env)
  }
}
