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

/**
 * Calls a function of the ledger's schema. Every number in its answer is text or a small count.
 * @param call the function and its placeholders, such as `post_transactions($1, $2)`
 */
export async function callLedger<T> ({ db, schema }: Ledger, call: string, values: readonly unknown[]): Promise<T> {
  const { rows } = await retried(async () => await db.query<{ answer: string }>(`SELECT to_jsonb(${schema}.${call}) AS answer`, values))
  return JSON.parse((rows[0] as { answer: string }).answer) as T
}
