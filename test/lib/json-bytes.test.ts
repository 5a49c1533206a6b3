import { expect, test } from 'vitest'
import { isKey } from '../../src/lib/json-bytes.js'

// With the letters that fold from beyond ASCII, s and k, and the last one of the alphabet.
const NAME = 'sink_z'
const taken = (key: string | number[]): boolean => {
  const bytes = Buffer.from(key as string)
  return isKey(Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('":1}')]), 2, 2 + bytes.length, NAME)
}

test.each([
  'sink_z', 'SINK_Z', '\u017fink_z', 'sin\u212a_z', '\\u017fin\\u212A_z', '\\u0073\\u0069\\u006e\\u006b\\u005f\\u007a', '\\u0053INK_\\u005A'
])('%s is the key sink_z', (key) => { expect(taken(key)).toBe(true) })

test.each([
  '', 'sink_', 'sink_zz', 'sink?z', 'sink\\u003fz', 's\u0131nk_z', '\\t0073ink_z', '\\n0073ink_z', '\\u0173ink_z', 'sink_z\\u0000', '\\u0073\\u0069\\u006e\\u006b\\u005f', 'sink_z'.repeat(7)
])('%j is another key', (key) => { expect(taken(key)).toBe(false) })

// U+017F is c5 bf, U+212A is e2 84 aa; what has one of their bytes alone is no letter.
test.each([
  ['s', [0xc5, 0x41]], ['s', [0x41, 0xbf]], ['k', [0xe2, 0x84, 0x41]], ['k', [0xe2, 0x41, 0xaa]], ['k', [0x41, 0x84, 0xaa]], ['k', [0x41, 0x41, 0xaa]]
])('for %s, %j is no spelling', (letter, bytes) => {
  expect(taken([...NAME].flatMap((one) => one === letter ? bytes : [one.charCodeAt(0)]))).toBe(false)
})
