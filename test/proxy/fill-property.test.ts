import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillBulk, fillTransaction } from '../../src/proxy/fill.js'
import { parseJson, type JsonNode } from '../../src/lib/json/parse.js'
import { counted } from '../support/counted-bytes.js'
import { anyBody, object, scalar, spelling, value } from '../support/json-bodies.js'

// The reading that these compare with is another parser, whose own tests hold it to encoding/json.

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const check = <T>(property: fc.IProperty<T>, numRuns = 3_000): void => {
  console.info(`seed ${seed}`)
  fc.assert(property, { seed, numRuns })
}

const fold = (text: string): string => text.replaceAll('\u017f', 's').replaceAll('\u212a', 'k').replace(/[A-Z]/g, (letter) => letter.toLowerCase())
const has = (node: JsonNode, name: string): boolean => node.items.some((item, i) => fold(node.keys[i]!) === name && item.kind !== 'null')

function read (bytes: Buffer): JsonNode | undefined {
  try {
    const node = parseJson(bytes)
    return node.kind === 'object' ? node : undefined
  } catch {
    return undefined
  }
}

/** A value without its place in the text. Numbers are their digits. */
const plain = (node: JsonNode): unknown => [node.kind, node.text, node.keys, node.items.map(plain)]

test('only the two members are added, where another parser misses them', () => {
  check(fc.property(anyBody, (sent) => {
    const { body: out, filled, reference } = fillTransaction(sent, () => 'ref_1')
    const node = read(sent)
    const missing = node === undefined ? [] : ['precision', 'reference'].filter((name) => !has(node, name))
    expect(filled).toEqual(missing)
    expect(reference).toBe(missing.includes('reference') ? 'ref_1' : undefined)
    if (node === undefined || missing.length === 0) {
      expect(out).toBe(sent)
      return
    }

    const added = out.length - sent.length
    const at = node.end - 1
    expect(out.subarray(0, at).equals(sent.subarray(0, at))).toBe(true)
    expect(out.subarray(at + added).equals(sent.subarray(at))).toBe(true)
    const after = read(out)!
    expect(after.end).toBe(node.end + added)
    expect(after.keys).toEqual([...node.keys, ...missing])
    expect(plain({ ...after, keys: after.keys.slice(0, node.keys.length), items: after.items.slice(0, node.keys.length) })).toEqual(plain(node))
    expect(after.items.slice(node.keys.length).map((item) => item.text)).toEqual(missing.map((name) => name === 'precision' ? '100' : 'ref_1'))
  }))
})

test('every item of a bulk has both members afterwards, and nothing else changes', () => {
  const bulk = fc.tuple(fc.array(fc.oneof(object, scalar), { maxLength: 5 }), spelling('transactions'), value).map(([items, name, other]) => Buffer.from(`{"other":${other},"${name}":[${items.join(',')}]}`))
  check(fc.property(bulk, (sent) => {
    let made = 0
    const { body: out } = fillBulk(sent, () => `ref_${++made}`)
    const [before, after] = [read(sent)!.items[1]!, read(out)!.items[1]!]
    before.items.forEach((item, i) => {
      const filled = after.items[i]!
      if (item.kind !== 'object') {
        expect(plain(filled)).toEqual(plain(item))
        return
      }
      expect(has(filled, 'precision') && has(filled, 'reference')).toBe(true)
      expect(filled.keys.slice(0, item.keys.length)).toEqual(item.keys)
      expect(filled.items.slice(0, item.items.length).map(plain)).toEqual(item.items.map(plain))
    })
  }), 1_000)
})

test('no byte is visited more than a fixed number of times', () => {
  check(fc.property(anyBody, (sent) => {
    const single = counted(sent)
    fillTransaction(single.bytes, () => 'ref_1')
    expect(single.most()).toBeLessThanOrEqual(12)
    const bulk = counted(sent)
    fillBulk(bulk.bytes, () => 'ref_1')
    expect(bulk.most()).toBeLessThanOrEqual(36)
  }), 1_000)
})

test.each([
  ['deep', `{"a":${'['.repeat(9_000)}${']'.repeat(9_000)}}`],
  ['too deep', `{"a":${'[{"a":'.repeat(20_000)}`],
  ['spaces', `{${' '.repeat(50_000)}}`],
  ['backslashes', `{"a":"${'\\\\'.repeat(20_000)}"}`],
  ['long keys', `{"${'precision'.repeat(5_000)}":1}`],
  ['many keys', `{${'"precision":null,'.repeat(3_000)}"a":1}`],
  ['duplicates of a bulk', `{${'"transactions":[{},{}],'.repeat(2_000)}"a":1}`]
])('nor in a hostile body: %s', (_name, text) => {
  for (const [fill, most] of [[fillTransaction, 12], [fillBulk, 36]] as const) {
    const { bytes, most: visited } = counted(Buffer.from(text))
    fill(bytes, () => 'ref_1')
    expect(visited()).toBeLessThanOrEqual(most)
  }
})
