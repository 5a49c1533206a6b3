import { beforeAll, expect, inject, test } from 'vitest'
import { listDigest, writeCursor } from '../../src/data/cursor.js'
import { ownInstance, type Own } from '../support/gateway.js'
import { NAUGHTY, TAKEN } from '../support/naughty.js'

interface Sent { readonly path: string, readonly body?: string }

let own: Own
/** Names of headers that answers have to harmless requests. */
const usual = new Set<string>()

/** Every byte as %XX, so that nothing of a text means anything to a URL. */
const escaped = (text: string): string => Buffer.from(text).toString('hex').replace(/../g, '%$&')

async function ask ({ path, body }: Sent): Promise<Response> {
  return await fetch(`${inject('gateway').url}${path}${path.includes('?') ? '&' : '?'}instance_id=${own.instanceId}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body })
  })
}

beforeAll(async () => {
  own = await ownInstance()
  for (const name of ['a', 'b', 'c']) await own.proxy('POST', '/ledgers', { name, meta_data: { a: { b: 'x' }, n: 5, d: '2024-01-01' } })
  for (const n of [1, 2, 3]) await own.proxy('POST', '/transactions', { amount: n, precision: 100, reference: `r${n}`, currency: 'USD', source: '@a', destination: '@b', description: 'd', allow_overdraft: true, skip_queue: true, meta_data: { n } })
  for (const sent of [{ path: '/data/ledgers?a=1' }, { path: '/data/ledgers/none' }, { path: '/data/ledgers?a_eq=1' }, { path: '/none' }, { path: '/ledger/filter?page=2', body: '{"filters":[],"a":1}' }]) {
    for (const name of (await ask(sent)).headers.keys()) usual.add(name)
  }
})

const cursor = (value: string | null, key: string, total = '3'): string =>
  writeCursor({ place: { value, key }, total: { total, isEstimate: false } }, listDigest([own.instanceId, 'transactions', { filters: [], logicalOperator: 'and' }, { by: 'created_at', direction: 'desc' }]))

const OPERATORS = ['eq', 'ne', 'gt', 'between', 'in', 'like', 'ilike', 'isnull', 'exists']
const FIELDS = ['reference', 'amount', 'created_at', 'balance_id', 'indicator', 'meta_data', 'meta_data.n']
/** Of each pair one operator and one field; together all of them. */
const PAIRS = Array.from({ length: OPERATORS.length * FIELDS.length }, (_, i) => [FIELDS[i % FIELDS.length] as string, OPERATORS[i % OPERATORS.length] as string] as const)

/** What a text can be in a request, each in several ways: of those a text is sent in some, and the next text in the next ones. */
const inQuery: ReadonlyArray<readonly [sent: number, ways: (text: string) => string[]]> = [
  [1, (text) => [`/data/transactions?${text}=1`, `/data/transactions?${text}_eq=1`, `/data/identities?meta_data.${text}_isnull=1`, `/data/balances?balance_${text}=1`, `/transactions/filter?${text}`]],
  [2, (text) => PAIRS.map(([field, operator]) => `/data/transactions?${field}_${operator}=${text}`)],
  [1, (text) => ['page', 'pageSize', 'order_by', 'order_dir', 'offset', 'org_id', 'sort', 'order', 'per_page', 'limit', 'logical_operator'].map((name) => `/data/ledgers?${name}=${text}`)],
  [1, (text) => ['ledgers', 'transactions', 'external-transactions'].map((name) => `/data/${name}/${text}`)],
  [1, (text) => ['stats', 'strict_total', 'cursor', 'page'].map((name) => `/transactions/filter?${name}=${text}`)]
]

const cursors = (text: string): string[] => [cursor(text, '1'), cursor(null, text), cursor('2024-01-01', '1', text), Buffer.from(text).toString('base64url'), escaped(text)]

const filter = (field: unknown, operator: unknown, value: unknown): object => ({ filters: [{ field, operator, value, values: [value, value] }] })

const inBody: ReadonlyArray<readonly [sent: number, ways: (text: string) => unknown[]]> = [
  [1, (text) => [filter(text, 'eq', 1), filter(`meta_data.${text}`, 'like', 1), { filters: [], [text]: 1 }, filter('amount', text, 1), { filters: [{ [text]: 1, field: 'amount', operator: 'eq', value: 1 }] }]],
  [2, (text) => PAIRS.map(([field, operator]) => filter(field, operator, text))],
  [1, (text) => [filter('meta_data.n', 'eq', { [text]: [text] }), filter('meta_data', 'in', { a: text }), filter('amount', 'eq', [text])]],
  [1, (text) => [{ filters: [], sort_by: text, sort_order: text }, { filters: [], logical_operator: text }, { filters: text }, { filters: [text] }, text]]
]

const some = <T>(ways: readonly T[], sent: number, turn: number): T[] => Array.from({ length: sent }, (_, i) => ways[(turn * sent + i) % ways.length] as T)

function * everything (): Generator<Sent> {
  for (const [turn, text] of [...NAUGHTY, ...TAKEN].entries()) {
    for (const [sent, ways] of inQuery) for (const path of some(ways(escaped(text)), sent, turn)) yield path.includes('/filter') ? { path, body: '{"filters":[]}' } : { path }
    for (const path of some(cursors(text), 1, turn)) yield { path: `/data/transactions?cursor=${path}` }
    for (const [sent, ways] of inBody) for (const body of some(ways(text), sent, turn)) yield { path: '/transactions/filter?stats=true', body: JSON.stringify(body) }
    // As it is, and not as JSON.stringify escapes it.
    yield { path: '/balances/filter', body: `{"filters":[{"field":"${text}","operator":"eq","value":${text}}]}` }
  }
}

test('whatever is sent, wherever, is answered or refused, and no header is the caller\'s', async () => {
  const wrong: unknown[] = []
  const counts = new Map<number, number>()
  const all = everything()
  await Promise.all(Array.from({ length: 8 }, async () => {
    for (const sent of all) {
      const answer = await ask(sent)
      const text = await answer.text()
      counts.set(answer.status, (counts.get(answer.status) ?? 0) + 1)
      const foreign = [...answer.headers.keys()].filter((name) => !usual.has(name))
      const ignored = answer.headers.get('x-blnk-ignored') ?? ''
      const isJson = ((): boolean => { try { return typeof JSON.parse(text) === 'object' } catch { return false } })()
      if (![200, 400, 404].includes(answer.status) || foreign.length > 0 || !isJson || !/^[\w%!'()*~., -]*$/.test(ignored)) wrong.push({ ...sent, status: answer.status, foreign, ignored, text: text.slice(0, 300), path: sent.path.slice(0, 300) })
    }
  }))
  console.log('answers to naughty requests by status:', Object.fromEntries(counts))
  expect(wrong.slice(0, 5)).toEqual([])
}, 180_000)
