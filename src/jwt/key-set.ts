import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { KeySource } from './key-source.js'

/** Milliseconds after which keys are fetched again, without anybody waiting for them. */
export const FRESH_MS = 5 * 60_000

/** Milliseconds for which keys are used that cannot be fetched again. */
export const STALE_MS = 60 * 60_000

/** Milliseconds between two fetches, whatever is asked for: a flood of unknown keys must not become one at the issuer. */
export const COOLDOWN_MS = 10_000

/** The same while there are no keys to work with. */
export const RETRY_MS = 2_000

const MOST_KEYS = 100

export interface KeySet {
  /** @throws GatewayError AUTH_KEYS_UNAVAILABLE; errors.JWKSNoMatchingKey, errors.JWKSMultipleMatchingKeys */
  readonly find: JWTVerifyGetKey
  /** Goes up when the keys are others. */
  readonly generation: number
  /** Why the last fetch gave none. */
  readonly failure: Error | undefined
  /** Fetches them, unless it was tried a moment ago. */
  refresh (): Promise<void>
}

/**
 * The issuer's keys in memory. Fetched when they are old or when a token names one that is not among them; one fetch at a
 * time, and none within the cool-down.
 * @param now milliseconds since 1970
 */
export function createKeySet (source: KeySource, log: Logger, now: () => number = Date.now): KeySet {
  let keys: { readonly text: string, readonly find: LocalJWKSet, readonly at: number } | undefined
  let generation = 0
  let triedAt = -Infinity
  let failure: Error | undefined
  let running: Promise<void> | undefined

  async function load (): Promise<void> {
    triedAt = now()
    const set = await source()
    const find = createLocalJWKSet(set as JSONWebKeySet)
    const count = (set as JSONWebKeySet).keys.length
    if (count === 0 || count > MOST_KEYS) throw new Error(`the issuer has ${count} keys: 1 to ${MOST_KEYS} are taken`)
    const text = JSON.stringify(set)
    if (text !== keys?.text) generation++
    keys = { text, find: text === keys?.text ? keys.find : find, at: now() }
  }

  /** Fetches unless it was tried a moment ago; never fails. */
  async function refresh (): Promise<void> {
    if (running === undefined && now() - triedAt < (keys === undefined ? RETRY_MS : COOLDOWN_MS)) return
    running ??= load().then(() => {
      if (failure !== undefined) log.info('the keys of JWT_ISSUER are there again')
      failure = undefined
    }, (error: Error) => {
      if (failure === undefined) log.warn(`the keys of JWT_ISSUER cannot be had${keys === undefined ? '' : ', so those that were fetched last are used for an hour'}: ${error.message}`)
      failure = error
    }).finally(() => { running = undefined })
    await running
  }

  /** @throws GatewayError AUTH_KEYS_UNAVAILABLE */
  function usable (): LocalJWKSet {
    if (keys === undefined || now() - keys.at > STALE_MS) throw new GatewayError('AUTH_KEYS_UNAVAILABLE', { headers: { 'Retry-After': String(RETRY_MS / 1000) } })
    return keys.find
  }

  return {
    get generation () { return generation },
    get failure () { return failure },
    refresh,
    async find (header, token) {
      const age = keys === undefined ? Infinity : now() - keys.at
      const fetching = age > FRESH_MS ? refresh() : undefined
      if (age > STALE_MS) await fetching
      try {
        return await usable()(header, token)
      } catch (error) {
        if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
        await refresh()
        // Without an answer nobody can tell whether the key is a new one.
        if (failure !== undefined) throw new GatewayError('AUTH_KEYS_UNAVAILABLE', { headers: { 'Retry-After': String(COOLDOWN_MS / 1000) } })
        return await usable()(header, token)
      }
    }
  }
}
