import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Members } from '../../src/audit/members.js'

/** What is found in a body that comes in pieces of these lengths. */
function find (names: readonly string[], body: Buffer, lengths: readonly number[]): Record<string, string> {
  const members = new Members(names)
  let at = 0
  for (let i = 0; at < body.length; i++) {
    const length = lengths[i % lengths.length] ?? body.length
    members.add(body.subarray(at, at + length))
    at += length
  }
  return Object.fromEntries(names.flatMap((name) => members.get(name) === undefined ? [] : [[name, members.get(name) as string]]))
}

const NAMES = ['transaction_id', 'reference', 'a"\\ü']
const key = fc.oneof(fc.constantFrom(...NAMES), fc.string({ maxLength: 8, unit: 'binary' }))
const value = fc.letrec((tie) => ({
  any: fc.oneof({ maxDepth: 3 }, fc.string({ unit: 'binary' }), fc.double(), fc.boolean(), fc.constant(null), tie('list'), tie('object')),
  list: fc.array(tie('any'), { maxLength: 4 }),
  object: fc.dictionary(key, tie('any'), { maxKeys: 6, noNullPrototype: true })
}))
const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 7 }), fc.integer({ min: 20, max: 4_096 })), { minLength: 1, maxLength: 5 })

test('finds what JSON.parse finds at the top level, however the bytes are cut', () => {
  fc.assert(fc.property(fc.oneof(value.object, value.any), lengths, fc.constantFrom(undefined, 1, '\t'), (body, cuts, space) => {
    const text = JSON.stringify(body, null, space)
    const parsed = JSON.parse(text) as unknown
    const isObject = typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
    const wanted = isObject ? NAMES.filter((name) => Object.hasOwn(parsed, name) && typeof (parsed as Record<string, unknown>)[name] === 'string') : []
    expect(find(NAMES, Buffer.from(text), cuts)).toEqual(Object.fromEntries(wanted.map((name) => [name, (parsed as Record<string, string>)[name]])))
  }), { numRuns: 500 })
})

test('escapes in names and values are read', () => {
  expect(find(['ledger_id'], Buffer.from('{"\\u006cedger_id": "ldg_\\u0031\\n"}'), [1])).toEqual({ ledger_id: 'ldg_1\n' })
})

test('takes any bytes, and never throws', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('', '{"', '{"reference":', '{"reference":"', '[{"reference":"x"}'), lengths, (bytes, start, cuts) => {
    find(NAMES, Buffer.concat([Buffer.from(start), bytes]), cuts)
  }), { numRuns: 500 })
})

test('looks at 64 KiB of a body and holds no long text', () => {
  const filler = 'x'.repeat(65_536)
  expect(find(['id'], Buffer.from(`{"a":"${filler}","id":"1"}`), [4_096])).toEqual({})
  expect(find(['id'], Buffer.from(`{"id":"${'x'.repeat(600)}"}`), [50])).toEqual({})
  expect(find(['id'], Buffer.from(`{"${'k'.repeat(600)}":1,"id":"1"}`), [50])).toEqual({ id: '1' })
})
