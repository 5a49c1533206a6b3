import { FF1 } from '@noble/ciphers/ff1.js'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { detokenize, tokenize } from '../../../src/sandbox/identities/tokens.js'
import { LedgerSecret } from '../../../src/sandbox/secret.js'

const secret = new LedgerSecret('a key')
const shapeOf = (text: string): string => text.replace(/[A-Z]/g, 'A').replace(/[a-z]/g, 'a').replace(/[0-9]/g, '0')
const readable = (token: string): string => token.slice('FPT:'.length, token.lastIndexOf(':'))

test('FF1 gives the values of the specification', () => {
  // NIST's FF1 samples 1 and 7.
  const digits = (text: string): number[] => [...text].map((character) => Number.parseInt(character, 36))
  const key = Buffer.from('2B7E151628AED2A6ABF7158809CF4F3C', 'hex')
  expect(FF1(10, key).encrypt(digits('0123456789'))).toEqual(digits('2433477484'))
  const long = Buffer.from('2B7E151628AED2A6ABF7158809CF4F3CEF4359D8D580AA4F7F036D6F04FC6A94', 'hex')
  expect(FF1(10, long).encrypt(digits('0123456789'))).toEqual(digits('6657667009'))
})

test('a token keeps the shape of the value, gives it back, and is the same each time', () => {
  const seed = Date.now() % 2 ** 31
  console.log(`tokens of random values: seed ${seed}`)
  const value = fc.oneof(fc.string({ unit: 'binary', maxLength: 40 }), fc.stringMatching(/^[A-Za-z0-9 .:@+-]{0,40}$/))
  fc.assert(fc.property(value, (text) => {
    const token = tokenize(text, secret)
    expect(token).toMatch(/^FPT:[\s\S]*:[A-Za-z0-9+/]+=*$/)
    expect(shapeOf(readable(token))).toBe(shapeOf(text))
    expect(detokenize(token, secret)).toBe(text)
    expect(tokenize(text, new LedgerSecret('a key'))).toBe(token)
  }), { seed, numRuns: 300 })
})

test('values of a large domain never share the readable part', () => {
  const tokens = new Set(Array.from({ length: 2_000 }, (_, i) => readable(tokenize(String(1_000_000 + i), secret))))
  expect(tokens.size).toBe(2_000)
})

test('another secret gives other tokens and cannot read these; neither can a changed token be read', () => {
  const token = tokenize('+12025550123', secret)
  const other = new LedgerSecret('another key')
  expect(readable(tokenize('+12025550123', other))).not.toBe(readable(token))
  expect(() => detokenize(token, other)).toThrow()
  const bytes = Buffer.from(token.slice(token.lastIndexOf(':') + 1), 'base64')
  for (let i = 0; i < bytes.length; i++) {
    const changed = Buffer.from(bytes)
    changed.writeUInt8(changed.readUInt8(i) ^ 1, i)
    expect(() => detokenize(`FPT:x:${changed.toString('base64')}`, secret)).toThrow()
  }
  expect(() => detokenize('plain text', secret)).toThrow()
  expect(detokenize(token.slice(token.lastIndexOf(':') + 1), secret)).toBe('+12025550123')
})
