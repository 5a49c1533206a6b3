import { Redis } from 'ioredis'
import type { Logger } from 'pino'

/** Milliseconds for a first connection at the start; who comes later is not waited for. */
const FIRST_MS = 1_000

/** Milliseconds of silence after which a connection that owes an answer is replaced; longer than a request waits. */
const SILENT_MS = 2_000

const MOST_RECONNECT_MS = 1_000

/** A write by a script, which is what counting does: a Redis that answers PING may still refuse it. */
const PROBE = "return redis.call('SET', KEYS[1], '1', 'PX', 1000)"

export interface RedisStore {
  readonly redis: Redis
  /** Whether it answered when it was last asked. */
  readonly isUp: boolean
  /**
   * Runs `count` while Redis answers. The first who is not answered in time makes it count as gone, and nobody asks it
   * again before it has answered a probe.
   * @throws StoreDown
   */
  ask <T> (count: () => Promise<T>): Promise<T>
  /** Connects, or gives up waiting for it. */
  open (): Promise<void>
  close (): void
}

export class StoreDown extends Error {}

/** Never the error itself: that of a refused AUTH has the password among its arguments. */
const reasonOf = (error: Error & { code?: string }): string => error.code ?? error.message

interface RedisOptions {
  readonly url: string
  /** Milliseconds that a request waits for it. */
  readonly timeoutMs: number
  readonly log: Logger
  /** What happens while it does not answer, for the log. */
  readonly consequence: string
}

export function openRedis ({ url, timeoutMs, log, consequence }: RedisOptions): RedisStore {
  const redis = new Redis(url, {
    lazyConnect: true,
    enableOfflineQueue: false,
    // A count that nobody waits for any more would be counted twice.
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    socketTimeout: SILENT_MS + timeoutMs,
    connectTimeout: SILENT_MS,
    retryStrategy: (times) => Math.min(50 * 2 ** times, MOST_RECONNECT_MS)
  })
  let state: 'new' | 'up' | 'down' | 'closed' = 'new'
  let again: NodeJS.Timeout | undefined
  let lastError: Error | undefined
  let settle = (): void => {}
  const first = new Promise<void>((resolve) => { settle = resolve })

  function down (error: Error): void {
    if (state === 'down' || state === 'closed') return
    state = 'down'
    settle()
    log.warn(`Redis (REDIS_URL) does not answer (${reasonOf(error)}): ${consequence}`)
  }

  function up (): void {
    if (state === 'closed') return
    if (state === 'down') log.info('Redis (REDIS_URL) answers again')
    state = 'up'
    settle()
  }

  function probe (): void {
    redis.eval(PROBE, 1, 'blnk-gateway:probe').then(up, (error: Error) => {
      down(error)
      clearTimeout(again)
      // Without a connection the next one asks.
      if (redis.status === 'ready') again = setTimeout(probe, MOST_RECONNECT_MS).unref()
    })
  }

  redis.on('ready', probe)
  redis.on('error', (error: Error) => { lastError = error })
  redis.on('close', () => { down(lastError ?? new Error('the connection was closed')) })

  return {
    redis,
    get isUp () { return state === 'up' },
    async ask (count) {
      if (state !== 'up') throw new StoreDown()
      try {
        return await inTime(count(), timeoutMs)
      } catch (error) {
        if (state === 'up') {
          down(error as Error)
          probe()
        }
        throw new StoreDown(undefined, { cause: error })
      }
    },
    async open () {
      redis.connect().catch(() => {})
      const late = setTimeout(() => { down(lastError ?? new Error(`no answer in ${FIRST_MS} ms`)) }, FIRST_MS)
      await first
      clearTimeout(late)
    },
    close () {
      state = 'closed'
      clearTimeout(again)
      redis.disconnect()
    }
  }
}

async function inTime <T> (answer: Promise<T>, ms: number): Promise<T> {
  let late: NodeJS.Timeout | undefined
  const over = new Promise<never>((_resolve, reject) => {
    // An answer that has come while this process was busy is read before the immediate runs.
    late = setTimeout(() => { setImmediate(() => { reject(new Error(`no answer in ${ms} ms`)) }) }, ms)
  })
  try {
    return await Promise.race([answer, over])
  } finally {
    clearTimeout(late)
  }
}
