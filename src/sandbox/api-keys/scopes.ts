import { CoreError } from '../errors.js'

/** What a scoped key may do, as Core reads it: `resource:action`, `*` on either side (spec/09 3). */
interface Scope { readonly resource: string, readonly action: string }

/** What the first segment of a path is about. All other paths need the ledger's own key. */
const RESOURCES: Readonly<Record<string, string>> = {
  ledgers: 'ledgers',
  balances: 'balances',
  accounts: 'accounts',
  identities: 'identities',
  transactions: 'transactions',
  'balance-monitors': 'balance-monitors',
  hooks: 'hooks',
  'api-keys': 'api-keys',
  search: 'search',
  reconciliation: 'reconciliation',
  metadata: 'metadata',
  backup: 'backup',
  'mocked-account': 'accounts',
  'multi-search': 'search',
  'refund-transaction': 'transactions'
}

const ACTIONS: Readonly<Record<string, string>> = { GET: 'read', HEAD: 'read', POST: 'write', PUT: 'write', PATCH: 'write', DELETE: 'delete' }

/** A text of another form allows nothing. */
function parseScope (text: string): Scope | undefined {
  const [resource, action, ...more] = text.split(':')
  return resource === undefined || action === undefined || more.length > 0 || resource === '' || action === '' ? undefined : { resource, action }
}

const covers = (granted: Scope | undefined, wanted: Scope | undefined): boolean =>
  granted !== undefined && wanted !== undefined &&
  (granted.resource === '*' || granted.resource === wanted.resource) && (granted.action === '*' || granted.action === wanted.action)

/** Whether a holder of `held` may hand out every one of `wanted`. */
export const mayGrant = (held: readonly string[], wanted: readonly string[]): boolean =>
  wanted.every((one) => held.some((each) => covers(parseScope(each), parseScope(one))))

/** @throws CoreError 403 where the scopes do not allow the method on the path */
export function checkScopes (scopes: readonly string[], method: string, path: string): void {
  const segment = path.split('/')[1] ?? ''
  const resource = Object.hasOwn(RESOURCES, segment) ? RESOURCES[segment] : undefined
  if (resource === undefined) throw new CoreError(403, 'AUTH_UNKNOWN_RESOURCE', 'Unknown resource type')
  const action = ACTIONS[method] ?? ''
  if (!scopes.some((each) => covers(parseScope(each), { resource, action }))) {
    throw new CoreError(403, 'AUTH_INSUFFICIENT_PERMISSIONS', `Insufficient permissions for ${resource}:${action}`)
  }
}
