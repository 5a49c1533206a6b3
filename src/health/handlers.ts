import { GatewayError } from '../errors.js'
import type { Handler } from '../gateway/row.js'

/** Answers as long as the process does. */
export const live: Handler = () => ({ status: 'UP' })

/** The gateway's own database and the sandbox; a real Core that is down never makes the gateway unready. */
export const ready: Handler = async (_request, reply, { rooms }) => {
  if (!rooms.isOpen) throw new GatewayError('GATEWAY_NOT_READY', { headers: { 'Retry-After': '1' } })
  const [database, sandbox] = await Promise.all([
    rooms.opened.ping().then(() => 'UP', () => 'DOWN'),
    rooms.opened.sandbox === undefined ? 'OFF' : rooms.opened.sandbox.health().then((up) => up ? 'UP' : 'DOWN', () => 'DOWN')
  ])
  const up = database === 'UP' && sandbox !== 'DOWN'
  return await reply.status(up ? 200 : 503).headers(up ? {} : { 'retry-after': '1' }).send({ status: up ? 'UP' : 'DOWN', database, sandbox })
}
