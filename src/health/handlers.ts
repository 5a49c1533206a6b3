import { setTimeout as wait } from 'node:timers/promises'
import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'

/** Milliseconds after which a part counts as down: less than what probes wait. */
const ANSWER_MS = 2_000

/** An answer that does not come counts as none. */
export async function inTime (answer: Promise<boolean>): Promise<'UP' | 'DOWN'> {
  const over = new AbortController()
  const late = wait(ANSWER_MS, false, { signal: over.signal }).catch(() => false)
  const up = await Promise.race([answer.catch(() => false), late])
  over.abort()
  return up ? 'UP' : 'DOWN'
}

/** Answers as long as the process does. */
export const live: Handler = () => ({ status: 'UP' })

/**
 * The gateway's own database and the sandbox; a real Core that is down never makes the gateway unready, nor does Redis,
 * which all replicas share. Nor a server of Postgres that is gone, as long as requests go on without it: all replicas share it too.
 */
export const ready: Handler = async (_request, reply, { rooms }) => {
  if (!rooms.isOpen) throw new GatewayError('GATEWAY_NOT_READY', { headers: { 'Retry-After': '1' } })
  const { freshness, opened } = rooms
  const [database, sandbox] = await Promise.all([
    freshness.isCurrent ? inTime(opened.ping().then(() => true)) : 'DOWN',
    opened.sandbox === undefined ? 'OFF' : inTime(opened.sandbox.health())
  ])
  const isShared = rooms.config.databaseUrl !== undefined
  const status = database === 'UP' && sandbox !== 'DOWN' ? 'UP' : isShared && database === 'DOWN' && !freshness.isStale ? 'DEGRADED' : 'DOWN'
  const down = status === 'DOWN'
  return await reply.status(down ? 503 : 200).headers(down ? { 'retry-after': '1' } : {}).send({
    status,
    database,
    sandbox,
    ...(isShared && { credentials_age_seconds: Math.floor(freshness.age() / 1_000), stale: freshness.isStale }),
    ...(rooms.redis !== undefined && { redis: rooms.redis.isUp ? 'UP' : 'DOWN' }),
    ...(rooms.audit !== undefined && { audit: rooms.audit.state() })
  })
}
