import type { Row } from '../gateway/row.js'
import type { EntityKind } from './entry.js'

/** How the act of a row is written down. */
export interface Action {
  /** In the words of the Cloud's console: `Balance created`. */
  readonly action: string
  readonly kind: EntityKind
  /** The member of the answer with the id of what was made. Without it the id is the path's first parameter. */
  readonly answer?: string
  /** Members of the body: `reference`, and `status`, which says what is done to a hold. */
  readonly sent?: readonly string[]
}

/** Alerts are at two addresses (spec/05 5.1). */
const alertActions = (root: string): Record<string, Action> => ({
  [`POST ${root}/alerts/flag/:id`]: { action: 'Anomaly created', kind: 'anomaly', answer: 'anomaly_id' },
  [`PUT ${root}/alerts/flag/:id`]: { action: 'Anomaly updated', kind: 'anomaly' },
  [`POST ${root}/alerts/statuses`]: { action: 'Alert status created', kind: 'alert_status', answer: 'key' },
  [`PUT ${root}/alerts/statuses/:key`]: { action: 'Alert status updated', kind: 'alert_status' },
  [`DELETE ${root}/alerts/statuses/:key`]: { action: 'Alert status deleted', kind: 'alert_status' }
})

const METADATA = 'POST /proxy/:id/metadata'

/** What a row does is written down as this. A row that changes something, or shows what is kept hidden, has a line. */
export const ACTIONS: Readonly<Record<string, Action>> = {
  'POST /proxy/ledgers': { action: 'Ledger created', kind: 'ledger', answer: 'ledger_id' },
  'PUT /proxy/ledgers/:id': { action: 'Ledger updated', kind: 'ledger' },
  'POST /proxy/balances': { action: 'Balance created', kind: 'balance', answer: 'balance_id' },
  'PUT /proxy/balances/:id/identity': { action: 'Balance updated', kind: 'balance' },
  'POST /proxy/balances-snapshots': { action: 'Balance snapshots created', kind: 'balance' },
  'POST /proxy/transactions': { action: 'Transaction created', kind: 'transaction', answer: 'transaction_id', sent: ['reference'] },
  'POST /proxy/transactions/bulk': { action: 'Transactions created', kind: 'transaction', answer: 'batch_id' },
  'PUT /proxy/transactions/inflight/:id': { action: 'Transaction updated', kind: 'transaction', sent: ['status'] },
  'POST /proxy/transactions/inflight/bulk/commit': { action: 'Transactions committed', kind: 'transaction', answer: 'batch_id' },
  'POST /proxy/transactions/inflight/bulk/void': { action: 'Transactions voided', kind: 'transaction', answer: 'batch_id' },
  'POST /proxy/transactions/recover': { action: 'Transactions recovered', kind: 'transaction' },
  'POST /proxy/refund-transaction/:id': { action: 'Transaction refunded', kind: 'transaction' },
  'POST /proxy/identities': { action: 'Identity created', kind: 'identity', answer: 'identity_id' },
  'PUT /proxy/identities/:identity_id': { action: 'Identity updated', kind: 'identity' },
  'DELETE /proxy/identities/:identity_id': { action: 'Identity deleted', kind: 'identity' },
  'POST /proxy/identities/:identity_id/tokenize/:field': { action: 'Identity tokenized', kind: 'identity' },
  'POST /proxy/identities/:identity_id/tokenize': { action: 'Identity tokenized', kind: 'identity' },
  'POST /proxy/identities/:identity_id/detokenize': { action: 'Identity detokenized', kind: 'identity' },
  'GET /proxy/identities/:identity_id/detokenize/:field': { action: 'Identity detokenized', kind: 'identity' },
  // Whose metadata it is, is in the id.
  [METADATA]: { action: 'Ledger updated', kind: 'ledger' },
  'POST /proxy/reconciliation/upload': { action: 'Reconciliation data uploaded', kind: 'reconciliation', answer: 'upload_id' },
  'POST /proxy/reconciliation/start': { action: 'Reconciliation started', kind: 'reconciliation', answer: 'reconciliation_id' },
  'POST /proxy/reconciliation/start-instant': { action: 'Reconciliation started', kind: 'reconciliation', answer: 'reconciliation_id' },
  'POST /proxy/reconciliation/matching-rules': { action: 'Matching rule created', kind: 'matching_rule', answer: 'rule_id' },
  'PUT /proxy/reconciliation/matching-rules/:id': { action: 'Matching rule updated', kind: 'matching_rule' },
  'DELETE /proxy/reconciliation/matching-rules/:id': { action: 'Matching rule deleted', kind: 'matching_rule' },
  'POST /proxy/balance-monitors': { action: 'Balance monitor created', kind: 'balance_monitor', answer: 'monitor_id' },
  'PUT /proxy/balance-monitors/:id': { action: 'Balance monitor updated', kind: 'balance_monitor' },
  'DELETE /proxy/balance-monitors/:id': { action: 'Balance monitor deleted', kind: 'balance_monitor' },
  'POST /proxy/accounts': { action: 'Account created', kind: 'account', answer: 'account_id' },
  'POST /proxy/search/reindex': { action: 'Search index rebuilt', kind: 'core' },
  'GET /proxy/backup': { action: 'Backup created', kind: 'core' },
  'GET /proxy/backup-s3': { action: 'Backup created', kind: 'core' },
  'POST /proxy/hooks': { action: 'Hook created', kind: 'hook', answer: 'id' },
  'PUT /proxy/hooks/:id': { action: 'Hook updated', kind: 'hook' },
  'DELETE /proxy/hooks/:id': { action: 'Hook deleted', kind: 'hook' },
  'POST /proxy/api-keys': { action: 'Core key created', kind: 'core_key', answer: 'api_key_id' },
  'DELETE /proxy/api-keys/:id': { action: 'Core key revoked', kind: 'core_key' },

  ...alertActions(''),
  ...alertActions('/cloud'),

  'POST /admin/keys': { action: 'API key created', kind: 'api_key', answer: 'id' },
  'PUT /admin/keys/:id': { action: 'API key updated', kind: 'api_key' },
  'POST /admin/keys/:id/rotate': { action: 'API key rotated', kind: 'api_key' },
  'DELETE /admin/keys/:id': { action: 'API key revoked', kind: 'api_key' },
  'POST /admin/instances': { action: 'Instance created', kind: 'instance', answer: 'instance_id' },
  'PUT /admin/instances/:id': { action: 'Instance updated', kind: 'instance' },
  'DELETE /admin/instances/:id': { action: 'Instance deleted', kind: 'instance' },
  'POST /admin/instances/:id/reset': { action: 'Instance reset', kind: 'instance' },
  'POST /admin/instances/:id/clock': { action: 'Instance clock set', kind: 'instance' },
  'PUT /admin/instances/:id/webhook': { action: 'Webhook updated', kind: 'webhook' },
  'POST /admin/instances/:id/webhook/deliveries/:delivery_id/redeliver': { action: 'Webhook redelivered', kind: 'webhook' },
  'POST /admin/instances/:id/faults': { action: 'Fault added', kind: 'fault', answer: 'id' },
  'DELETE /admin/instances/:id/faults': { action: 'Faults cleared', kind: 'fault' },
  'POST /admin/apps': { action: 'App registered', kind: 'app', answer: 'app_id' },
  'PUT /admin/apps/:app_id': { action: 'App updated', kind: 'app' },
  'DELETE /admin/apps/:app_id': { action: 'App removed', kind: 'app' },
  'POST /admin/apps/:app_id/installs': { action: 'App installed', kind: 'app', answer: 'installed_app_id' },
  'DELETE /admin/installs/:installed_app_id': { action: 'App uninstalled', kind: 'app' },
  'POST /admin/installs/:installed_app_id/launch': { action: 'App launched', kind: 'app' },
  'POST /admin/apps/deliveries/:delivery_id/redeliver': { action: 'App delivery repeated', kind: 'app' },
  'PUT /admin/password': { action: 'Password set', kind: 'password' },
  'DELETE /admin/password': { action: 'Password removed', kind: 'password' },
  'POST /login': { action: 'Logged in', kind: 'session' },
  'POST /logout': { action: 'Logged out', kind: 'session' },
  'POST /admin/oauth/clients': { action: 'OAuth client created', kind: 'client', answer: 'client_id' },
  'PUT /admin/oauth/clients/:id': { action: 'OAuth client updated', kind: 'client' },
  'DELETE /admin/oauth/clients/:id': { action: 'OAuth client revoked', kind: 'client' },
  'POST /oauth/authorize': { action: 'Consent answered', kind: 'client' },
  'POST /oauth/grants': { action: 'Consent taken back', kind: 'client' },
  'POST /oauth/token': { action: 'Token granted', kind: 'client' },
  'POST /oauth/revoke': { action: 'Token revoked', kind: 'client' }
}

/** Rows that change nothing although their method could, or whose handlers write their acts down themselves. */
export const READS: ReadonlySet<string> = new Set([
  'POST /proxy/ledgers/filter', 'POST /proxy/balances/filter', 'POST /proxy/transactions/filter', 'POST /proxy/identities/filter', 'POST /proxy/accounts/filter',
  'POST /ledger/filter', 'POST /balances/filter', 'POST /transactions/filter', 'POST /identities/filter', 'POST /reconciliation/filter',
  'POST /proxy/search/:collection', 'POST /proxy/multi-search',
  'POST /admin/instances/:id/test', 'POST /admin/instances/:id/settle'
])

export const routeOf = ({ method, path }: Pick<Row, 'method' | 'path'>): string => `${method} ${path}`

const known = new WeakMap<Row, Action | null>()

/** The act of a row; null for one that is a read. A row without a line goes by its route. */
export function actionOf (row: Row): Action | null {
  const found = known.get(row)
  if (found !== undefined) return found
  const route = routeOf(row)
  const action = ACTIONS[route] ?? (row.method === 'GET' || READS.has(route) ? null : { action: route, kind: 'configuration' })
  known.set(row, action)
  return action
}

/** Prefixes of Core's ids (spec/09 1). */
const KINDS: ReadonlyMap<string, readonly [name: string, kind: EntityKind]> = new Map([
  ['ldg', ['Ledger', 'ledger']], ['bln', ['Balance', 'balance']], ['txn', ['Transaction', 'transaction']], ['bulk', ['Transactions', 'transaction']], ['idt', ['Identity', 'identity']]
])

const SETTLED: ReadonlyMap<string, string> = new Map([['commit', 'Transaction committed'], ['void', 'Transaction voided']])

/**
 * An act as it turned out.
 * @param id what it was for, by the path
 * @param status of the body, where the row sends one
 */
export function exactly (action: Action, id: string | undefined, status: string | undefined): Pick<Action, 'action' | 'kind'> {
  if (action === ACTIONS[METADATA]) {
    const [name, kind] = KINDS.get(id?.split('_', 1)[0] ?? '') ?? ['Metadata', 'ledger']
    return { action: `${name} updated`, kind }
  }
  return { action: SETTLED.get(status ?? '') ?? action.action, kind: action.kind }
}
