import { expect, test } from 'vitest'
import { proxyRows } from '../../routes/index.js'
import { resultOf } from '../../src/audit/result.js'
import { GatewayError } from '../../src/errors.js'

const row = proxyRows[0]
const answered = { end: 'answered', refusal: undefined, forwarded: true, row } as const

test.each([
  ['Core made it', { ...answered, status: 201 }, 'done'],
  ['Core refused it', { ...answered, status: 409 }, 'refused'],
  ['Core failed', { ...answered, status: 500 }, 'failed'],
  ['the gateway refused it', { ...answered, status: 403, forwarded: false, refusal: new GatewayError('AUTH_INSUFFICIENT_SCOPE') }, 'refused'],
  ['no Core was reached', { ...answered, status: 502, forwarded: false, refusal: new GatewayError('CORE_UNREACHABLE') }, 'failed'],
  ['Core did not answer in time', { ...answered, status: 504, refusal: new GatewayError('CORE_TIMEOUT') }, 'unknown'],
  ['Core closed before its answer', { ...answered, status: 502, refusal: new GatewayError('CORE_BROKEN_ANSWER') }, 'unknown'],
  ['Core broke off in the middle', { ...answered, status: 201, end: 'core_broke_off' }, 'unknown'],
  ['the caller left before it was forwarded', { ...answered, status: undefined, forwarded: false, end: 'caller_left' }, 'failed'],
  ['the caller left before the answer', { ...answered, status: undefined, end: 'caller_left' }, 'unknown'],
  ['the caller left in the middle of the answer', { ...answered, status: 201, end: 'caller_left' }, 'done'],
  ['the caller left a route of ours', { ...answered, status: undefined, forwarded: false, end: 'caller_left', row: { ...row!, tier: undefined } }, 'unknown']
] as const)('%s', (_, outcome, result) => {
  expect(resultOf(outcome as unknown as Parameters<typeof resultOf>[0])).toBe(result)
})
