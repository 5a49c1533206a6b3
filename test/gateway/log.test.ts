import { pino } from 'pino'
import { expect, test } from 'vitest'
import { GatewayError } from '../../src/errors.js'
import { createRequestLog } from '../../src/gateway/log.js'
import type { Outcome } from '../../src/gateway/record.js'

function logged (refusal: GatewayError): { level: number, err?: object } {
  const lines: string[] = []
  const outcome = { method: 'GET', path: '/data/ledgers', requestId: 'r', status: refusal.status, ms: 1, end: 'answered', forwarded: false, refusal }
  createRequestLog(pino({}, { write: (line: string) => { lines.push(line) } })).ended?.(outcome as unknown as Outcome)
  return JSON.parse(lines[0] as string) as { level: number, err?: object }
}

test('a refusal that is as it should be has no stack in the log, and a fault has', () => {
  for (const code of ['GATEWAY_NOT_READY', 'NOT_BUILT', 'ROUTE_NOT_FOUND'] as const) {
    expect([code, logged(new GatewayError(code))]).toEqual([code, expect.not.objectContaining({ err: expect.anything() })])
    expect(logged(new GatewayError(code)).level).toBe(pino.levels.values['info'])
  }
  expect(logged(new GatewayError('GEN_INTERNAL'))).toMatchObject({ level: pino.levels.values['error'], err: { stack: expect.any(String) } })
})
