import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fillBulk, fillTransaction } from '../../src/proxy/fill.js'
import { parseJson, type JsonNode } from '../../src/lib/json/parse.js'

// The reading that these compare with is another parser, whose own tests hold it to encoding/json.

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const check = <T>(property: fc.IProperty<T>, numRuns = 3_000): void => {
  console.info(`seed ${seed}`)
  fc.assert(property, { seed, numRuns })
}

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/)
const escape = (letter: string): string => `\\u${letter.charCodeAt(0).toString(16).padStart(4, '0')}`

/** A spelling of a key that Go folds to `name`, or nearly. */
const spelling = (name: string): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 5 }), { minLength: name.length, maxLength: name.length }).map((ways) => [...name].map((letter, i) => {
    switch (ways[i]) {
      case 1: return letter.toUpperCase()
      case 2: return escape(letter)
      case 3: return letter === 's' ? '\u017f' : letter
      case 4: return letter === 's' ? '\\u017F' : escape(letter.toUpperCase())
      default: return letter
    }
  }).join(''))

const key = fc.oneof(
  spelling('precision'), spelling('reference'), fc.constantFrom('precision', 'reference', 'precise_amount', 'precisio', 'referenc\\u0065s', '', '\\"', '\\ud83d\\ude00', '\ud83d\ude00'),
  fc.string().map((text) => JSON.stringify(text).slice(1, -1))
)
const scalar = fc.oneof(
  fc.constantFrom('null', 'null', 'true', 'false', '0', '-0', '1.50', '1E400', '-1e-9', '""', '"}"', '"\\\\"', '"\\u0000{"'),
  fc.bigInt().map(String), fc.string().map((text) => JSON.stringify(text)), fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)
)
const { value, object } = fc.letrec<{ value: string, object: string, array: string, member: string }>((tie) => ({
  value: fc.oneof({ maxDepth: 4, withCrossShrink: true }, scalar, tie('array'), tie('object')),
  array: fc.tuple(space, fc.array(fc.tuple(tie('value'), space).map(([text, after]) => text + after), { maxLength: 4 })).map(([before, items]) => `[${before}${items.join(',')}]`),
  member: fc.tuple(space, key, space, space, tie('value'), space).map(([a, name, b, c, text, d]) => `${a}"${name}"${b}:${c}${text}${d}`),
  object: fc.tuple(space, fc.array(tie('member'), { maxLength: 6 })).map(([before, members]) => members.length === 0 ? `{${before}}` : `{${members.join(',')}}`)
}))
const body = fc.tuple(space, fc.oneof({ weight: 9, arbitrary: object }, value), fc.constantFrom('', ' ', '\n{}', ',', 'x', '}')).map((parts) => parts.join(''))

/** The same with a byte changed, taken away or put in: often broken, sometimes not. */
const mutated = fc.tuple(body, fc.nat(), fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', 'n', '\u0001', '\u00ff'), fc.nat({ max: 1 })).map(([text, at, by, taken]) => {
  const bytes = Buffer.from(text)
  const cut = bytes.length === 0 ? 0 : at % bytes.length
  return Buffer.concat([bytes.subarray(0, cut), Buffer.from(by, 'latin1'), bytes.subarray(cut + taken)])
})
const anyBody = fc.oneof(body.map((text) => Buffer.from(text)), mutated, fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)))

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

/** A buffer that counts how often each of its bytes is read. */
function counted (bytes: Buffer): { bytes: Buffer, most: () => number } {
  const visits = new Uint32Array(bytes.length + 8)
  const proxy = new Proxy(bytes, {
    get (target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) {
        visits[Math.min(Number(name), visits.length - 1)]!++
        return target[Number(name)]
      }
      const member = Reflect.get(target, name, target) as unknown
      return typeof member === 'function' ? member.bind(target) as unknown : member
    }
  })
  return { bytes: proxy, most: () => visits.subarray(0, bytes.length).reduce((a, b) => Math.max(a, b), 0) }
}

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
