import type { Queryable } from '../../lib/postgres.js'
import type { Ledger } from '../call.js'
import { retried } from '../transactions/store.js'
import { candidatesOf, equalFields } from './candidates.js'
import { boundsOf, isWithin, matches } from './match.js'
import { externalByIds, groups, nextExternal, nextInternal, type Named, type Place } from './parties.js'
import { recordMatches, recordUnmatched, type Match } from './results.js'
import { findRules, type Rule } from './rules.js'

/** How many singles one part of a run takes on, and how many transactions it compares them with: some tens of milliseconds. */
const COMPARED = { singles: 200, page: 1000 }
/** Where a text must be equal, few are compared. */
const LOOKED_UP = { singles: 1000, page: 5000 }

const sizeOf = (rules: readonly Rule[]): typeof COMPARED => equalFields(rules) === undefined ? COMPARED : LOOKED_UP

/** What the queue keeps of a run (002-queue.sql, task). */
interface Task {
  readonly strategy: string
  readonly grouping: string
  readonly rules: readonly string[]
  readonly dry_run: boolean
  /** Of the rules, as they were when the run began. */
  readonly found?: readonly Rule[]
  readonly matched?: number
  readonly unmatched?: number
  /** The last single taken on. */
  readonly after?: Place | null
  /** one_to_one: who has no match yet, and up to where the ledger was searched for them. */
  readonly open?: readonly string[]
  readonly searched?: Place | null
}

/** One part of a run: in the transaction that also moves the run's task on. */
interface Part { readonly tx: Queryable, readonly schema: string, readonly uploadId: string, readonly task: Task, readonly rules: readonly Rule[] }

/** What a part found, and where it left off; `task` undefined: the run is done. */
interface Found { readonly matched: readonly Match[], readonly unmatched: readonly string[], readonly task: Partial<Task> | undefined }

const NOTHING: Found = { matched: [], unmatched: [], task: undefined }

/** Each external is looked for among the ledger's transactions of its currency, the oldest first, and matches one at the most. */
async function oneToOne ({ tx, schema, uploadId, task, rules }: Part): Promise<Found> {
  const size = sizeOf(rules)
  const open = task.open ?? []
  const singles = open.length > 0 ? await externalByIds(tx, schema, open) : await nextExternal(tx, schema, { uploadId, after: task.after ?? null, most: size.singles })
  const last = singles.at(-1)
  if (last === undefined) return NOTHING
  const after = open.length > 0 ? task.after ?? null : last.at
  const wanted = singles.map((single) => ({ single, bounds: boundsOf(single, rules) }))
  const spans = wanted.map(({ bounds }) => bounds)
  const around = (name: 'amount' | 'date'): readonly [number, number] | null => spans.some((each) => each[name] === null)
    ? null
    : [Math.min(...spans.map((each) => each[name]?.[0] ?? 0)), Math.max(...spans.map((each) => each[name]?.[1] ?? 0))]
  const currencies = singles.some(({ currency }) => currency === '') ? null : [...new Set(singles.map(({ currency }) => currency))]
  const page = await nextInternal(tx, schema, { currencies, amount: around('amount'), date: around('date'), after: open.length > 0 ? task.searched ?? null : null, most: size.page })
  const matched: Match[] = []
  const left: string[] = []
  const candidates = candidatesOf(page, rules)
  for (const { single, bounds } of wanted) {
    const match = candidates(single).find((internal) => (single.currency === '' || single.currency === internal.currency) && isWithin(bounds, internal) && matches(single, internal, rules))
    if (match === undefined) left.push(single.id)
    else matched.push({ external: single.id, internal: match.id, of: 'external' })
  }
  const searched = page.at(-1)?.at ?? null
  return page.length < size.page || left.length === 0
    ? { matched, unmatched: left, task: { after, open: [], searched: null } }
    : { matched, unmatched: [], task: { after, open: left, searched } }
}

/** Each single takes the first group that it matches; the group stays for others. */
async function oneToGroup ({ tx, schema, uploadId, task, rules }: Part): Promise<Found> {
  const after = task.after ?? null
  const most = sizeOf(rules).singles
  const ofLedger = task.strategy === 'one_to_many'
  const singles: Named[] = ofLedger
    ? await nextExternal(tx, schema, { uploadId, after, most })
    : await nextInternal(tx, schema, { currencies: null, amount: null, date: null, after, most })
  const last = singles.at(-1)
  if (last === undefined) return NOTHING
  const all = await groups(tx, schema, { uploadId: ofLedger ? null : uploadId, criterion: task.grouping })
  const candidates = candidatesOf(all, rules)
  const matched: Match[] = []
  const unmatched: string[] = []
  for (const single of singles) {
    const group = candidates(single).find((each) => matches(single, each, rules))
    if (group === undefined) unmatched.push(single.id)
    else matched.push(...group.members.map((member): Match => ofLedger ? { external: single.id, internal: member, of: 'internal' } : { external: member, internal: single.id, of: 'external' }))
  }
  return { matched, unmatched, task: { after: last.at } }
}

const STRATEGIES: Readonly<Record<string, (part: Part) => Promise<Found>>> = { one_to_one: oneToOne, one_to_many: oneToGroup, many_to_one: oneToGroup }

async function finish (tx: Queryable, ledger: Ledger, run: { id: string, job: number, status: string, matched: number, unmatched: number }): Promise<void> {
  await tx.query(`UPDATE ${ledger.schema}.reconciliations SET status = $2, matched_transactions = $3, unmatched_transactions = $4, completed_at = $5 WHERE reconciliation_id = $1`,
    [run.id, run.status, run.matched, run.unmatched, run.status === 'completed' ? ledger.clock.now().column : null])
  await tx.query(`DELETE FROM ${ledger.schema}.queue WHERE id = $1`, [run.job])
}

interface Claimed { readonly task: string, readonly id: string, readonly upload_id: string }

async function claim (tx: Queryable, schema: string, job: number): Promise<Claimed | undefined> {
  return (await tx.query<Claimed>(`SELECT q.task, r.reconciliation_id AS id, r.upload_id FROM ${schema}.queue AS q JOIN ${schema}.reconciliations AS r ON r.reconciliation_id = q.transaction_id
    WHERE q.id = $1 FOR UPDATE OF q SKIP LOCKED`, [job])).rows[0]
}

async function workOn (tx: Queryable, ledger: Ledger, { job, again }: { job: number, again: string }): Promise<boolean> {
  const { schema } = ledger
  const run = await claim(tx, schema, job)
  if (run === undefined) return false
  const task = JSON.parse(run.task) as Task
  const rules = task.found ?? await findRules(tx, schema, task.rules)
  if (rules === undefined) {
    await finish(tx, ledger, { id: run.id, job, status: 'failed', matched: 0, unmatched: 0 })
    return true
  }
  if (task.found === undefined) await tx.query(`UPDATE ${schema}.reconciliations SET status = 'in_progress' WHERE reconciliation_id = $1`, [run.id])
  // A strategy that there is not finds nothing and is done (spec/09 9, start).
  const found = await STRATEGIES[task.strategy]?.({ tx, schema, uploadId: run.upload_id, task, rules }) ?? NOTHING
  if (!task.dry_run) {
    const at = ledger.clock.now()
    await recordMatches(tx, schema, { reconciliationId: run.id, matches: found.matched, at: at.json })
    await recordUnmatched(tx, schema, { reconciliationId: run.id, ids: found.unmatched, at: at.column })
  }
  const matched = (task.matched ?? 0) + found.matched.length
  const unmatched = (task.unmatched ?? 0) + found.unmatched.length
  if (found.task === undefined) await finish(tx, ledger, { id: run.id, job, status: 'completed', matched, unmatched })
  else await tx.query(`UPDATE ${schema}.queue SET due_at = $2, task = $3 WHERE id = $1`, [job, again, JSON.stringify({ ...task, ...found.task, found: rules, matched, unmatched } satisfies Task)])
  return true
}

/** A run that the database refuses a part of fails, as in a Core; what came before stays. */
export async function runReconciliation (ledger: Ledger, { id: job }: { readonly id: number }, again: string): Promise<boolean> {
  try {
    return await retried(async () => await ledger.db.transaction(async (tx) => await workOn(tx, ledger, { job, again })))
  } catch (error) {
    // Class 22: a value beyond its column. Anything else is no fault of the run, and is tried again by the queue.
    if ((error as { code?: string }).code?.startsWith('22') !== true) throw error
    await ledger.db.transaction(async (tx) => {
      const run = await claim(tx, ledger.schema, job)
      if (run !== undefined) await finish(tx, ledger, { id: run.id, job, status: 'failed', matched: 0, unmatched: 0 })
    })
    return true
  }
}
