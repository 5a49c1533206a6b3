import { expect, test } from 'vitest'
import { fillBulk, fillTransaction } from '../../src/proxy/fill.js'
import { MOST_FILLED } from '../../src/proxy/body.js'
import { counted } from '../support/counted-bytes.js'

/** Bodies of about so many bytes, and whether a transaction is filled: Go reads them to their end. */
const shapes = (bytes: number): ReadonlyArray<readonly [name: string, text: string, isFilled: boolean]> => {
  const of = (before: string, piece: string, after: string): string => before + piece.repeat(Math.floor((bytes - before.length - after.length) / piece.length)) + after
  return [
    ['a string', of('{"a":"', 'x', '"}'), true],
    ['backslashes', of('{"a":"', '\\\\', '"}'), true],
    ['escapes', of('{"a":"', '\\u0000', '"}'), true],
    ['digits', of('{"a":1', '9', '}'), true],
    ['a fraction', of('{"a":1.', '0', 'e-1}'), true],
    ['spaces', of('{', ' \t\r\n', '}'), true],
    ['spaces before it', of('', ' ', '{}'), true],
    ['spaces behind it', of('{}', ' ', ''), true],
    ['items', of('{"a":[', '0,', '0]}'), true],
    ['members', of('{', '"a":1,', '"a":1}'), true],
    ['members that are null', of('{', '"precision":null,"reference":null,', '"a":1}'), true],
    ['a long key', of('{"', 'precision', '":1}'), true],
    ['keys that nearly are one', of('{', '"preci\\u0073ion_":1,', '"a":1}'), true],
    ['a bulk', of('{"transactions":[', '{},', '{}]}'), true],
    ['bulks', of('{', '"transactions":[{}],', '"a":1}'), true],
    ['shallow arrays', of('{"a":[', '[[[]]],', '0]}'), true],
    ['depth that is not closed', of('{"a":', '[', ''), false],
    ['depth that is', `{"a":${'['.repeat(bytes / 2 - 3)}${']'.repeat(bytes / 2 - 3)}}`, false],
    ['depth of objects', of('', '{"a":', ''), false],
    ['a string without an end', of('{"a":"', 'x', ''), false],
    ['a key without an end', of('{"', 'x', ''), false],
    ['an end that is missing', of('{"a":[', '{},', '{}]'), false],
    ['other ends', of('{"a":', '[', '}'), false],
    ['commas', of('{', ',', '}'), false]
  ]
}

const ADDED = '"precision":100,"reference":"ref_1"'

test.each(shapes(MOST_FILLED))('5 MiB of %s: only the members are added, or nothing', (_name, text, isFilled) => {
  const sent = Buffer.from(text)
  expect(sent.length).toBeGreaterThan(MOST_FILLED - 64)
  const { body, filled } = fillTransaction(sent, () => 'ref_1')
  expect(filled.length).toBe(isFilled ? 2 : 0)
  if (!isFilled) expect(body).toBe(sent)
  else {
    const brace = text.lastIndexOf('}')
    const comma = /^[{ \t\r\n]+$/.test(text.slice(0, brace)) ? '' : ','
    expect(body.equals(Buffer.concat([sent.subarray(0, brace), Buffer.from(comma + ADDED), sent.subarray(brace)]))).toBe(true)
  }
})

test.each([1_000_000])('%i levels are passed over without a stack', (depth) => {
  for (const [open, close] of [['[', ']'], ['{"a":', '}']] as const) {
    for (const text of [`{"a":${open.repeat(depth)}1${close.repeat(depth)}}`, `{"transactions":[${open.repeat(depth)}1${close.repeat(depth)}]}`]) {
      const sent = Buffer.from(text)
      expect(fillTransaction(sent, () => 'ref_1').body).toBe(sent)
      expect(fillBulk(sent, () => 'ref_1').body).toBe(sent)
    }
  }
})

// Counting costs a hundred times the scan: all of the 5 MiB in `npm run test:long`.
const COUNTED = process.env['TEST_LONG'] === '1' ? MOST_FILLED : 8 * 1024

test.each(shapes(COUNTED))(`of ${COUNTED} bytes of %s each is visited a fixed number of times`, (_name, text) => {
  for (const [fill, most] of [[fillTransaction, 12], [fillBulk, 36]] as const) {
    const { bytes, most: visited } = counted(Buffer.from(text))
    fill(bytes, () => 'ref_1')
    expect(visited()).toBeLessThanOrEqual(most)
  }
})
