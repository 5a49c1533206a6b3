import { notBuilt } from '../src/gateway/not-built.js'
import type { Row } from '../src/gateway/row.js'

const data = { scope: 'data:read', instance: 'required', handler: notBuilt } as const
const readAlerts = { scope: 'alerts:read', instance: 'none', handler: notBuilt } as const
const writeAlerts = { scope: 'alerts:write', instance: 'none', handler: notBuilt } as const

/** Documented routes of Blnk Cloud that answer 501 and name themselves. Who builds one takes its line out here. */
export const notBuiltRows: readonly Row[] = [
  { method: 'GET', path: '/data/ledgers', ...data },
  { method: 'GET', path: '/data/balances', ...data },
  { method: 'GET', path: '/data/transactions', ...data },
  { method: 'GET', path: '/data/identities', ...data },
  { method: 'GET', path: '/data/reconciliations', ...data },
  { method: 'GET', path: '/data/matching-rules', ...data },
  { method: 'GET', path: '/data/external-transactions', ...data },
  { method: 'GET', path: '/data/ledgers/:ledger_id', ...data },
  { method: 'GET', path: '/data/balances/:balance_id', ...data },
  { method: 'GET', path: '/data/transactions/:transaction_id', ...data },
  { method: 'GET', path: '/data/identities/:identity_id', ...data },
  { method: 'GET', path: '/data/reconciliations/:id', ...data },
  { method: 'GET', path: '/data/matching-rules/:id', ...data },
  { method: 'GET', path: '/data/external-transactions/:id', ...data },

  { method: 'POST', path: '/ledger/filter', ...data },
  { method: 'POST', path: '/balances/filter', ...data },
  { method: 'POST', path: '/transactions/filter', ...data },
  { method: 'POST', path: '/identities/filter', ...data },
  { method: 'POST', path: '/reconciliation/filter', ...data },

  { method: 'POST', path: '/alerts/flag/:id', ...writeAlerts },
  { method: 'PUT', path: '/alerts/flag/:alert_id', ...writeAlerts },
  { method: 'GET', path: '/alerts', ...readAlerts },
  { method: 'GET', path: '/alerts/:alert_id', ...readAlerts },
  { method: 'GET', path: '/alerts/statuses', ...readAlerts },
  { method: 'POST', path: '/alerts/statuses', ...writeAlerts },
  { method: 'PUT', path: '/alerts/statuses/:key', ...writeAlerts },
  { method: 'DELETE', path: '/alerts/statuses/:key', ...writeAlerts },

  { method: 'POST', path: '/mcp/:instance_id', scope: ['mcp:read', 'mcp:write'], instance: 'none', handler: notBuilt }
]
