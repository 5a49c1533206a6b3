import { expect, test } from 'vitest'
import { RefusalCounts } from '../../src/audit/refusals.js'

const NONE = { kind: 'none' } as const
const refusal = { at: 60_000, actor: NONE, address: '192.0.2.1', reason: 'no_credential', status: 401 }

test('one row a minute for an address and a reason, once the minute is over', () => {
  const counts = new RefusalCounts()
  for (let i = 0; i < 100; i++) counts.add(refusal)
  counts.add({ ...refusal, reason: 'unknown_credential' })
  counts.add({ ...refusal, at: 125_000 })
  expect(counts.take(119_999)).toEqual([])
  expect(counts.take(120_000).map(({ reason, count, address, at }) => [reason, count, address, at])).toEqual([['no_credential', 100, '192.0.2.1', 60_000], ['unknown_credential', 1, '192.0.2.1', 60_000]])
  expect(counts.take(Infinity)).toHaveLength(1)
  expect(counts.take(Infinity)).toEqual([])
})

test('a flood from many addresses takes a thousand rows, and one for each reason beyond', () => {
  const counts = new RefusalCounts()
  for (let i = 0; i < 5_000; i++) counts.add({ ...refusal, address: `10.0.${i >> 8}.${i & 255}` })
  const taken = counts.take(Infinity)
  expect(taken).toHaveLength(1_001)
  expect(taken.find(({ address }) => address === 'others')?.count).toBe(4_000)
})

test('what a credential is refused too often is counted as its own', () => {
  const counts = new RefusalCounts()
  const actor = { kind: 'key', id: 'key_1', name: 'ci' } as const
  for (let i = 0; i < 5; i++) counts.add({ ...refusal, actor, reason: 'rate_limited', status: 429 })
  counts.add(refusal)
  expect(counts.take(Infinity).map(({ actor: { kind }, count }) => [kind, count])).toEqual([['key', 5], ['none', 1]])
})

test('of a credential the first refusals alike in a minute have rows of their own, and those beyond are counted', () => {
  const counts = new RefusalCounts()
  const one = { ...refusal, actor: { kind: 'key', id: 'key_1', name: 'ci' }, reason: 'insufficient_scope', status: 403, route: 'POST /proxy/ledgers', instanceId: 'inst_1' } as const
  const own = (given: typeof one | object): number => Array.from({ length: 30 }, () => {
    const each = { ...one, ...given }
    const has = counts.hasOwnRow(each)
    if (!has) counts.add(each)
    return has
  }).filter(Boolean).length
  expect([own({}), own({ route: 'POST /proxy/balances' }), own({ reason: 'no_instance_id' }), own({ actor: { kind: 'key', id: 'key_2' } }), own({ at: 120_000 })]).toEqual([20, 20, 20, 20, 20])
  expect(counts.take(120_000).map(({ actor, route, reason, instanceId, count }) => [actor.id, route, reason, instanceId, count])).toEqual([
    ['key_1', 'POST /proxy/ledgers', 'insufficient_scope', 'inst_1', 10],
    ['key_1', 'POST /proxy/balances', 'insufficient_scope', 'inst_1', 10],
    ['key_1', 'POST /proxy/ledgers', 'no_instance_id', 'inst_1', 10],
    ['key_2', 'POST /proxy/ledgers', 'insufficient_scope', 'inst_1', 10]
  ])
})

test('kinds of refusals that are told apart are bounded', () => {
  const counts = new RefusalCounts()
  const has = Array.from({ length: 10_001 }, (_, i) => counts.hasOwnRow({ ...refusal, actor: { kind: 'token', id: `sub-${i}` } }))
  expect(has.indexOf(false)).toBe(10_000)
})
