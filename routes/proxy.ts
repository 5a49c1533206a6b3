import type { Row } from '../src/gateway/row.js'
import { fillBulk, fillTransaction } from '../src/proxy/fill.js'
import { forward } from '../src/proxy/forward.js'

const read = { scope: 'proxy:read', instance: 'required', handler: forward } as const
const write = { scope: 'proxy:write', instance: 'required', handler: forward } as const
/** Reads that a POST carries (spec/00 0.3). */
const search = { scope: ['proxy:read', 'proxy:write'], instance: 'required', handler: forward } as const
/** Routes that Core guards with its master key. */
const master = { scope: '*', instance: 'required', handler: forward } as const

/** The 25 routes of the vendor's Proxy API (spec/01 1.3). */
const documented = [
  { method: 'POST', path: '/proxy/ledgers', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/balances', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/transactions', tier: 'documented', ...write, fill: fillTransaction },
  { method: 'POST', path: '/proxy/transactions/bulk', tier: 'documented', ...write, fill: fillBulk, fillSetting: 'bulkFill' },
  { method: 'PUT', path: '/proxy/transactions/inflight/:id', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/refund-transaction/:id', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/identities', tier: 'documented', ...write },
  { method: 'PUT', path: '/proxy/identities/:identity_id', tier: 'documented', ...write },
  { method: 'PUT', path: '/proxy/balances/:id/identity', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/:id/metadata', tier: 'documented', ...write },

  { method: 'GET', path: '/proxy/balances/:id/at', tier: 'documented', ...read },
  { method: 'GET', path: '/proxy/balances/:id/lineage', tier: 'documented', ...read },
  { method: 'GET', path: '/proxy/transactions/:id/lineage', tier: 'documented', ...read },
  { method: 'GET', path: '/proxy/identities/:identity_id/tokenized-fields', tier: 'documented', ...read },
  { method: 'GET', path: '/proxy/identities/:identity_id/detokenize/:field', tier: 'documented', ...read },

  { method: 'POST', path: '/proxy/identities/:identity_id/tokenize/:field', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/identities/:identity_id/tokenize', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/identities/:identity_id/detokenize', tier: 'documented', ...write },

  { method: 'POST', path: '/proxy/reconciliation/start', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/reconciliation/upload', tier: 'documented', ...write },
  { method: 'POST', path: '/proxy/reconciliation/matching-rules', tier: 'documented', ...write },
  { method: 'PUT', path: '/proxy/reconciliation/matching-rules/:id', tier: 'documented', ...write },
  { method: 'DELETE', path: '/proxy/reconciliation/matching-rules/:id', tier: 'documented', ...write },
  { method: 'GET', path: '/proxy/reconciliation/:reconciliation_id', tier: 'documented', ...read },
  { method: 'POST', path: '/proxy/reconciliation/start-instant', tier: 'documented', ...write }
] as const satisfies readonly Row[]

/** Ordinary routes of Core that the vendor's page does not list: the A rows of spec/01 1.6. */
const core = [
  { method: 'GET', path: '/proxy/ledgers', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/ledgers/:id', tier: 'core', ...read },
  { method: 'PUT', path: '/proxy/ledgers/:id', tier: 'core', ...write },
  { method: 'POST', path: '/proxy/ledgers/filter', tier: 'core', ...search },
  { method: 'GET', path: '/proxy/balances', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/balances/:id', tier: 'core', ...read },
  { method: 'POST', path: '/proxy/balances/filter', tier: 'core', ...search },
  { method: 'GET', path: '/proxy/balances/indicator/:indicator/currency/:currency', tier: 'core', ...read },
  { method: 'POST', path: '/proxy/balance-monitors', tier: 'core', ...write },
  { method: 'GET', path: '/proxy/balance-monitors', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/balance-monitors/:id', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/balance-monitors/balances/:balance_id', tier: 'core', ...read },
  { method: 'PUT', path: '/proxy/balance-monitors/:id', tier: 'core', ...write },
  { method: 'DELETE', path: '/proxy/balance-monitors/:id', tier: 'core', ...write },
  { method: 'GET', path: '/proxy/transactions', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/transactions/:id', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/transactions/reference/:reference', tier: 'core', ...read },
  { method: 'POST', path: '/proxy/transactions/filter', tier: 'core', ...search },
  { method: 'POST', path: '/proxy/transactions/inflight/bulk/commit', tier: 'core', ...write },
  { method: 'POST', path: '/proxy/transactions/inflight/bulk/void', tier: 'core', ...write },
  { method: 'GET', path: '/proxy/identities', tier: 'core', ...read },
  { method: 'GET', path: '/proxy/identities/:identity_id', tier: 'core', ...read },
  { method: 'POST', path: '/proxy/identities/filter', tier: 'core', ...search },
  { method: 'POST', path: '/proxy/search/:collection', tier: 'core', ...search },
  { method: 'POST', path: '/proxy/multi-search', tier: 'core', ...search }
] as const satisfies readonly Row[]

/** The O rows of spec/01 1.6: table-wide jobs, operator's actions, and what mints keys or registers outbound URLs. */
const any = [
  { method: 'POST', path: '/proxy/balances-snapshots', tier: 'any', ...write },
  { method: 'POST', path: '/proxy/transactions/recover', tier: 'any', ...write },
  { method: 'DELETE', path: '/proxy/identities/:identity_id', tier: 'any', ...write },
  { method: 'POST', path: '/proxy/accounts', tier: 'any', ...write },
  { method: 'GET', path: '/proxy/accounts', tier: 'any', ...read },
  { method: 'GET', path: '/proxy/accounts/:id', tier: 'any', ...read },
  { method: 'POST', path: '/proxy/accounts/filter', tier: 'any', ...search },
  { method: 'GET', path: '/proxy/mocked-account', tier: 'any', ...read },
  { method: 'POST', path: '/proxy/search/reindex', tier: 'any', ...write },
  { method: 'GET', path: '/proxy/search/reindex', tier: 'any', ...read },
  { method: 'GET', path: '/proxy/', tier: 'any', ...read },
  { method: 'GET', path: '/proxy/health', tier: 'any', ...read },
  { method: 'GET', path: '/proxy/metrics', tier: 'any', ...read },
  { method: 'GET', path: '/proxy/backup', tier: 'any', ...master },
  { method: 'GET', path: '/proxy/backup-s3', tier: 'any', ...master },
  { method: 'POST', path: '/proxy/hooks', tier: 'any', ...master },
  { method: 'GET', path: '/proxy/hooks', tier: 'any', ...master },
  { method: 'GET', path: '/proxy/hooks/:id', tier: 'any', ...master },
  { method: 'PUT', path: '/proxy/hooks/:id', tier: 'any', ...master },
  { method: 'DELETE', path: '/proxy/hooks/:id', tier: 'any', ...master },
  { method: 'POST', path: '/proxy/api-keys', tier: 'any', ...master },
  { method: 'GET', path: '/proxy/api-keys', tier: 'any', ...master },
  { method: 'DELETE', path: '/proxy/api-keys/:id', tier: 'any', ...master }
] as const satisfies readonly Row[]

export const proxyRows: readonly Row[] = [...documented, ...core, ...any]
