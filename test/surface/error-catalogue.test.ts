import { expect, test } from 'vitest'
import { CATALOGUE, GatewayError, HINTS, type ErrorCode } from '../../src/errors.js'
import { sources, textOf } from '../house/source-files.js'

const entries = Object.entries(CATALOGUE) as Array<[ErrorCode, readonly [number, string]]>
const program = sources().filter((path) => path !== 'src/errors.ts').map(textOf).join('\n')

// What a code's first word says of its status.
const AREAS: Readonly<Record<string, readonly number[]>> = {
  AUDIT: [503],
  AUTH: [401, 403, 503],
  INSTANCE: [400, 403, 404, 409, 502, 503],
  DATA: [504],
  FILTER: [400],
  PARAMETER: [400],
  CURSOR: [400],
  RECORD: [404],
  ALERT: [404],
  ENTITY: [404, 502],
  STATUS: [404, 409],
  APP: [404, 409, 502],
  INSTALL: [404, 409],
  CORE: [502, 503, 504],
  IDEMPOTENCY: [400, 409, 422],
  ROUTE: [404, 405],
  NOT: [501],
  PATH: [400],
  KEY: [404, 409],
  ADDRESS: [403],
  OAUTH: [400, 401, 404],
  MANAGED: [409],
  REQUEST: [404, 409],
  DELIVERY: [404, 409],
  HTTP: [400, 408, 431],
  GEN: [400, 413, 500],
  LOGIN: [401, 403, 429],
  FORM: [403],
  SEED: [404, 409],
  FAULTS: [409],
  FAULT: [500],
  RATE: [429, 503],
  DATABASE: [503],
  CREDENTIALS: [503],
  GATEWAY: [503]
}

test.each(entries)('%s has a status of its area, and a sentence', (code, [status, sentence]) => {
  expect(code).toMatch(/^[A-Z]+(_[A-Z]+)+$/)
  expect(AREAS[code.split('_', 1)[0] as string]).toContain(status)
  expect(sentence.length).toBeGreaterThan(10)
  expect(sentence.endsWith('.')).toBe(false)
})

test.each(entries)('%s is used', (code) => {
  expect(program).toContain(`'${code}'`)
})

test('a code that ends in _NOT_FOUND is a 404, and every 404 says that something is not there or not open', () => {
  for (const [code, [status]] of entries) expect(status === 404, code).toBe(/_NOT_(FOUND|OPEN)$/.test(code))
})

test('an error is sent in one shape, and its cause is not in it', () => {
  const error = new GatewayError('CORE_UNREACHABLE', { cause: new Error('connect ECONNREFUSED 10.0.0.7:5001') })
  expect(error.status).toBe(502)
  const sentence = CATALOGUE.CORE_UNREACHABLE[1]
  expect(JSON.parse(error.body())).toEqual({ error: sentence, error_detail: { code: 'CORE_UNREACHABLE', message: sentence } })
})

test.each(Object.entries(HINTS))('the hint %s is given somewhere, and is a sentence without its full stop', (name, sentence) => {
  expect(program).toContain(`'${name}'`)
  expect(sentence.endsWith('.')).toBe(false)
  const error = new GatewayError('AUTH_REQUIRED', { hint: name as keyof typeof HINTS })
  expect(JSON.parse(error.body())).toMatchObject({ error: `${CATALOGUE.AUTH_REQUIRED[1]}. ${sentence}`, error_detail: { details: { hint: name } } })
})
