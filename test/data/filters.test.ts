import { beforeAll, describe, expect, test } from 'vitest'
import { LARGE, makeRecords, type Records } from './records.js'

// spec/02 2.3, 2.4 and spec/03 3.3.
let records: Records
let names: ReadonlyMap<string, string>
beforeAll(async () => {
  records = await makeRecords()
  names = new Map(Object.entries(records.ids).map(([name, id]) => [id, name]))
})

type Query = Readonly<Record<string, string>>
const FILTER_PATHS: Readonly<Record<string, string>> = { ledgers: '/ledger/filter', balances: '/balances/filter', transactions: '/transactions/filter', identities: '/identities/filter', reconciliations: '/reconciliation/filter' }
const IDS: Readonly<Record<string, string>> = { ledgers: 'ledger_id', balances: 'balance_id', transactions: 'transaction_id', identities: 'identity_id', reconciliations: 'reconciliation_id', 'matching-rules': 'rule_id', 'external-transactions': 'id' }

/** `@usd` in a value is the id of that name. */
const withIds = (query: Query): Query => Object.fromEntries(Object.entries(query).map(([name, value]) => [name, value.replace(/=(\w+)/g, (_, of: string) => records.ids[of as keyof Records['ids']])]))

/** Which of our records are in an answer; the Core makes some of its own. */
const found = (data: ReadonlyArray<Record<string, string>>, resource: string): string[] =>
  data.map((row) => row[IDS[resource] as string] as string).map((id) => names.get(id) ?? id).filter((name) => !/^(ldg|bln|txn|idt|general)_/.test(name)).sort()

function bodyOf (query: Query): object {
  const { logical_operator: logicalOperator, ...filters } = query
  return {
    ...(logicalOperator === undefined ? {} : { logical_operator: logicalOperator }),
    filters: Object.entries(filters).map(([name, value]) => {
      const cut = name.lastIndexOf('_')
      const field = name.slice(0, cut)
      const suffix = name.slice(cut + 1).toLowerCase()
      const operator = { neq: 'ne', gteq: 'gte', lteq: 'lte' }[suffix] ?? suffix
      if (operator === 'in') return { field, operator, values: value.split(',').map((one) => one.trim()) }
      if (operator === 'between') return { field, operator, values: value.split('|') }
      return { field, operator, value }
    })
  }
}

const ALL_TRANSACTIONS = ['bonus', 'held', 'large', 'rent']
const CASES: ReadonlyArray<readonly [resource: string, query: Query, expected: readonly string[]]> = [
  ['ledgers', {}, ['loans', 'savings']],
  // Text.
  ['ledgers', { name_eq: 'Savings' }, ['savings']],
  ['ledgers', { name_eq: 'savings' }, []],
  ['ledgers', { name_ne: 'Savings' }, ['loans']],
  ['ledgers', { name_neq: 'Savings' }, ['loans']],
  ['ledgers', { name_in: ' Savings , nothing' }, ['savings']],
  ['ledgers', { name_like: 'Sav%' }, ['savings']],
  ['ledgers', { name_like: 'sav%' }, []],
  ['ledgers', { name_like: 'S_vings' }, ['savings']],
  ['ledgers', { name_like: 'Loans 100\\% \\\\ \\_ %' }, ['loans']],
  ['ledgers', { name_ilike: 'sAV%' }, ['savings']],
  ['ledgers', { name_ILIKE: '%🏦' }, ['loans']],
  ['ledgers', { name_eq: 'Loans 100% \\ _ ünï 🏦' }, ['loans']],
  ['ledgers', { name_between: 'Saving|Savingz' }, ['savings']],
  ['ledgers', { ledger_id_eq: '=loans' }, ['loans']],
  ['ledgers', { name_eq: '' }, []],
  ['ledgers', { name_isnull: 'whatever' }, []],
  ['ledgers', { name_isnotnull: '' }, ['loans', 'savings']],
  // A text that looks like a number.
  ['transactions', { reference_eq: '12345' }, ['rent']],
  ['transactions', { reference_in: '12345,bonus' }, ['bonus', 'rent']],
  ['transactions', { reference_eq: '12345.0' }, []],
  ['identities', { post_code_eq: '123' }, ['jane']],
  // Numbers.
  ['transactions', { amount_eq: '10.5' }, ['bonus']],
  ['transactions', { amount_eq: '10.50' }, ['bonus']],
  ['transactions', { amount_ne: '10.5' }, ['held', 'large', 'rent']],
  ['transactions', { amount_gt: '3' }, ['bonus', 'large']],
  ['transactions', { amount_gte: '3' }, ['bonus', 'large', 'rent']],
  ['transactions', { amount_gteq: '3' }, ['bonus', 'large', 'rent']],
  ['transactions', { amount_GTE: '3' }, ['bonus', 'large', 'rent']],
  ['transactions', { amount_lt: '3' }, ['held']],
  ['transactions', { amount_lte: '3' }, ['held', 'rent']],
  ['transactions', { amount_lteq: '3' }, ['held', 'rent']],
  ['transactions', { amount_between: '1|3' }, ['held', 'rent']],
  ['transactions', { amount_between: '3|1' }, []],
  ['transactions', { amount_in: '1, 3 ,99' }, ['held', 'rent']],
  ['transactions', { amount_eq: `${LARGE.slice(0, -2)}.9` }, ['large']],
  ['transactions', { amount_gt: `${LARGE.slice(0, -2)}.89` }, ['large']],
  ['transactions', { amount_gt: `${LARGE.slice(0, -2)}.91` }, []],
  ['transactions', { precision_eq: '100.0', reference_eq: 'bonus' }, ['bonus']],
  ['transactions', { precision_eq: '100.5' }, []],
  ['balances', { balance_eq: LARGE }, ['eur']],
  ['balances', { credit_balance_gt: '1e20' }, ['eur']],
  ['balances', { inflight_balance_eq: '100' }, ['usd']],
  ['reconciliations', { matched_transactions_eq: '1', unmatched_transactions_eq: '1' }, ['recon']],
  ['external-transactions', { amount_lt: '10' }, ['ext_2']],
  // Times: as much as the text names.
  ['transactions', { effective_date_eq: '2025-01-31' }, ['rent']],
  ['transactions', { effective_date_eq: '2025/01/31' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:00' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31 10:00:30' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:00:30' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:00:30.250Z' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:00:30.250000Z' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:00:30.251Z' }, []],
  ['transactions', { effective_date_eq: '2025-01-31T11:00:30+01:00' }, ['rent']],
  ['transactions', { effective_date_eq: '2025-01-31T10:01' }, []],
  ['transactions', { effective_date_ne: '2025-01-31' }, ALL_TRANSACTIONS],
  ['transactions', { effective_date_gte: '2025-01-31', effective_date_lt: '2025-02-01' }, ['rent']],
  ['transactions', { effective_date_lte: '2025-01-31' }, []],
  ['transactions', { effective_date_between: '2025-01-31T10:00:30|2025-01-31T11:00:31+01:00' }, ['rent']],
  ['transactions', { effective_date_in: '2025-01-31T10:00:30.25Z, 2024-01-01' }, ['rent']],
  ['identities', { dob_eq: '1990-05-17' }, ['jane']],
  ['identities', { dob_isnull: '' }, []],
  ['reconciliations', { completed_at_isnotnull: '', started_at_gte: '2020-01-01' }, ['recon']],
  ['matching-rules', { name_eq: 'Reference', updated_at_gt: '2020-01-01' }, ['rule']],
  ['external-transactions', { date_eq: '2026-03-02' }, ['ext_1']],
  // Null.
  ['balances', { identity_id_isnull: '' }, ['eur']],
  ['balances', { identity_id_isnotnull: '' }, ['usd']],
  ['external-transactions', { description_eq: '' }, ['ext_2']],
  // Either end of a transaction.
  ['transactions', { balance_id_eq: '=usd' }, ['bonus', 'held', 'rent']],
  ['transactions', { balance_id_ne: '=usd' }, ['large']],
  ['transactions', { balance_id_in: '=usd,=eur' }, ALL_TRANSACTIONS],
  ['transactions', { balance_id_isnull: '' }, []],
  ['transactions', { balance_id_isnotnull: '' }, ALL_TRANSACTIONS],
  ['transactions', { indicator_eq: '@World' }, ['bonus', 'held', 'large']],
  ['transactions', { indicator_like: '@L%' }, ['rent']],
  ['transactions', { indicator_in: '@Landlord,@None' }, ['rent']],
  // Metadata.
  ['ledgers', { 'meta_data.tier_eq': 'gold' }, ['savings']],
  ['ledgers', { 'meta_data.tier_ne': 'gold' }, ['loans']],
  ['ledgers', { 'meta_data.tier_in': 'gold, silver' }, ['loans', 'savings']],
  ['ledgers', { 'meta_data.app.channel_eq': 'web' }, ['savings']],
  ['ledgers', { 'meta_data.app.channel_ilike': 'W%' }, ['savings']],
  ['ledgers', { 'meta_data.app.channel_like': 'W%' }, []],
  ['ledgers', { 'meta_data.app.level_gte': '3' }, ['loans', 'savings']],
  ['ledgers', { 'meta_data.app.level_between': '2|2.5' }, []],
  ['ledgers', { 'meta_data.tier_gt': '1' }, []],
  ['ledgers', { 'meta_data.app.beta_isnull': '', 'meta_data.tier_exists': '' }, ['loans', 'savings']],
  ['ledgers', { 'meta_data.app.beta_isnotnull': '' }, []],
  ['ledgers', { 'meta_data.app.beta_exists': '' }, ['savings']],
  ['ledgers', { 'meta_data.app.beta_notexists': '', 'meta_data.tier_exists': '' }, ['loans']],
  ['ledgers', { meta_data_isnotnull: '' }, ['loans', 'savings']],
  ['ledgers', { meta_data_isnull: '' }, []],
  ['transactions', { 'meta_data.count_gt': '2' }, ['rent']],
  ['transactions', { 'meta_data.order.channel_eq': 'web' }, ['bonus']],
  // And, or.
  ['transactions', { amount_gt: '1', currency_eq: 'USD' }, ['bonus', 'rent']],
  ['transactions', { amount_eq: '1', reference_eq: '12345', logical_operator: 'or' }, ['held', 'rent']],
  ['transactions', { amount_eq: '1', reference_eq: '12345', logical_operator: 'OR' }, ['held', 'rent']],
  ['transactions', { amount_eq: '1', reference_eq: '12345', logical_operator: 'and' }, []]
]

/** In a body each kind of filter once: what is behind the parser is the same. */
const asked = new Set<string>()
function isNewInBody (resource: string, query: Query): boolean {
  const kind = [resource, ...Object.keys(query).map((name) => name.replace(/^meta_data\.\w+(\.\w+)*?_/, 'path_'))].join(' ').replace(/(neq|gteq|lteq)$/, '').toLowerCase()
  return !asked.has(kind) && asked.add(kind).size > 0
}

test.each(CASES)('%s of %j are %j', async (resource, query, expected) => {
  const listed = await records.get(`/data/${resource}`, withIds(query))
  expect(listed.status, listed.text).toBe(200)
  expect(listed.headers.get('x-blnk-ignored')).toBe(null)
  expect(found(listed.json.data, resource)).toEqual(expected)
  expect(listed.json.total).toBe(listed.json.data.length)
  const path = FILTER_PATHS[resource]
  if (path === undefined || !isNewInBody(resource, query)) return
  const filtered = await records.post(path, bodyOf(withIds(query)))
  expect(filtered.status, filtered.text).toBe(200)
  expect(found(filtered.json.data, resource)).toEqual(expected)
})

describe('metadata is equal by type and value', () => {
  test.each([
    ['ledgers', 'meta_data.app.level', 3, ['savings']],
    ['ledgers', 'meta_data.app.level', '3', ['loans']],
    ['ledgers', 'meta_data.app.beta', null, ['savings']],
    ['ledgers', 'meta_data.app', { channel: 'web' }, ['savings']],
    ['ledgers', 'meta_data', { tier: 'silver', app: { channel: 'pos', level: '3' } }, ['loans']],
    ['transactions', 'meta_data.order.lines', [2], ['bonus']],
    // A date of a body covers what it names too.
    ['transactions', 'effective_date', '2025-01-31', ['rent']],
    ['ledgers', 'meta_data.since', '2026-03-02T10:30:00+01:00', ['savings']]
  ])('%s: %s eq %j finds %j', async (resource, field, value, expected) => {
    const { status, json, text } = await records.post(FILTER_PATHS[resource] as string, { filters: [{ field, operator: 'eq', value }] })
    expect(status, text).toBe(200)
    expect(found(json.data, resource)).toEqual(expected)
  })

  test.each([['3', ['savings']], ['3.0', ['savings']], ['three', []]])('level_eq=%s finds %j', async (value, expected) => {
    expect(found((await records.get('/data/ledgers', { 'meta_data.app.level_eq': value })).json.data, 'ledgers')).toEqual(expected)
  })

  test.each(['2026-03-02', '2026-03-02T09:30', '2026-03-02T09:30:00Z', '2026-03-02T11:30:00+02:00'])('since_eq=%s finds the moment', async (value) => {
    expect(found((await records.get('/data/ledgers', { 'meta_data.since_eq': value })).json.data, 'ledgers')).toEqual(['savings'])
  })
})

test('digits of numbers in a body count, all of them', async () => {
  const body = (value: string): string => `{"filters":[{"field":"balance","operator":"eq","value":${value}}]}`
  expect(found((await records.post('/balances/filter', body(LARGE))).json.data, 'balances')).toEqual(['eur'])
  expect(found((await records.post('/balances/filter', body(`${LARGE.slice(0, -1)}1`))).json.data, 'balances')).toEqual([])
})
