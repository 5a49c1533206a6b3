import { askCore, type Asked } from '../instances/ask-core.js'

/** What can be flagged, by the prefix of its id (spec/05 5.2). */
const KINDS = {
  bln: { type: 'Balance', list: 'affected_balances', path: 'balances', resource: 'balances' },
  txn: { type: 'Transaction', list: 'affected_transactions', path: 'transactions', resource: 'transactions' },
  idt: { type: 'Identity', list: 'affected_identities', path: 'identities', resource: 'identities' }
} as const

export type EntityKind = typeof KINDS[keyof typeof KINDS]

/** An id that can be a part of a path as it is. */
const ID = /^(bln|txn|idt)_[\w-]{1,100}$/

/** undefined for the id of nothing that can be flagged. */
export function kindOf (id: string): EntityKind | undefined {
  const prefix = ID.exec(id)?.[1]
  return prefix === undefined ? undefined : KINDS[prefix as keyof typeof KINDS]
}

const LOOK_MS = 5_000

/**
 * Asks a Core whether it has this.
 * @throws an error of the connection, or one that tells which status was answered
 */
export async function isInCore (upstream: Asked, { kind, id }: { kind: EntityKind, id: string }, ms = LOOK_MS): Promise<boolean> {
  const { status, beginning } = await askCore(upstream, `/${kind.path}/${id}`, ms)
  if (status === 200) return true
  // As older Cores refuse every read that fails.
  if (status === 404 || (status === 400 && /not found/i.test(beginning))) return false
  throw new Error(`the Core answered ${status}`)
}
