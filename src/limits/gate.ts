import rateLimit, { type RateLimitPluginOptions } from '@fastify/rate-limit'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Config } from '../config.js'
import { GatewayError } from '../errors.js'
import type { Gate } from '../gateway/admit.js'
import { KINDS, limitSentence, SETTING, type Kind, type Limit } from './limit.js'
import { openRedis, StoreDown, type RedisStore } from './redis.js'

/** Credentials, instances or addresses whose counts are kept in memory; the one that was seen longest ago is forgotten. */
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

type Counter = ReturnType<ReturnType<typeof Fastify>['createRateLimit']>

/** What is counted of a request; failed authentication goes by address, an IPv6 one by its /64, as the plug-in does it. */
const KEYS: Readonly<Partial<Record<Kind, (request: FastifyRequest) => string>>> = {
  credential: (request) => request.call?.credential?.id ?? '',
  instance: (request) => request.call?.instanceId ?? ''
}

/** A counter of its own for each kind: further ones of a plug-in share their keys in Redis. */
async function counterOf (kind: Kind, { count, seconds }: Limit, redis: RedisStore | undefined): Promise<Counter> {
  const keyGenerator = KEYS[kind]
  const options: RateLimitPluginOptions = {
    global: false,
    max: count,
    timeWindow: seconds * 1000,
    cache: MOST_COUNTED,
    nameSpace: `blnk-gateway:limit:${kind}:`,
    ...(keyGenerator === undefined ? {} : { keyGenerator }),
    ...(redis === undefined ? {} : { redis: redis.redis })
  }
  // It listens nowhere: it carries the plug-in, whose hooks and headers are not wanted on routes.
  const host = Fastify()
  await host.register(rateLimit, options)
  return host.createRateLimit()
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
  const counters = new Map<Kind, { readonly limit: Limit, readonly counter: Counter }>()
  for (const kind of KINDS) {
    const limit = limits[kind]
    if (limit === undefined) continue
    counters.set(kind, { limit, counter: await counterOf(kind, limit, redis) })
    log.info(limitSentence(kind, limit, { inRedis: redis !== undefined, failure }))
  }
  await redis?.open()

  async function check (kind: Kind, request: FastifyRequest): Promise<void> {
    const found = counters.get(kind)
    if (found === undefined) return
    const { limit, counter } = found
    try {
      const counted = redis === undefined ? await counter(request) : await redis.ask(async () => await counter(request))
      if (!counted.isAllowed && counted.isExceeded) throw exceeded(kind, limit, Math.max(1, counted.ttlInSeconds))
    } catch (error) {
      if (!(error instanceof StoreDown)) throw error
      if (failure === 'closed') throw new GatewayError('RATE_LIMIT_STORE_DOWN', { cause: error, headers: { 'Retry-After': STORE_RETRY_S } })
    }
  }

  return {
    gate: {
      async admitted (call, request) {
        // In turn: what is refused to one credential is not taken from what its instance may have.
        if (call.credential !== undefined) await check('credential', request)
        if (call.instanceId !== undefined) await check('instance', request)
      },
      async failed (request) { await check('failed_auth', request) }
    },
    redis,
    close () { redis?.close() }
  }
}
