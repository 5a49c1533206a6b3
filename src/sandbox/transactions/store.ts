import type { Ledger } from '../call.js'
import { CoreError } from '../errors.js'

/**
 * Worth another try: two at once took locks crosswise (40P01, 40001), or wrote the same reference or balance (23505),
 * which the second try sees and refuses in words.
 */
const PASSING = new Set(['40001', '40P01', '23505'])
const TRIES = 6

const stateOf = (error: unknown): string => (error as { code?: string }).code ?? ''

/** Runs work that stands in one database transaction until it is not in the way of another. */
export async function retried<T> (work: () => Promise<T>): Promise<T> {
  for (let left = TRIES; ; left--) {
    try {
      return await work()
    } catch (error) {
      if (left === 1 || !PASSING.has(stateOf(error))) throw error
    }
  }
}

/** A number or a text that Postgres cannot hold: Core finds out when it writes the row. */
export function unwritable (error: unknown): boolean { return stateOf(error).startsWith('22') }

export const notRecorded = (): CoreError => new CoreError(500, 'GEN_INTERNAL', 'Failed to record transaction')

/** How long a request waits for others that work on the same balances (spec/09 6.4). */
const LOCK_WAIT = '3s'

const locked = (): CoreError => new CoreError(423, 'GEN_RESOURCE_LOCKED', 'failed to acquire lock: failed to acquire all locks within the wait timeout')

/** Postgres's lock_not_available. */
const isLockWait = (error: unknown): boolean => stateOf(error) === '55P03'

async function call<T> ({ db, schema }: Ledger, { text, values, before }: { readonly text: string, readonly values: readonly unknown[], readonly before: string }): Promise<T> {
  const { rows } = await retried(async () => await db.query<{ answer: string }>(`SELECT ${before}to_jsonb(${schema}.${text}) AS answer`, values))
  return JSON.parse((rows[0] as { answer: string }).answer) as T
}

/**
 * Calls a function of the ledger's schema for a request. Every number in its answer is text or a small count.
 * @param text the function and its placeholders, such as `post_transactions($1, $2)`
 * @throws CoreError 423 where others hold its balances for too long
 */
export async function callLedger<T> (ledger: Ledger, text: string, values: readonly unknown[]): Promise<T> {
  try {
    // The setting ends with the statement, which is its own transaction; a round trip of its own would cost as much as a posting.
    return await call<T>(ledger, { text, values, before: `set_config('lock_timeout', '${LOCK_WAIT}', true), ` })
  } catch (error) {
    throw isLockWait(error) ? locked() : error
  }
}

/** The same for the queue's worker, which waits as long as it takes. */
export async function workLedger<T> (ledger: Ledger, text: string, values: readonly unknown[]): Promise<T> {
  return await call<T>(ledger, { text, values, before: '' })
}
