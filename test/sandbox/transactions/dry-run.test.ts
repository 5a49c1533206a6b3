import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenLaws, testLedger, transaction, type Answer, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

const IS_LONG = process.env['TEST_LONG'] === '1'
const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

interface Projection { readonly balance_id: string, readonly role: string, readonly virtual?: boolean, readonly [figure: string]: unknown }
interface Preview { readonly would_apply: boolean, readonly status?: string, readonly rejection?: { readonly code: string, readonly message: string }, readonly balances: readonly Projection[], readonly [member: string]: unknown }

const FIGURES = ['balance', 'credit_balance', 'debit_balance', 'inflight_debit_balance', 'inflight_credit_balance'] as const

/** Everything that is stored, as one text. */
async function everything (): Promise<string> {
  const tables = ['transactions', 'balances', 'queue', 'lineage_outbox', 'lineage_mappings']
  const parts = await Promise.all(tables.map(async (table) => (await lab.one<{ all: string }>(`SELECT coalesce(string_agg(t::text, '' ORDER BY id), '') AS all FROM ${lab.ledger.schema}.${table} AS t`)).all))
  return parts.join('\n')
}

/** Asks first, checks that asking wrote nothing, then does it; the figures that were foretold are those that came about. */
async function foretold (path: string, method: 'POST' | 'PUT', body: Record<string, unknown>): Promise<{ readonly preview: Preview, readonly done: Answer }> {
  const before = await everything()
  const asked = await lab.send(method, path, { ...body, dry_run: true })
  expect(await everything()).toBe(before)
  const done = await lab.send(method, path, body)
  await lab.settle()
  if (asked.status !== 200) {
    // Of what is unknown a settlement with skip_queue says that there is nothing to settle (spec/09 6.8).
    if (path === '/transactions') expect([asked.status, asked.body]).toEqual([done.status, done.body])
    else expect(done.status).toBeGreaterThanOrEqual(400)
    return { preview: { would_apply: false, balances: [] }, done }
  }
  const preview = asked.body as unknown as Preview
  for (const projection of preview.balances) {
    const balance = await lab.balance(projection.balance_id)
    expect(FIGURES.map((figure) => projection[`resulting_${figure}`])).toEqual(FIGURES.map((figure) => String(balance[figure])))
  }
  return { preview, done }
}

const name = fc.integer({ min: 0, max: 4 }).map((i) => `@d${i}`)
const share = fc.record({ identifier: name, distribution: fc.constantFrom('10%', '33.3%', '50%', 'left', '1', '2.5') })
const flags = { amount: fc.integer({ min: 0, max: 900 }), allow_overdraft: fc.boolean(), inflight: fc.boolean(), overdraft_limit: fc.constantFrom(0, 3) }
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('single' as const), source: name, destination: name, again: fc.boolean(), ...flags }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('split' as const), source: name, shares: fc.array(share, { minLength: 1, maxLength: 3 }), reverse: fc.boolean(), ...flags }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('commit' as const, 'void' as const, 'refund' as const), which: fc.nat(9), amount: fc.integer({ min: 0, max: 400 }) }) }
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

let runs = 0

/** Posts are foretold with skip_queue, so that a refusal is an answer too. */
async function take (each: Step, prefix: string, ids: string[]): Promise<void> {
  if (each.kind === 'single' || each.kind === 'split') {
    const { kind, amount, allow_overdraft: overdraft, inflight, overdraft_limit: limit, source } = each
    const common = transaction({ amount: undefined, precise_amount: amount, allow_overdraft: overdraft, overdraft_limit: limit, inflight, ...(kind === 'single' && each.again ? { reference: `${prefix}again` } : {}) })
    const named = (end: string): string => prefix + end.slice(1)
    const ends = kind === 'single'
      ? { source: named(source), destination: named(each.destination) }
      : each.reverse
        ? { source: undefined, sources: each.shares.map((leg) => ({ ...leg, identifier: named(leg.identifier) })), destination: named(source) }
        : { source: named(source), destination: undefined, destinations: each.shares.map((leg) => ({ ...leg, identifier: named(leg.identifier) })) }
    const { preview, done } = await foretold('/transactions', 'POST', { ...common, ...ends })
    expect(preview.would_apply).toBe(done.status === 201)
    if (done.status === 201) {
      expect(preview.status).toBe(done.body['status'])
      ids.push(done.body['transaction_id'] as string)
    } else if (preview.rejection !== undefined) {
      const { code, message } = done.body['error_detail'] as { code: string, message: string }
      // Where two things are wrong a preview names what the balances say, a post the reference.
      if (code !== 'TXN_DUPLICATE_REFERENCE') expect(message.replace(/^failed to record split transaction \d+: /, '')).toBe(preview.rejection.message)
      if (code !== 'TXN_DUPLICATE_REFERENCE' && code !== 'GEN_CONFLICT') expect(preview.rejection.code).toBe(code)
    }
    return
  }
  const id = ids[each.which % Math.max(1, ids.length)]
  if (id === undefined) return
  if (each.kind === 'refund') {
    const { preview, done } = await foretold(`/refund-transaction/${id}`, 'POST', { skip_queue: true })
    expect(preview.would_apply).toBe(done.status === 201)
    return
  }
  const { preview, done } = await foretold(`/transactions/inflight/${id}`, 'PUT', { status: each.kind, skip_queue: true, ...(each.amount === 0 ? {} : { precise_amount: each.amount }) })
  expect(preview.would_apply).toBe(done.status === 200)
}

test(`what a dry run foretells comes about, and it writes nothing (seed ${seed})`, async () => {
  console.log(`seed ${seed}`)
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 4, maxLength: 16 }), async (steps) => {
    const prefix = `@p${++runs}-`
    const ids: string[] = []
    for (const each of steps) await take(each, prefix, ids)
    expect(await brokenLaws(lab)).toEqual([])
  }), { seed, numRuns: IS_LONG ? 40 : 4 })
}, IS_LONG ? 30 * 60_000 : 120_000)

test('a batch with skip_queue is foretold item after item', async () => {
  await lab.send('POST', '/transactions', transaction({ amount: 20, destination: '@Batch' }))
  const items = [4, 15, 25].map((amount) => transaction({ amount, source: '@Batch', destination: '@Shop', allow_overdraft: false }))
  const before = await everything()
  const { status, body } = await lab.send('POST', '/transactions/bulk', { dry_run: true, skip_queue: true, transactions: items })
  expect(await everything()).toBe(before)
  expect(status).toBe(200)
  expect((body['results'] as Preview[]).map((each) => [each.would_apply, each.balances])).toEqual([[true, null], [true, null], [false, null]])
  expect((body['balances'] as Projection[]).map((each) => [each['virtual'], each['resulting_balance']])).toEqual([[undefined, '100'], [true, '1900']])
})

test('a batch without skip_queue is foretold item by item, and a reference that comes twice is refused', async () => {
  const items = [transaction({ reference: 'twice', destination: '@A1' }), transaction({ reference: 'twice', destination: '@A1' })]
  const { body } = await lab.send('POST', '/transactions/bulk', { dry_run: true, run_async: true, atomic: true, transactions: items })
  const [first, second] = body['results'] as Preview[]
  expect(first).toMatchObject({ would_apply: true, balances: [{ role: 'source' }, { role: 'destination', virtual: true, resulting_balance: '1000' }] })
  expect(second).toMatchObject({ would_apply: false, balances: null, rejection: { code: 'TXN_DUPLICATE_REFERENCE', reason: 'other', message: 'transaction validation failed: reference twice has already been used' } })
  expect([body['would_apply'], body['cumulative'], body['atomic'], body['balances'], (body['notes'] as string[]).length]).toEqual([false, false, true, undefined, 3])
})

test('a thousand items are foretold in a batch', async () => {
  const items = Array.from({ length: 1000 }, (_, i) => transaction({ amount: 1, destination: `@Many${i}` }))
  const { body } = await lab.send('POST', '/transactions/bulk', { dry_run: true, skip_queue: true, transactions: items })
  expect(body).toMatchObject({ would_apply: true })
  expect(body['balances']).toHaveLength(1001)
})

test('what is unknown is 404, as when it is posted', async () => {
  const unknown = transaction({ destination: 'bln_none', dry_run: true })
  expect(await lab.send('POST', '/transactions', unknown)).toMatchObject({ status: 404, body: { error: "Balance with ID 'bln_none' not found" } })
  expect(await lab.send('PUT', '/transactions/inflight/txn_none', { status: 'void', dry_run: true })).toMatchObject({ status: 404, body: { error: "Transaction with ID 'txn_none' not found" } })
  expect(await lab.send('POST', '/refund-transaction/txn_none', { dry_run: true })).toMatchObject({ status: 404, body: { error: 'transaction txn_none not found for refund' } })
})

test('many settlements are foretold each on its own', async () => {
  const hold = (await lab.send('POST', '/transactions', transaction({ inflight: true }))).body['transaction_id'] as string
  const applied = (await lab.send('POST', '/transactions', transaction())).body['transaction_id'] as string
  const { body } = await lab.send('POST', '/transactions/inflight/bulk/commit', { dry_run: true, transactions: [{ transaction_id: hold, amount: 4 }, { transaction_id: hold }, { transaction_id: applied }, { transaction_id: 'txn_no' }] })
  expect(body).toMatchObject({ would_apply: false, cumulative: false, atomic: false })
  expect((body['results'] as Preview[]).map((each) => [each['operation'], each['precise_amount'], each.rejection])).toEqual([
    ['commit', '400', undefined],
    ['commit', '1000', undefined],
    ['commit', '0', { code: 'TXN_NOT_INFLIGHT', reason: 'other', message: 'transaction is not in inflight status' }],
    ['commit', '', { code: 'GEN_NOT_FOUND', reason: '', message: "NOT_FOUND: Transaction with ID 'txn_no' not found" }]
  ])
  expect((body['notes'] as string[])[1]).toContain(`(${hold})`)
  expect((await lab.rows('parent_transaction = $1', [hold]))).toEqual([])
})

test('the dry_run of a single item says nothing in a batch', async () => {
  expect((await lab.send('POST', '/transactions/bulk', { skip_queue: true, transactions: [transaction({ reference: 'item', dry_run: true })] })).status).toBe(201)
  expect((await lab.send('GET', '/transactions/reference/item')).body['status']).toBe('APPLIED')
})
