import { detailOf, filterOf, listOf, RESOURCES as all } from '../src/data/handlers.js'
import type { Row } from '../src/gateway/row.js'

const read = { scope: 'data:read', instance: 'required' } as const
const filter = { ...read, rawBody: true } as const

/** The vendor's Data API (spec/02) and Filters API (spec/03). Some of the latter's paths are singular, as documented. */
export const dataRows: readonly Row[] = [
  { method: 'GET', path: '/data/ledgers', ...read, handler: listOf(all.ledgers) },
  { method: 'GET', path: '/data/balances', ...read, handler: listOf(all.balances) },
  { method: 'GET', path: '/data/transactions', ...read, handler: listOf(all.transactions) },
  { method: 'GET', path: '/data/identities', ...read, handler: listOf(all.identities) },
  { method: 'GET', path: '/data/reconciliations', ...read, handler: listOf(all.reconciliations) },
  { method: 'GET', path: '/data/matching-rules', ...read, handler: listOf(all.matchingRules) },
  { method: 'GET', path: '/data/external-transactions', ...read, handler: listOf(all.externalTransactions) },
  { method: 'GET', path: '/data/ledgers/:ledger_id', ...read, handler: detailOf(all.ledgers) },
  { method: 'GET', path: '/data/balances/:balance_id', ...read, handler: detailOf(all.balances) },
  { method: 'GET', path: '/data/transactions/:transaction_id', ...read, handler: detailOf(all.transactions) },
  { method: 'GET', path: '/data/identities/:identity_id', ...read, handler: detailOf(all.identities) },
  { method: 'GET', path: '/data/reconciliations/:id', ...read, handler: detailOf(all.reconciliations) },
  { method: 'GET', path: '/data/matching-rules/:id', ...read, handler: detailOf(all.matchingRules) },
  { method: 'GET', path: '/data/external-transactions/:id', ...read, handler: detailOf(all.externalTransactions) },

  { method: 'POST', path: '/ledger/filter', ...filter, handler: filterOf(all.ledgers) },
  { method: 'POST', path: '/balances/filter', ...filter, handler: filterOf(all.balances) },
  { method: 'POST', path: '/transactions/filter', ...filter, handler: filterOf(all.transactions) },
  { method: 'POST', path: '/identities/filter', ...filter, handler: filterOf(all.identities) },
  { method: 'POST', path: '/reconciliation/filter', ...filter, handler: filterOf(all.reconciliations) }
]
