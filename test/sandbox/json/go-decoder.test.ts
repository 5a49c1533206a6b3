import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { bindJson, field, struct, type Bound } from '../../../src/sandbox/json/bind.js'
import { encodeJson, RawJson, type Encodable } from '../../../src/sandbox/json/encode.js'
import { anything, bigInt, bool, float64, int, list, metadata, pointer, text, time } from '../../../src/sandbox/json/go-types.js'
import { interfaceText, metadataJson } from '../../../src/sandbox/json/metadata.js'
import { float64Text } from '../../../src/sandbox/json/numbers.js'

/**
 * What encoding/json of Go 1.26 answered for each body (base64): the error of json.NewDecoder(body).Decode into the struct
 * below, or the struct as json.Marshal writes it. Bodies: JSONTestSuite's texts bare and inside a member, cases by hand,
 * and 1,500 mutations of them.
 */
interface Verdict { readonly body: string, readonly error?: string, readonly value?: string }
const verdicts = JSON.parse(readFileSync(new URL('go-decoder.json', import.meta.url), 'utf8')) as Verdict[]

const distribution = struct('main.Distribution', { identifier: field(text), distribution: field(text) })
const everything = struct('main.Everything', {
  name: field(text),
  flag: field(bool),
  count: field(int),
  amount: field(float64),
  precise_amount: field(bigInt),
  at: field(time),
  meta_data: field(metadata),
  sources: field(list(distribution)),
  items: field(list(pointer(distribution))),
  names: field(list(text)),
  any: field(anything)
})

function encode (value: Bound<typeof everything>): string {
  return encodeJson({
    ...value,
    amount: new RawJson(float64Text(value.amount) as string),
    meta_data: metadataJson(value.meta_data),
    any: value.any === undefined ? null : new RawJson(interfaceText(value.any))
  } satisfies Encodable)
}

function outcome (body: Buffer): string {
  try {
    return encode(bindJson({ body }, everything))
  } catch (error) {
    return `error: ${(error as Error).message}`
  }
}

test(`${verdicts.length} bodies are decoded and refused as by encoding/json`, () => {
  const differing = verdicts.flatMap(({ body, error, value }) => {
    const got = outcome(Buffer.from(body, 'base64'))
    const want = error === undefined ? value : `error: ${error}`
    return got === want ? [] : [{ body: Buffer.from(body, 'base64').toString(), want, got }]
  })
  expect(differing).toEqual([])
})

test('nesting ends at 10,000 levels', () => {
  const nested = (depth: number): Buffer => Buffer.from('['.repeat(depth) + ']'.repeat(depth))
  expect(outcome(nested(10_000))).toBe('error: json: cannot unmarshal array into Go value of type main.Everything')
  expect(outcome(nested(10_001))).toBe("error: invalid character '[' exceeded max depth")
  expect(outcome(nested(100_000))).toBe("error: invalid character '[' exceeded max depth")
  expect(outcome(Buffer.from(`{"meta_data":${'{"a":'.repeat(9_998)}1${'}'.repeat(9_998)}}`))).toContain('{"a":'.repeat(9_998))
})

test('a body that was cut at the limit is too large only when its first value was cut', () => {
  const body = Buffer.from('{"name":"a"} and more')
  expect(bindJson({ body, truncated: true }, everything).name).toBe('a')
  expect(() => bindJson({ body: body.subarray(0, 9), truncated: true }, everything)).toThrow('http: request body too large')
})
