import { pino } from 'pino'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.js'
import { createRequestLog } from '../../src/gateway/log.js'
import type { Outcome } from '../../src/gateway/record.js'

interface Logged { readonly level: number, readonly err?: object, readonly msg: string }

function told (about: Partial<Outcome>): Logged {
  const lines: string[] = []
  const outcome = { method: 'GET', path: '/data/ledgers', requestId: 'r', status: 200, ms: 1, end: 'answered', forwarded: false, ...about }
  createRequestLog(pino({}, { write: (line: string) => { lines.push(line) } })).ended?.(outcome as unknown as Outcome)
  return JSON.parse(lines[0] as string) as Logged
}

const logged = (refusal: GatewayError): Logged => told({ status: refusal.status, refusal })

test('a refusal that is as it should be has no stack in the log, and a fault has', () => {
  for (const code of ['GATEWAY_NOT_READY', 'NOT_BUILT', 'ROUTE_NOT_FOUND'] as const) {
    expect([code, logged(new GatewayError(code))]).toEqual([code, expect.not.objectContaining({ err: expect.anything() })])
    expect(logged(new GatewayError(code)).level).toBe(pino.levels.values['info'])
  }
  expect(logged(new GatewayError('GEN_INTERNAL'))).toMatchObject({ level: pino.levels.values['error'], err: { stack: expect.any(String) } })
})

test('a sentence of ours stays whole, but for a secret that was sent', () => {
  const message = 'Authentication required: send Authorization: Bearer YOUR_API_KEY. X-Blnk-Key is read by a Core alone'
  expect(logged(new GatewayError('AUTH_REQUIRED', { message })).msg).toBe(`GET /data/ledgers 401 1.0 ms · refused: ${message}`)
  expect(logged(new GatewayError('AUTH_REQUIRED', { message: `${message}: Authorization: Bearer blnk_0123456789abcdefghij was sent` })).msg).not.toContain('0123456789abcdefghij')
})

test('an answer that comes again says so', () => {
  expect(told({ status: 201, reason: 'replayed', reference: 'ref_1' }).msg).toBe('GET /data/ledgers 201 1.0 ms · ref_1 · replayed')
})
