import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlnkInit } from '@blnkfinance/blnk-typescript'
import { beforeAll, afterAll, expect, inject, test } from 'vitest'
import { startCore, type Sandbox } from '../../src/sandbox/core.js'

/** The vendor's own client, which speaks to a Core: nothing but the base URL and the key is ours. */
const KEY = randomBytes(16).toString('hex')
const SCHEMA = `test_${randomBytes(6).toString('hex')}`

let core: Sandbox
let blnk: ReturnType<typeof BlnkInit>
beforeAll(async () => {
  core = await startCore({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' })
  await core.open({ schema: SCHEMA, key: KEY })
  // Without a second try: a failure is to be seen.
  blnk = BlnkInit(KEY, { baseUrl: `${core.url}/`, retryCount: 1, logger: { info () {}, error () {} } })
})
afterAll(async () => {
  await core.drop(SCHEMA)
  await core.close()
})

const settle = async (): Promise<void> => { await core.settle(SCHEMA) }

/** The data of an answer of this status. */
function told<T> (answer: { status: number, message: string, data: T | null }, status: number): T {
  expect(answer, answer.message).toMatchObject({ status })
  return answer.data as T
}

let references = 0
const payment = (over: Record<string, unknown> = {}) =>
  ({ amount: 10.5, precision: 100, reference: `sdk-${++references}`, description: 'Test', currency: 'USD', source: '@World', destination: '@Till', allow_overdraft: true, ...over })

async function twoBalances (): Promise<{ ledgerId: string, first: string, second: string }> {
  const ledger = told(await blnk.Ledgers.create({ name: 'Savings', meta_data: { tier: 1 } }), 201)
  const [first, second] = [
    told(await blnk.LedgerBalances.create({ ledger_id: ledger.ledger_id, currency: 'USD', meta_data: {} }), 201),
    told(await blnk.LedgerBalances.create({ ledger_id: ledger.ledger_id, currency: 'USD', meta_data: {} }), 201)
  ]
  return { ledgerId: ledger.ledger_id, first: first.balance_id, second: second.balance_id }
}

const balanceOf = async (id: string): Promise<number> => Number(told(await blnk.LedgerBalances.get(id), 200).balance)

test('the Core is up', async () => {
  expect(told(await blnk.System.health(), 200)).toEqual({ status: 'UP' })
})

test('ledgers, balances, metadata and snapshots', async () => {
  const { ledgerId, first } = await twoBalances()
  expect(told(await blnk.Ledgers.get(ledgerId), 200)).toMatchObject({ name: 'Savings', meta_data: { tier: 1 } })
  expect(told(await blnk.Ledgers.update(ledgerId, { name: 'Renamed' }), 200)).toMatchObject({ name: 'Renamed' })
  expect(told(await blnk.Metadata.update(ledgerId, { meta_data: { more: true } }), 200)).toEqual({ meta_data: { more: true, tier: 1 } })
  expect(told(await blnk.LedgerBalances.get(first), 200)).toMatchObject({ balance: 0, ledger_id: ledgerId, currency: 'USD' })
  told(await blnk.Transactions.create(payment({ destination: first, skip_queue: true })), 201)
  expect(told(await blnk.LedgerBalances.getByIndicator('@World', 'USD'), 200)).toMatchObject({ indicator: '@World' })
  told(await blnk.LedgerBalances.createSnapshot(), 200)
  const at = told(await blnk.LedgerBalances.getAt(first, { timestamp: new Date(Date.now() + 1000).toISOString() }), 200)
  expect(at).toMatchObject({ balance: { balance_id: first, balance: 1050 } })
  expect(await blnk.Ledgers.get('ldg_none')).toMatchObject({ status: 404 })
})

test('transactions: queued, at once, multiple destinations, refunds', async () => {
  const { first, second } = await twoBalances()
  const queued = told(await blnk.Transactions.create(payment({ destination: first })), 201)
  expect(queued.status).toBe('QUEUED')
  await settle()
  expect(told(await blnk.Transactions.getByReference(`${queued.reference}_q`), 200)).toMatchObject({ status: 'APPLIED', parent_transaction: queued.transaction_id })
  const split = payment({ source: first, amount: 10, skip_queue: true, destinations: [{ identifier: second, distribution: '30%' }, { identifier: '@Fees', distribution: 'left' }] })
  const { destination: _none, ...sent } = split
  told(await blnk.Transactions.create(sent), 201)
  expect([await balanceOf(first), await balanceOf(second)]).toEqual([50, 300])
  const paid = told(await blnk.Transactions.create(payment({ destination: second, skip_queue: true })), 201)
  told(await blnk.Transactions.refund(paid.transaction_id, { skip_queue: true }), 201)
  expect(await balanceOf(second)).toBe(300)
  expect(told(await blnk.Transactions.get(paid.transaction_id), 200)).toMatchObject({ amount: 10.5, precise_amount: 1050 })
  expect(await blnk.Transactions.create(payment({ source: second, destination: first, amount: 99, allow_overdraft: false, skip_queue: true }))).toMatchObject({ status: 400 })
})

test('bulk and inflight, one by one and many at once', async () => {
  const { first, second } = await twoBalances()
  const bulk = told(await blnk.Transactions.createBulk({ atomic: true, skip_queue: true, transactions: [payment({ destination: first, amount: 1 }), payment({ destination: first, amount: 2 })] }), 201)
  expect(bulk).toMatchObject({ status: 'applied', transaction_count: 2 })
  expect(await balanceOf(first)).toBe(300)
  const hold = async (): Promise<string> => told(await blnk.Transactions.create(payment({ destination: second, amount: 4, inflight: true, skip_queue: true })), 201).transaction_id
  const [a, b, c, d] = [await hold(), await hold(), await hold(), await hold()]
  told(await blnk.Transactions.updateStatus(a as string, { status: 'commit', amount: 1.5, skip_queue: true }), 200)
  told(await blnk.Transactions.updateStatus(b as string, { status: 'void', skip_queue: true }), 200)
  expect(told(await blnk.Transactions.bulkCommitInflight({ skip_queue: true, transactions: [{ transaction_id: c as string }] }), 200)).toMatchObject({ succeeded: 1, failed: 0 })
  expect(told(await blnk.Transactions.bulkVoidInflight({ skip_queue: true, transaction_ids: [d as string] }), 200)).toMatchObject({ succeeded: 1, failed: 0 })
  expect(await balanceOf(second)).toBe(550)
})

test('identities, tokens of their fields, and the balance of one', async () => {
  const { first } = await twoBalances()
  const { identity_id: id } = told(await blnk.Identity.create({ identity_type: 'individual', first_name: 'Ada', last_name: 'Lovelace', email_address: 'ada@example.com', dob: '1990-12-10T00:00:00Z' }), 201)
  expect(told(await blnk.Identity.get(id), 200)).toMatchObject({ first_name: 'Ada', last_name: 'Lovelace' })
  told(await blnk.Identity.update(id, { identity_type: 'individual', city: 'London' }), 200)
  expect(told(await blnk.Identity.list(), 200)).toEqual(expect.arrayContaining([expect.objectContaining({ identity_id: id, city: 'London' })]))
  told(await blnk.Identity.tokenizeField(id, 'FirstName'), 200)
  told(await blnk.Identity.tokenize(id, { fields: ['EmailAddress'] }), 200)
  expect(told(await blnk.Identity.getTokenizedFields(id), 200).tokenized_fields.sort()).toEqual(['EmailAddress', 'FirstName'])
  expect(told(await blnk.Identity.get(id), 200).first_name).not.toBe('Ada')
  expect(told(await blnk.Identity.detokenizeField(id, 'FirstName'), 200)).toEqual({ field: 'FirstName', value: 'Ada' })
  expect(told(await blnk.Identity.detokenize(id, { fields: [] }), 200)).toEqual({ fields: { EmailAddress: 'ada@example.com', FirstName: 'Ada' } })
  told(await blnk.LedgerBalances.updateIdentity(first, { identity_id: id }), 200)
  expect(told(await blnk.LedgerBalances.get(first), 200)).toMatchObject({ identity_id: id })
  const { identity_id: other } = told(await blnk.Identity.create({ identity_type: 'organization', organization_name: 'Analytical Engines' }), 201)
  told(await blnk.Identity.delete(other), 200)
  expect(await blnk.Identity.get(other)).toMatchObject({ status: 404 })
})

test('reconciliation: a file, rules, a run, an instant one', async () => {
  const paid = told(await blnk.Transactions.create(payment({ skip_queue: true })), 201)
  const folder = mkdtempSync(join(tmpdir(), 'statement-'))
  try {
    const file = join(folder, 'statement.csv')
    writeFileSync(file, `ID,Amount,Date,Reference,Description,Currency\nb1,10.5,2024-05-03T10:00:00Z,${paid.reference},Test,USD\nb2,3,2024-05-03T10:00:00Z,nobody,Test,USD\n`)
    const upload = told(await blnk.Reconciliation.upload(file, 'bank'), 200)
    expect(upload).toMatchObject({ record_count: 2, source: 'bank' })
    const rule = { name: 'By reference', description: 'r', criteria: [{ field: 'reference' as const, operator: 'equals' as const }] }
    const { rule_id: ruleId } = told(await blnk.Reconciliation.createMatchingRule(rule), 201)
    told(await blnk.Reconciliation.updateMatchingRule(ruleId, { ...rule, name: 'Renamed' }), 200)
    const { reconciliation_id: id } = told(await blnk.Reconciliation.run({ upload_id: upload.upload_id, strategy: 'one_to_one', dry_run: false, grouping_criteria: 'amount', matching_rule_ids: [ruleId] }), 200)
    await settle()
    expect(told(await blnk.Reconciliation.get(id), 200)).toMatchObject({ status: 'completed', upload_id: upload.upload_id, matched_transactions: 1, unmatched_transactions: 1 })
    expect(told(await blnk.Transactions.get(paid.transaction_id), 200).meta_data).toMatchObject({ reconciled: true, external_txn_id: 'b1', reconciliation_amount: 10.5 })
    const instant = told(await blnk.Reconciliation.runInstant({ external_transactions: [{ id: 'i1', amount: 1, reference: paid.reference, currency: 'USD', description: 'd', date: '2024-05-03T10:00:00Z', source: 'bank' }], strategy: 'one_to_one', dry_run: true, matching_rule_ids: [ruleId] }), 200)
    await settle()
    expect(told(await blnk.Reconciliation.get(instant.reconciliation_id), 200)).toMatchObject({ status: 'completed', matched_transactions: 1 })
    told(await blnk.Reconciliation.deleteMatchingRule(ruleId), 200)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('monitors of a balance', async () => {
  const { first } = await twoBalances()
  const condition = { field: 'balance', operator: '>' as const, value: 100, precision: 100 }
  const { monitor_id: id } = told(await blnk.BalanceMonitor.create({ balance_id: first, condition, description: 'rich' }), 201)
  expect(told(await blnk.BalanceMonitor.get(id), 200)).toMatchObject({ balance_id: first, condition: { value: 100 } })
  expect(told(await blnk.BalanceMonitor.list(), 200)).toEqual(expect.arrayContaining([expect.objectContaining({ monitor_id: id })]))
  told(await blnk.BalanceMonitor.update(id, { balance_id: first, condition: { ...condition, value: 200 }, description: 'richer' }), 200)
  told(await blnk.BalanceMonitor.delete(id), 200)
  expect(await blnk.BalanceMonitor.get(id)).toMatchObject({ status: 404 })
})

test('search, filters and a reindex', async () => {
  const { ledgerId, first } = await twoBalances()
  const paid = told(await blnk.Transactions.create(payment({ destination: first, skip_queue: true, description: 'Zanzibar spices' })), 201)
  const found = told(await blnk.Search.search({ q: 'zanzibar', query_by: 'description', filter_by: 'currency:=USD', sort_by: 'created_at:desc', page: 1, per_page: 5 }, 'transactions'), 201)
  expect(found).toMatchObject({ found: 1, hits: [{ document: { id: paid.transaction_id, precise_amount: '1050', amount: 10.5 } }] })
  const balances = told(await blnk.Search.search({ q: '*', filter_by: `ledger_id:=${ledgerId}` }, 'balances'), 201)
  expect(balances.hits.map(({ document }) => document.balance).sort()).toEqual(['0', '1050'])
  expect((await blnk.Search.search({ q: 'x', query_by: 'no_such_field' }, 'ledgers')).status).toBe(400)
  told(await blnk.Search.filter({ filters: [{ field: 'ledger_id', operator: 'eq', value: ledgerId }] }, 'balances'), 200)
  told(await blnk.Search.startReindex(), 202)
  expect(told(await blnk.Search.getReindexStatus(), 200)).toMatchObject({ status: 'completed' })
})

test('a key of one\'s own, and a hook', async () => {
  const key = told(await blnk.ApiKeys.create({ name: 'reader', owner: 'me', scopes: ['ledgers:read'], expires_at: new Date(Date.now() + 86_400_000).toISOString().replace(/\.\d+/, '') }), 201)
  const reader = BlnkInit(key.key as string, { baseUrl: `${core.url}/`, retryCount: 1, logger: { info () {}, error () {} } })
  told(await reader.Ledgers.get('general_ledger_id'), 200)
  expect(await reader.Ledgers.create({ name: 'no', meta_data: {} })).toMatchObject({ status: 403 })
  const hook = told(await blnk.Hooks.create({ name: 'h', url: 'http://127.0.0.1:9/hook', type: 'POST_TRANSACTION', active: false, timeout: 5, retry_count: 0 }), 201)
  told(await blnk.Hooks.delete(hook.id), 200)
})
