import { beforeAll, expect, test } from 'vitest'
import { ownInstance, call, type Own, type Answer } from '../support/gateway.js'

// spec/02 2.3 (edges), 2.4, 2.6 and spec/03 3.2, 3.3: the sentences are Core's where it has one.
let own: Own
beforeAll(async () => { own = await ownInstance() })

type Query = Readonly<Record<string, string>>
const get = async (path: string, query: Query): Promise<Answer> =>
  await call(`${own.url}${path}?${new URLSearchParams({ ...query, instance_id: own.instanceId }).toString()}`, { headers: { Authorization: `Bearer ${own.apiKey}` } })
const post = async (path: string, body: unknown): Promise<Answer> => await call(`${own.url}${path}?instance_id=${own.instanceId}`, {
  method: 'POST', headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json' }, body: typeof body === 'string' ? body : JSON.stringify(body)
})
const many = (count: number, of: (at: number) => readonly [string, string]): Query => Object.fromEntries(Array.from({ length: count }, (_, at) => of(at)))
const keys = (count: number): string => Array.from({ length: count }, (_, at) => `k${at}`).join('.')
const TEXT_OPERATORS = 'eq, ne, gt, gte, lt, lte, in, between, isnull, isnotnull, like, ilike'
const ENDS = 'must be one of eq, ne, in, isnull, isnotnull'

test.each<[string, Query, string]>([
  ['/data/ledgers', { colour_eq: 'red' }, "invalid field 'colour' for table 'ledgers'"],
  ['/data/ledgers', { id_eq: '1' }, "invalid field 'id' for table 'ledgers'"],
  ['/data/identities', { ledger_id_eq: 'x' }, "invalid field 'ledger_id' for table 'identity'"],
  ['/data/matching-rules', { criteria_eq: '[]' }, "invalid field 'criteria' for table 'matching_rules'"],
  ['/data/reconciliations', { 'meta_data.a_eq': '1' }, "invalid field 'meta_data.a' for table 'reconciliations'"],
  ['/data/transactions', { precise_amount_eq: '1' }, "invalid field 'precise_amount' for table 'transactions'"],
  ['/data/transactions', { balance_id_like: 'bln%' }, `operator 'like' is not supported for field 'balance_id' on transactions: ${ENDS}`],
  ['/data/transactions', { balance_id_gt: 'bln' }, `operator 'gt' is not supported for field 'balance_id' on transactions: ${ENDS}`],
  ['/data/transactions', { amount_between: '1' }, 'between operator requires exactly 2 pipe-separated values (value1|value2) (amount_between)'],
  ['/data/transactions', { amount_between: '1|2|3' }, 'between operator requires exactly 2 pipe-separated values (value1|value2) (amount_between)'],
  ['/data/ledgers', { name_eq: 'x'.repeat(1001) }, 'value exceeds maximum length (1000 chars) (name_eq)'],
  ['/data/ledgers', { name_eq: 'é'.repeat(501) }, 'value exceeds maximum length (1000 chars) (name_eq)'],
  ['/data/ledgers', { name_in: 'x,'.repeat(100) }, 'IN operator exceeds maximum values (100) (name_in)'],
  ['/data/ledgers', many(21, (at) => [`meta_data.k${at}_eq`, '1']), 'exceeded maximum number of filters (20) (meta_data.k20_eq)'],
  ['/data/ledgers', { logical_operator: 'xor' }, "invalid logical_operator: must be 'and' or 'or' (logical_operator)"],
  ['/data/ledgers', { 'meta_data.1a_eq': 'x' }, "invalid JSON key '1a' in field 'meta_data.1a': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$"],
  ['/data/ledgers', { 'meta_data.a..b_eq': 'x' }, "invalid JSON key 'a..b' in field 'meta_data.a..b': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$"],
  ['/data/ledgers', { 'meta_data._eq': 'x' }, "invalid JSON key '' in field 'meta_data.': must match pattern ^[a-zA-Z][a-zA-Z0-9_]*$"],
  ['/data/ledgers', { [`meta_data.${keys(33)}_exists`]: '' }, 'a path into metadata may have 32 names, and this one has 33'],
  // Where Core would answer 500.
  ['/data/transactions', { amount_gt: 'much' }, "the value of field 'amount' must be a number"],
  ['/data/transactions', { amount_in: '1,' }, "the value of field 'amount' must be a number"],
  ['/data/transactions', { created_at_gt: 'yesterday' }, "the value of field 'created_at' must be a date such as 2025-01-31, or a time such as 2025-01-31T10:00:00Z"],
  ['/data/transactions', { created_at_eq: '2025-02-30' }, "the value of field 'created_at' must be a date such as 2025-01-31, or a time such as 2025-01-31T10:00:00Z"],
  ['/data/transactions', { created_at_like: '2025%' }, "operator 'like' is not supported for field 'created_at': must be one of eq, ne, gt, gte, lt, lte, in, between, isnull, isnotnull"],
  ['/data/transactions', { meta_data_gt: '1' }, "operator 'gt' is not supported for field 'meta_data': must be one of eq, ne, in, isnull, isnotnull"],
  ['/data/transactions', { 'meta_data.count_gt': 'many' }, "operator 'gt' for field 'meta_data.count' compares numbers: the value must be a number"],
  ['/data/ledgers', { name_exists: '' }, "operator 'exists' is for keys of metadata, and 'name' is a field: use isnull or isnotnull"],
  ['/data/ledgers', { meta_data_notexists: '' }, "operator 'notexists' is for keys of metadata, and 'meta_data' is a field: use isnull or isnotnull"],
  ['/data/ledgers', { name_like: 'a\\' }, "the pattern of field 'name' ends with \\, which escapes what comes behind it: write \\\\ for the character itself"],
  ['/data/ledgers', { 'meta_data.a.b_ilike': '%\\\\\\' }, "the pattern of field 'meta_data.a.b' ends with \\, which escapes what comes behind it: write \\\\ for the character itself"],
  ['/data/ledgers', { name_eq: 'a\0b' }, 'a value cannot be compared with its field (it is out of range, or not of its form)']
])('GET %s with %j: %s', async (path, query, sentence) => {
  const { status, json } = await get(path, query)
  expect([status, json.error, json.error_detail.code]).toEqual([400, `Invalid filter: ${sentence}`, 'FILTER_INVALID'])
})

test('each parameter that is wrong is named', async () => {
  const { json } = await get('/data/transactions', { amount_between: '1', reference_eq: 'x'.repeat(1001) })
  expect(json.error_detail.details.parameters).toEqual([
    { parameter: 'amount_between', message: 'between operator requires exactly 2 pipe-separated values (value1|value2)' },
    { parameter: 'reference_eq', message: 'value exceeds maximum length (1000 chars)' }
  ])
})

test('what is just within the limits is taken', async () => {
  for (const query of [many(20, (at) => [`meta_data.k${at}_eq`, '1']), { name_in: Array(100).fill('x').join(',') }, { name_eq: 'x'.repeat(1000) }, { [`meta_data.${keys(32)}_exists`]: '' }]) {
    expect((await get('/data/ledgers', query as Query)).status).toBe(200)
  }
})

const one = (filter: object): object => ({ filters: [filter] })
const OPERATORS = 'eq, ne, gt, gte, lt, lte, in, between, like, ilike, isnull, isnotnull, exists, notexists'

test.each<[unknown, string, string]>([
  ['', 'GEN_MALFORMED_REQUEST', 'The body of this request is not JSON: send {"filters":[…]}'],
  ['{', 'GEN_MALFORMED_REQUEST', 'The body of this request is not JSON: send {"filters":[…]}'],
  ['{"filters":[]} x', 'GEN_MALFORMED_REQUEST', 'The body of this request is not JSON: send {"filters":[…]}'],
  [[], 'GEN_VALIDATION_ERROR', 'The body must be an object: send {"filters":[…]}'],
  [{}, 'GEN_VALIDATION_ERROR', 'filters is required'],
  [{ filters: null }, 'GEN_VALIDATION_ERROR', 'filters is required'],
  [{ filters: {} }, 'GEN_VALIDATION_ERROR', 'filters must be an array'],
  [{ filters: ['x'] }, 'GEN_VALIDATION_ERROR', 'filters.0 must be an object with field, operator and value or values'],
  [one({ operator: 'eq', value: 1 }), 'GEN_VALIDATION_ERROR', 'filters.0.field is required'],
  [one({ field: 'amount', value: 1 }), 'GEN_VALIDATION_ERROR', 'filters.0.operator is required'],
  [one({ field: 1, operator: 'eq', value: 1 }), 'GEN_VALIDATION_ERROR', 'filters.0.field must be a text'],
  [one({ field: 'amount', operator: 'in', values: 1 }), 'GEN_VALIDATION_ERROR', 'filters.0.values must be an array'],
  [one({ field: 'colour', operator: 'eq', value: 1 }), 'FILTER_INVALID', "Invalid filter: invalid field 'colour' for table 'transactions'"],
  [one({ field: 'amount', operator: 'is', value: 1 }), 'FILTER_INVALID', `Invalid filter: invalid operator 'is' for field 'amount': must be one of ${OPERATORS}`],
  [one({ field: 'amount', operator: 'neq', value: 1 }), 'FILTER_INVALID', `Invalid filter: invalid operator 'neq' for field 'amount': must be one of ${OPERATORS}`],
  [one({ field: 'amount', operator: 'in' }), 'FILTER_INVALID', "Invalid filter: operator 'in' for field 'amount' requires at least one value in 'values'"],
  [one({ field: 'amount', operator: 'in', values: [] }), 'FILTER_INVALID', "Invalid filter: operator 'in' for field 'amount' requires at least one value in 'values'"],
  [one({ field: 'amount', operator: 'in', value: 1, values: ['much'] }), 'FILTER_INVALID', "Invalid filter: the value of field 'amount' must be a number"],
  [one({ field: 'amount', operator: 'between', values: [1] }), 'FILTER_INVALID', "Invalid filter: operator 'between' for field 'amount' requires exactly two values in 'values', got 1"],
  [one({ field: 'amount', operator: 'between', values: [1, 2, 3] }), 'FILTER_INVALID', "Invalid filter: operator 'between' for field 'amount' requires exactly two values in 'values', got 3"],
  [one({ field: 'amount', operator: 'eq' }), 'FILTER_INVALID', "Invalid filter: operator 'eq' for field 'amount' requires a 'value'"],
  [one({ field: 'amount', operator: 'eq', value: null }), 'FILTER_INVALID', "Invalid filter: the value of field 'amount' must be a number (isnull finds what is null)"],
  [one({ field: 'amount', operator: 'like', value: '1%' }), 'FILTER_INVALID', "Invalid filter: operator 'like' is not supported for field 'amount': must be one of eq, ne, gt, gte, lt, lte, in, between, isnull, isnotnull"],
  [one({ field: 'reference', operator: 'eq', value: ['a'] }), 'FILTER_INVALID', "Invalid filter: the value of field 'reference' must be a text, a number or a boolean"],
  [one({ field: 'reference', operator: 'exists' }), 'FILTER_INVALID', "Invalid filter: operator 'exists' is for keys of metadata, and 'reference' is a field: use isnull or isnotnull"],
  [one({ field: 'balance_id', operator: 'ilike', value: 'x' }), 'FILTER_INVALID', `Invalid filter: operator 'ilike' is not supported for field 'balance_id' on transactions: ${ENDS}`],
  [one({ field: 'reference', operator: 'eq', value: 'x'.repeat(1001) }), 'FILTER_INVALID', 'Invalid filter: value exceeds maximum length (1000 chars) (reference)'],
  [one({ field: 'reference', operator: 'in', values: Array(101).fill('x') }), 'FILTER_INVALID', 'Invalid filter: IN operator exceeds maximum values (100) (reference)'],
  [{ filters: Array(21).fill({ field: 'reference', operator: 'eq', value: 'x' }) }, 'FILTER_INVALID', 'Invalid filter: exceeded maximum number of filters (20)'],
  [{ filters: [], logical_operator: 'xor' }, 'FILTER_INVALID', "Invalid filter: invalid logical_operator: must be 'and' or 'or'"]
])('POST /transactions/filter of %j: %s', async (body, code, sentence) => {
  const { status, json } = await post('/transactions/filter', body)
  expect([status, json.error_detail.code, json.error]).toEqual([400, code, sentence])
})

test('what stands beside an operator that does not need it means nothing', async () => {
  for (const filter of [{ operator: 'isnull', value: 'x' }, { operator: 'isnotnull', values: ['x'] }, { operator: 'in', value: 'x', values: [1] }, { operator: 'eq', value: 1, values: ['x'] }]) {
    expect((await post('/transactions/filter', one({ field: 'amount', ...filter }))).status, filter.operator).toBe(200)
  }
})

test('text is asked with every operator of text', async () => {
  for (const operator of TEXT_OPERATORS.split(', ')) {
    expect((await get('/data/ledgers', { [`name_${operator}`]: operator === 'between' ? 'a|b' : 'a' })).status, operator).toBe(200)
  }
})
