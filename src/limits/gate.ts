import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { GatewayError } from '../errors.js'
import type { Gate } from '../gateway/admit.js'
import { networkOf } from '../lib/address-list.js'
import { KINDS, limitSentence, SETTING, type Kind, type Limit } from './limit.js'
import { openRedis, StoreDown, type RedisStore } from './redis.js'
import { Windows } from './windows.js'

/** Credentials, instances or addresses whose counts are kept in memory; the one whose window began first is forgotten. */
const MOST_COUNTED = 100_000

/** https://www.rfc-editor.org/rfc/rfc6585#section-4 leaves the time open; a probe asks Redis within this. */
const STORE_RETRY_S = '1'

export interface Limits {
  readonly gate: Gate
  /** undefined: counted in memory */
  readonly redis: RedisStore | undefined
  close (): void
}

export type LimitSettings = Pick<Config, 'rateLimitCredential' | 'rateLimitInstance' | 'rateLimitFailedAuth' | 'rateLimitStoreFailure' | 'redisUrl' | 'redisTimeoutMs'>

const limitsOf = (s: LimitSettings): Readonly<Record<Kind, Limit | undefined>> => ({ credential: s.rateLimitCredential, instance: s.rateLimitInstance, failed_auth: s.rateLimitFailedAuth })

/** What is counted of a request: failed authentication goes by where it comes from. */
const KEYS: Readonly<Record<Kind, (request: FastifyRequest) => string>> = {
  credential: (request) => request.call?.credential?.id ?? '',
  instance: (request) => request.call?.instanceId ?? '',
  failed_auth: (request) => networkOf(request.record?.address ?? '')
}

/** Counts a request, and throws where it is one too many. */
type Check = (request: FastifyRequest) => void | Promise<void>

function inMemory (kind: Kind, limit: Limit): Check {
  const windows = new Windows(limit, MOST_COUNTED)
  return (request) => {
    const ms = windows.take(KEYS[kind](request), performance.now())
    if (ms > 0) throw exceeded(kind, limit, Math.ceil(ms / 1_000))
  }
}

/** A counter of its own for each kind: further ones of a plug-in share their keys in Redis. */
async function inRedis (kind: Kind, limit: Limit, { redis, ask }: RedisStore, failure: LimitSettings['rateLimitStoreFailure']): Promise<Check> {
  const options: RateLimitPluginOptions = {
    global: false,
    max: limit.count,
    timeWindow: limit.seconds * 1000,
    nameSpace: `blnk-gateway:limit:${kind}:`,
    keyGenerator: KEYS[kind],
    redis
  }
  // It listens nowhere: it carries the plug-in, whose hooks and headers are not wanted on routes.
  const host = Fastify()
  await host.register(rateLimit, options)
  const count = host.createRateLimit()
  return async (request) => {
    try {
      const counted = await ask(async () => await count(request))
      if (!counted.isAllowed && counted.isExceeded) throw exceeded(kind, limit, Math.max(1, counted.ttlInSeconds))
    } catch (error) {
      if (!(error instanceof StoreDown)) throw error
      if (failure === 'closed') throw new GatewayError('RATE_LIMIT_STORE_DOWN', { cause: error, headers: { 'Retry-After': STORE_RETRY_S } })
    }
  }
}

/**
 * The 429 of a limit, whose headers say so: https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10.
 * A Core's own `Ratelimit-Limit` and others are other headers.
 * @param after seconds until the window ends
 */
export function exceeded (kind: Kind, { count, seconds }: Limit, after: number): GatewayError {
  const { env, each } = SETTING[kind]
  const what = kind === 'failed_auth' ? 'requests with refused credentials' : 'requests'
  return new GatewayError('RATE_LIMITED', {
    message: `Too many ${what}: ${count} in ${seconds} s are allowed for ${each} (${env}); try again in ${after} s`,
    details: { limit: kind, quota: count, window_seconds: seconds, retry_after_seconds: after },
    headers: {
      'Retry-After': String(after),
      'RateLimit-Policy': `"${kind}";q=${count};w=${seconds}`,
      RateLimit: `"${kind}";r=0;t=${after}`
    }
  })
}

/** Opens the limits that are set, and says of each what it does. */
export async function openLimits (settings: LimitSettings, log: Logger): Promise<Limits> {
  const { redisUrl, rateLimitStoreFailure: failure } = settings
  const limits = limitsOf(settings)
  const consequence = failure === 'open' ? 'nothing is limited until it does' : 'what has a limit is answered 503 until it does'
  const redis = redisUrl === undefined ? undefined : openRedis({ url: redisUrl, timeoutMs: settings.redisTimeoutMs, log, consequence })
  const checks: Partial<Record<Kind, Check>> = {}
  for (const kind of KINDS) {
    const limit = limits[kind]
    if (limit === undefined) continue
    checks[kind] = redis === undefined ? inMemory(kind, limit) : await inRedis(kind, limit, redis, failure)
    log.info(limitSentence(kind, limit, { inRedis: redis !== undefined, failure }))
  }
  await redis?.open()
  const { credential, instance } = checks

  return {
    gate: {
      admitted (call, request) {
        // In turn: what is refused to one credential is not taken from what its instance may have.
        const counted = call.credential === undefined ? undefined : credential?.(request)
        if (call.instanceId === undefined) return counted
        return counted instanceof Promise ? counted.then(() => instance?.(request)) : instance?.(request)
      },
      failed: (request) => checks.failed_auth?.(request)
    },
    redis,
    close () { redis?.close() }
  }
}
