// What bench/data.mjs asks for: each case makes the request of its i-th turn, so that no two ask for the same rows.
import { createHash } from 'node:crypto'

const md5 = (text) => createHash('md5').update(text).digest('hex')
const balance = (n) => `bln_${md5(String(n))}`
/** Numbers far from each other, the same in each run. */
const spread = (i, below) => (i * 7919 + 104729) % below
const eq = (field, value) => ({ field, operator: 'eq', value })
const between = (field, ...values) => ({ field, operator: 'between', values })
const day = (i) => `2025-${String(1 + i % 12).padStart(2, '0')}-${String(1 + i % 28).padStart(2, '0')}`
const STATUSES = ['APPLIED', 'QUEUED', 'INFLIGHT', 'VOID']
const CURRENCIES = ['USD', 'EUR', 'GBP', 'NGN', 'KES']

const transactions = (filters, query = '') => ({ name: 'transactions', path: '/transactions/filter', query, body: { filters } })
const balances = (filters) => ({ name: 'balances', path: '/balances/filter', query: '', body: { filters } })

/** @param size how many rows there are */
export const cases = (size) => ({
  'newest, no filter': () => transactions([]),
  'status and currency': (i) => transactions([eq('status', STATUSES[i % 4]), eq('currency', CURRENCIES[i % 5])]),
  'status of one in a hundred': () => transactions([eq('status', 'REJECTED')]),
  balance_id: (i) => transactions([eq('balance_id', balance(100 + spread(i, size.balances - 100)))]),
  'balance_id, a hot one': (i) => transactions([eq('balance_id', balance(1 + i % 20))]),
  'balance_id, a hot one, a month': (i) => transactions([eq('balance_id', balance(1 + i % 20)), between('created_at', `2025-${String(1 + i % 12).padStart(2, '0')}-01`, `2025-${String(1 + i % 12).padStart(2, '0')}-28`)]),
  indicator: (i) => transactions([eq('indicator', `@hot${1 + i % 20}`)]),
  reference: (i) => transactions([eq('reference', `ref_${md5(`r${1 + spread(i, size.transactions)}`)}`)]),
  'created_at, a day': (i) => transactions([eq('created_at', day(i))]),
  'meta_data.customer': (i) => transactions([eq('meta_data.customer', `cus_${spread(i, 100_000)}`)]),
  'meta_data.channel, one in four': (i) => transactions([eq('meta_data.channel', ['web', 'app', 'pos', 'api'][i % 4])]),
  'meta_data.order.number': (i) => transactions([eq('meta_data.order.number', spread(i, 50_000))]),
  'amount, one in a thousand': (i) => transactions([between('amount', 50 * spread(i, 1000), 50 * spread(i, 1000) + 100)]),
  'amount, half': () => transactions([{ field: 'amount', operator: 'gte', value: 50_000 }]),
  parent_transaction: (i) => transactions([eq('parent_transaction', `txn_${md5(String(10 * (1 + spread(i, size.transactions / 10 - 1)) - 1))}`)]),
  'balances of a ledger': (i) => balances([eq('ledger_id', `ldg_${md5(String(1 + i % 20))}`)]),
  'balances of an identity': (i) => balances([eq('identity_id', `idt_${md5(String(1 + spread(i, 20_000)))}`)]),
  'balances, currency and amount': (i) => balances([eq('currency', CURRENCIES[i % 5]), { field: 'balance', operator: 'gt', value: 5_000_000 }]),
  'balances, meta_data.account': (i) => balances([eq('meta_data.account', 1 + spread(i, size.balances))]),
  detail: (i) => ({ name: 'transactions', path: `/data/transactions/txn_${md5(String(1 + spread(i, size.transactions)))}`, query: '', id: `txn_${md5(String(1 + spread(i, size.transactions)))}` }),
  'page 5,000 of 20': () => transactions([], '&page=5000'),
  'cursor, as deep': (i) => ({ ...transactions([]), depth: 99_980 + i })
})

/** Those whose total counts every row. */
export const countCases = () => ({
  'all transactions': () => transactions([], '&strict_total=true'),
  'status and currency': (i) => transactions([eq('status', STATUSES[i % 4]), eq('currency', CURRENCIES[i % 5])], '&strict_total=true'),
  'created_at, a month': (i) => transactions([between('created_at', `2025-${String(1 + i % 12).padStart(2, '0')}-01`, `2025-${String(1 + i % 12).padStart(2, '0')}-28`)], '&strict_total=true'),
  'meta_data.channel, one in four': (i) => transactions([eq('meta_data.channel', ['web', 'app', 'pos', 'api'][i % 4])], '&strict_total=true')
})
