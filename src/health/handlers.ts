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

/** The gateway's own database and the sandbox; a real Core that is down never makes the gateway unready, nor does Redis, which all replicas share. */
export const ready: Handler = async (_request, reply, { rooms }) => {
  if (!rooms.isOpen) throw new GatewayError('GATEWAY_NOT_READY', { headers: { 'Retry-After': '1' } })
  const [database, sandbox] = await Promise.all([
    inTime(rooms.opened.ping().then(() => true)),
    rooms.opened.sandbox === undefined ? 'OFF' : inTime(rooms.opened.sandbox.health())
  ])
  const up = database === 'UP' && sandbox !== 'DOWN'
  const redis = rooms.redis === undefined ? {} : { redis: rooms.redis.isUp ? 'UP' : 'DOWN' }
  const audit = rooms.audit === undefined ? {} : { audit: rooms.audit.state() }
  return await reply.status(up ? 200 : 503).headers(up ? {} : { 'retry-after': '1' }).send({ status: up ? 'UP' : 'DOWN', database, sandbox, ...redis, ...audit })
}
