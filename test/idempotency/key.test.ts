import { expect, test } from 'vitest'
import { readIdempotencyKey } from '../../src/idempotency/key.js'

const read = (value: string): unknown => readIdempotencyKey(['Host', 'x', 'Idempotency-Key', value])

test.each([
  ['8e03978e-40d5-43dd-bc93-6894a57f9324', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['"8e03978e-40d5-43dd-bc93-6894a57f9324"', '8e03978e-40d5-43dd-bc93-6894a57f9324'],
  ['  bare  ', 'bare'],
  ['"with spaces, and commas"', 'with spaces, and commas'],
  [String.raw`"a \"quoted\" word and a \\"`, String.raw`a "quoted" word and a \ `.trim()],
  ['"key";a=1;b', 'key'],
  ['!#$%&/()=?*+~', '!#$%&/()=?*+~'],
  ['k'.repeat(255), 'k'.repeat(255)],
  [`"${'k'.repeat(255)}"`, 'k'.repeat(255)]
])('%s is the key %s', (value, key) => { expect(read(value)).toBe(key) })

test.each(['', '""', '"', '"open', 'two words', '"a" b', String.raw`"a\b"`, 'caf\u00e9', '"caf\u00e9"', 'a"b\u0007', 'k'.repeat(256), `"${'k'.repeat(256)}"`])('%j is none', (value) => {
  expect(read(value)).toMatchObject({ fault: expect.stringContaining('Idempotency-Key') as string })
})

test('of 256 characters it says how many there are', () => {
  expect(read('k'.repeat(256))).toEqual({ fault: 'Idempotency-Key has at most 255 characters, and this one has 256' })
})

test('without the header there is none; twice it is refused, in any case', () => {
  expect(readIdempotencyKey(['Host', 'x'])).toBeUndefined()
  expect(readIdempotencyKey(['Idempotency-Key', 'a', 'IDEMPOTENCY-KEY', 'a'])).toEqual({ fault: 'Idempotency-Key is given more than once: send it once' })
})
