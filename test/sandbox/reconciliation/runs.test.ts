import { expect, test } from 'vitest'
import { testDatabase } from '../../support/database.js'
import { openCore, type TestCore } from '../core.js'

interface Wanted { readonly strategy?: string, readonly grouping_criteria?: string, readonly dry_run?: boolean }

const external = (id: string, over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> =>
  ({ id, amount: 10, reference: id, currency: 'USD', description: 'Funding', date: '2024-05-03T10:00:00Z', source: 'bank', ...over })

async function pay (core: TestCore, reference: string, over: Readonly<Record<string, unknown>> = {}): Promise<string> {
  const answer = await core.send('POST', '/transactions', { amount: 10, precision: 100, reference, currency: 'USD', source: '@World', destination: '@Till', description: 'Funding', allow_overdraft: true, skip_queue: true, ...over })
  expect(answer.status, answer.text).toBe(201)
  return answer.json['transaction_id'] as string
}

async function rule (core: TestCore, ...criteria: unknown[]): Promise<string> {
  const answer = await core.send('POST', '/reconciliation/matching-rules', { name: 'r', criteria })
  expect(answer.status, answer.text).toBe(201)
  return answer.json['rule_id'] as string
}

async function start (core: TestCore, externals: unknown[], rules: readonly string[], wanted: Wanted = {}): Promise<string> {
  const answer = await core.send('POST', '/reconciliation/start-instant', { external_transactions: externals, matching_rule_ids: rules, strategy: 'one_to_one', ...wanted })
  expect(answer.status, answer.text).toBe(200)
  return answer.json['reconciliation_id'] as string
}

async function run (core: TestCore, ...order: Parameters<typeof start> extends [TestCore, ...infer R] ? R : never): Promise<Record<string, unknown>> {
  const id = await start(core, ...order)
  await core.core.settle(core.schema)
  return (await core.send('GET', `/reconciliation/${id}`)).json
}

async function rows<T> ({ schema }: TestCore, sql: string): Promise<T[]> {
  const { db } = testDatabase(1)
  try {
    return (await db.query(sql.replaceAll('$', schema))).rows as T[]
  } finally {
    await db.close()
  }
}

const BY_REFERENCE = { field: 'reference', operator: 'equals' }

test('one to one: one match at the most, told in the metadata; a dry run writes nothing', async () => {
  const core = await openCore()
  const [first] = [await pay(core, 'a'), await pay(core, 'b')]
  const amount = await rule(core, { field: 'amount', operator: 'equals' })
  expect(await run(core, [external('a')], [amount], { dry_run: true })).toMatchObject({ status: 'completed', matched_transactions: 1, unmatched_transactions: 0 })
  expect(await rows(core, 'SELECT 1 FROM $.matches UNION ALL SELECT 1 FROM $.unmatched')).toEqual([])
  const done = await run(core, [external('e', { amount: 10 }), external('f', { currency: 'EUR' })], [amount])
  expect(done).toMatchObject({ matched_transactions: 1, unmatched_transactions: 1 })
  expect(await rows(core, 'SELECT external_transaction_id, internal_transaction_id, amount, date FROM $.matches')).toEqual([{ external_transaction_id: 'e', internal_transaction_id: first, amount: '10.00', date: '2024-05-03 10:00:00' }])
  expect(await rows(core, 'SELECT external_transaction_id FROM $.unmatched')).toEqual([{ external_transaction_id: 'f' }])
  const { meta_data: told } = (await core.send('GET', `/transactions/${first}`)).json
  expect(told).toMatchObject({ reconciled: true, reconciliation_id: done['reconciliation_id'], external_txn_id: 'e', reconciliation_amount: 10, allow_overdraft: true })
  expect((told as { reconciled_at: string }).reconciled_at).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
})

test('one to many: an external transaction against the sum of a group', async () => {
  const core = await openCore()
  const batch = [await pay(core, 'a', { destination: '@Batch' }), await pay(core, 'b', { destination: '@Batch', amount: 5.5 })]
  await pay(core, 'c')
  const sum = await rule(core, { field: 'amount', operator: 'equals' })
  const order = [external('x', { amount: 15.5 }), external('y', { amount: 99 })]
  expect(await run(core, order, [sum], { strategy: 'one_to_many', grouping_criteria: 'destination' })).toMatchObject({ matched_transactions: 2, unmatched_transactions: 1 })
  expect(await rows(core, "SELECT internal_transaction_id AS id, amount FROM $.matches WHERE external_transaction_id = 'x' ORDER BY id")).toEqual(
    batch.map((id, i) => ({ id, amount: i === 0 ? '10.00' : '5.50' })).sort((a, b) => a.id < b.id ? -1 : 1))
})

test('many to one: each of the ledger against groups of externals; a criterion that there is not leaves all without', async () => {
  const core = await openCore()
  const [paid] = [await pay(core, 'a', { amount: 30 }), await pay(core, 'b', { amount: 7 })]
  const sum = await rule(core, { field: 'amount', operator: 'equals' })
  const parts = [external('p', { amount: 12, description: 'order 1' }), external('q', { amount: 18, description: 'order 1' })]
  expect(await run(core, parts, [sum], { strategy: 'many_to_one', grouping_criteria: 'description' })).toMatchObject({ matched_transactions: 2, unmatched_transactions: 1 })
  expect(await rows(core, 'SELECT external_transaction_id, internal_transaction_id FROM $.matches ORDER BY 1')).toEqual([{ external_transaction_id: 'p', internal_transaction_id: paid }, { external_transaction_id: 'q', internal_transaction_id: paid }])
  const again = parts.map((each) => ({ ...each, id: `${each['id'] as string}2` }))
  expect(await run(core, again, [sum], { strategy: 'many_to_one', grouping_criteria: 'destination' })).toMatchObject({ matched_transactions: 0, unmatched_transactions: 2 })
})

test('an unknown rule fails the run, an unknown strategy finds nothing', async () => {
  const core = await openCore()
  await pay(core, 'a')
  expect(await run(core, [external('a')], ['rule_none'])).toMatchObject({ status: 'failed', matched_transactions: 0, completed_at: null })
  expect(await run(core, [external('b')], [await rule(core, BY_REFERENCE)], { strategy: 'psychic' })).toMatchObject({ status: 'completed', matched_transactions: 0, unmatched_transactions: 0 })
})

test('an amount that no match can hold fails the run', async () => {
  const core = await openCore()
  await pay(core, 'a')
  expect(await run(core, [external('a', { amount: 1e12 })], [await rule(core, BY_REFERENCE)])).toMatchObject({ status: 'failed' })
})

test('an id that is taken fails the start, and the run', async () => {
  const core = await openCore()
  const rules = [await rule(core, BY_REFERENCE)]
  await start(core, [external('a')], rules)
  const answer = await core.send('POST', '/reconciliation/start-instant', { external_transactions: [external('b'), external('a')], matching_rule_ids: rules, strategy: 'one_to_one' })
  expect(answer).toMatchObject({ status: 500, json: { error: 'Failed to record external transaction', error_detail: { code: 'GEN_INTERNAL', details: { Code: '23505', Constraint: 'external_transactions_pkey' } } } })
  expect(await rows(core, "SELECT count(*) FROM $.external_transactions WHERE id = 'b' UNION ALL SELECT count(*) FROM $.reconciliations WHERE status = 'failed'")).toEqual([{ count: '1' }, { count: '1' }])
})

test('a long run goes part by part, beside other work, and on after a restart, under a clock that stands', async () => {
  const core = await openCore({ keep: true })
  await core.core.clock(core.schema, { frozen: true })
  const items = Array.from({ length: 1500 }, (_, i) => ({ amount: 1, precision: 100, reference: `t${i}`, currency: 'USD', source: '@World', destination: '@Till', allow_overdraft: true, description: 'd' }))
  expect((await core.send('POST', '/transactions/bulk', { transactions: items, skip_queue: true })).status).toBe(201)
  const externals = Array.from({ length: 900 }, (_, i) => external(`x${i}`, { reference: i < 700 ? `t${1499 - i}` : 'none' }))
  const id = await start(core, externals, [await rule(core, BY_REFERENCE)])
  await core.close()
  const { core: restarted, send } = await openCore({ schema: core.schema, key: core.key })
  await restarted.settle(core.schema)
  expect((await send('GET', `/reconciliation/${id}`)).json).toMatchObject({ status: 'completed', matched_transactions: 700, unmatched_transactions: 200 })
  expect(await rows(core, 'SELECT count(*), count(DISTINCT external_transaction_id) AS each FROM $.matches')).toEqual([{ count: '700', each: '700' }])
  expect(await rows(core, 'SELECT 1 FROM $.queue')).toEqual([])
  await restarted.reset(core.schema)
  expect(await rows(core, 'SELECT 1 FROM $.matches UNION ALL SELECT 1 FROM $.external_transactions UNION ALL SELECT 1 FROM $.reconciliations UNION ALL SELECT 1 FROM $.matching_rules UNION ALL SELECT 1 FROM $.unmatched')).toEqual([])
})
