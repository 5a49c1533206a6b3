import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { BROKEN, isObject, scanObject, skipSpace, skipValue } from '../../src/lib/json-bytes.js'
import { fillTransaction } from '../../src/proxy/fill.js'

/** Bodies and what encoding/json answered for each: see test/sandbox/json/go-decoder.test.ts. */
interface Verdict { readonly body: string, readonly error?: string }
const verdicts = JSON.parse(readFileSync(new URL('../sandbox/json/go-decoder.json', import.meta.url), 'utf8')) as Verdict[]

const SYNTAX = /^(invalid character|unexpected EOF|EOF)/

test('a value is broken for the scanner when Go calls it a syntax error, and only then', () => {
  const differing = verdicts.filter(({ body, error }) => {
    const bytes = Buffer.from(body, 'base64')
    const broken = skipValue(bytes, skipSpace(bytes, 0), 0) === BROKEN
    return broken !== SYNTAX.test(error ?? '')
  })
  expect(verdicts.length).toBeGreaterThan(2_000)
  expect(differing.map(({ body, error }) => [Buffer.from(body, 'base64').toString(), error])).toEqual([])
})

test('a body that Go reads and is an object is filled, any other stays', () => {
  for (const { body, error } of verdicts) {
    const bytes = Buffer.from(body, 'base64')
    const readable = isObject(bytes, skipSpace(bytes, 0)) && !SYNTAX.test(error ?? '')
    expect(scanObject(bytes, skipSpace(bytes, 0), () => {}) !== BROKEN && readable, bytes.toString()).toBe(readable)
    if (!readable) expect(fillTransaction(bytes, () => 'ref_1').body).toBe(bytes)
    else expect(fillTransaction(bytes, () => 'ref_1').filled, bytes.toString()).toEqual(['precision', 'reference'])
  }
})
