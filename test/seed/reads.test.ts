import { describe, expect, test } from 'vitest'
import { checkSeed, type Seed } from '../../src/seed/seed.js'
import { readObject, readText, SeedError } from '../../src/seed/text.js'
import { encodeJson, KINDS } from '../../src/seed/value.js'
import { textOf } from '../house/source-files.js'

const seedOf = (text: string): Seed => checkSeed(readText(text, 'wallet.yaml'))
const IDS = { ledgers: { shop: 'ldg_1' }, identities: { eve: 'idt_1' }, balances: { eve: 'bln_1', till: 'bln_2' }, transactions: {} }
const bodies = (seed: Seed): string[] => seed.records.map(({ body }) => encodeJson(body, IDS))

const BEGIN = `ledgers:
  shop: {}
identities:
  eve: { first_name: Eve, post_code: 00800 }
balances:
  eve: { ledger: shop, identity: eve, currency: USD }
  till: { indicator: "@Till", currency: USD }
`
const withTransaction = (members: string): string => `${BEGIN}transactions:\n  - { ${members} }\n`

test('names become ids, and what Core asks for is filled in', () => {
  expect(bodies(seedOf(withTransaction('name: pay, amount: 10.10, source: eve, destination: till')))).toEqual([
    '{"name":"shop"}',
    '{"first_name":"Eve","post_code":"00800"}',
    '{"ledger_id":"ldg_1","identity_id":"idt_1","currency":"USD"}',
    '{"ledger_id":"general_ledger_id","indicator":"@Till","currency":"USD"}',
    '{"precision":100,"reference":"pay","description":"pay","skip_queue":true,"amount":10.10,"source":"bln_1","destination":"bln_2","currency":"USD"}'
  ])
})

test.each([
  ['10.10', '10.10'], ['"10.10"', '10.10'], ['1e2', '1e2'], ['+5', '5'], ['.5', '0.5'], ['-.5', '-0.5'], ['5.', '5'], ['5.e1', '5e1'], ['007', '7'], ['0', '0'],
  ['123456789012345678901234567890.123456789', '123456789012345678901234567890.123456789']
])('the amount %s is sent as %s', (written, sent) => {
  expect(bodies(seedOf(withTransaction(`amount: ${written}, source: eve, destination: till`))).at(-1)).toContain(`"amount":${sent},`)
})

test('numbers of metadata keep their digits, and what is scheduled is left to the queue', () => {
  const seed = seedOf(withTransaction('precise_amount: 90071992547409931, source: eve, destination: "@Out", scheduled_for: 2035-01-01T00:00:00+00:00, meta_data: { rate: 0.10, big: 90071992547409931, deep: [1.50, { a: null }] }'))
  expect(bodies(seed).at(-1)).toBe('{"precision":100,"reference":"seed_1","description":"seed_1","skip_queue":false,"precise_amount":90071992547409931,"source":"bln_1","destination":"@Out","scheduled_for":"2035-01-01T00:00:00+00:00","meta_data":{"rate":0.10,"big":90071992547409931,"deep":[1.50,{"a":null}]},"currency":"USD"}')
  expect(seed.queued).toBe(true)
})

const bomb = `a: &a [${'x,'.repeat(9)}x]\n${[...'bcdefghij'].map((one, i) => `${one}: &${one} [${`*${'abcdefghij'[i]},`.repeat(9)}]`).join('\n')}`
const deep = (times: number): string => `ledgers: { a: { meta_data: { b: ${'['.repeat(times)}${']'.repeat(times)} } } }`
test.each([
  ['aliases of aliases', bomb, /^wallet.yaml: its aliases come to too much/],
  ['a value that holds itself', 'ledgers: &all\n  a: { meta_data: { b: *all } }', /^wallet.yaml: .* holds itself/],
  ['a merge with itself', 'ledgers: &all\n  <<: *all', /^wallet.yaml: .* holds itself/],
  ['a hundred lists in each other', deep(100), /^wallet.yaml: a value nests more than 100 deep/],
  ['ten thousand of them', deep(10_000), /^wallet.yaml: a value nests more than 100 deep/]
])('%s: one sentence', (_name, text, sentence) => {
  expect(() => seedOf(text)).toThrow(sentence)
  expect(() => seedOf(text)).toThrow(SeedError)
})

test('an object that holds itself: one sentence', () => {
  const all: Record<string, unknown> = {}
  all['ledgers'] = all
  expect(() => readObject(all)).toThrow(/^seed.ledgers: .* holds itself/)
})

test('JSON, and YAML with anchors and merges, say the same', () => {
  const yaml = seedOf(withTransaction('amount: 1.0, source: eve, destinations: [ { identifier: till, distribution: 25% }, { identifier: "@Rest", distribution: left } ]'))
  const merged = seedOf(`${BEGIN.replace('eve: { ledger', 'base: &base { ledger').replace('  till:', '  eve: { <<: *base }\n  till:')}transactions: []\n`)
  const json = seedOf(JSON.stringify({
    ledgers: { shop: {} },
    identities: { eve: { first_name: 'Eve', post_code: '00800' } },
    balances: { eve: { ledger: 'shop', identity: 'eve', currency: 'USD' }, till: { indicator: '@Till', currency: 'USD' } },
    transactions: [{ amount: '1.0', source: 'eve', destinations: [{ identifier: 'till', distribution: '25%' }, { identifier: '@Rest', distribution: 'left' }] }]
  }))
  expect(bodies(json)).toEqual(bodies(yaml))
  expect(bodies(merged)[3]).toBe(bodies(yaml)[2])
})

test('an object of a program is a seed too', () => {
  const seed = checkSeed(readObject({ ledgers: { shop: { name: 'Shop', meta_data: undefined } }, transactions: [{ amount: 10.1, precision: 100n, source: '@A', destination: '@B', currency: 'USD' }] }))
  expect(bodies(seed)).toEqual(['{"name":"Shop"}', '{"precision":100,"reference":"seed_1","description":"seed_1","skip_queue":true,"amount":10.1,"source":"@A","destination":"@B","currency":"USD"}'])
  expect(() => readObject({ transactions: [{ precise_amount: 2 ** 60 }] })).toThrow('seed.transactions[0].precise_amount: 1152921504606847000 may have lost digits')
})

const WRONG: Readonly<Record<string, readonly [text: string, sentence: string]>> = {
  'a balance that there is not': [withTransaction('amount: 1, source: evee, destination: till'), 'wallet.yaml:9: transactions[0].source: there is no balance named "evee": did you mean "eve"?'],
  'a leg that there is not': [withTransaction('amount: 1, source: eve, destinations: [ { identifier: tlil } ]'), 'wallet.yaml:9: transactions[0].destinations[0].identifier: there is no balance named "tlil": did you mean "till"?'],
  'a ledger that there is not': ['balances:\n  eve: { ledger: shop, currency: USD }\n', 'wallet.yaml:2: balances.eve.ledger: there is no ledger named "shop": there are none'],
  'an unknown member': [withTransaction('amount: 1, source: eve, destination: till, allow_overdaft: true'), 'transactions[0].allow_overdaft: there is no member "allow_overdaft" here: did you mean "allow_overdraft"?'],
  'an id in place of a name': ['ledgers: { shop: {} }\nbalances:\n  eve: { ledger_id: ldg_1, currency: USD, ledger: shop }\n', 'wallet.yaml:3: balances.eve.ledger_id: write ledger and a name in place of ledger_id'],
  'an unknown part': ['ledger:\n  shop: {}\n', 'wallet.yaml:2: ledger: a seed has no ledger: did you mean "ledgers"?'],
  'a balance without a ledger': [`${BEGIN}  open: { currency: USD }\n`, 'balances.open: a balance needs a ledger, or an indicator in the General Ledger'],
  'a number that is none': [withTransaction('amount: ten, source: eve, destination: till'), 'transactions[0].amount: write a decimal number'],
  'a number in another base': [withTransaction('amount: 0x1F, source: eve, destination: till'), 'wallet.yaml:9: 0x1F is not a decimal number'],
  'a flag that is none': [withTransaction('amount: 1, source: eve, destination: till, inflight: "yes"'), 'transactions[0].inflight: write true or false'],
  'a currency that cannot be known': [withTransaction('amount: 1, source: "@A", destination: "@B"'), 'transactions[0]: write the currency'],
  'two of one name': [`${withTransaction('name: pay, amount: 1, source: eve, destination: till')}  - { name: pay, amount: 1, source: eve, destination: till }\n`, 'wallet.yaml:10: transactions[1].name: there are two transactions named "pay"'],
  'a key twice': ['ledgers:\n  shop: {}\n  shop: {}\n', 'wallet.yaml:3: Map keys must be unique'],
  'what is no YAML': ['ledgers: [', 'wallet.yaml:1: '],
  'an empty file': ['', 'wallet.yaml: a seed has ledgers, identities, balances, transactions']
}

describe('refused with the place', () => {
  test.each(Object.entries(WRONG))('%s', (_name, [text, sentence]) => {
    expect(() => seedOf(text)).toThrow(sentence)
  })
})

test('the examples of docs/seeds.md are seeds, with the names of its answer', () => {
  const blocks = [...textOf('docs/seeds.md').matchAll(/```(\w+)\n([\s\S]*?)```/g)].map(([, language, text]) => ({ language, text: text as string }))
  const [yaml] = blocks.filter(({ language }) => language === 'yaml')
  const { records } = seedOf(yaml?.text as string)
  const [answer] = blocks.filter(({ language }) => language === 'json').map(({ text }) => JSON.parse(text) as object)
  const told = answer as Record<string, object>
  for (const kind of KINDS) expect(records.filter((one) => one.kind === kind).map(({ name }) => name)).toEqual(Object.keys(told[kind] as object))
})
