import { shown } from '../money.js'
import { raiseAlerts, type Finding } from './alerts.js'
import { linkBalances } from './customers.js'
import type { Entry } from './entries.js'
import { AT_ONCE, type Job } from './job.js'
import { outcomes, post, verify, type Posted } from './ledger.js'
import { eachOf } from './pages.js'

export interface Outcome { readonly posted: number, readonly alerts: number }

/** What a transaction is flagged for. */
function findingsOf (entry: Entry, row: Posted): Finding[] {
  const { stripeId, amount, currency, precision, oddity } = entry
  const findings: Finding[] = []
  const find = (title: string, description: string): void => { findings.push({ transactionId: row.transaction_id, title, description }) }
  if (row.status === 'REJECTED') find('The ledger rejected a Stripe transaction', `${shown(amount, currency)} of ${stripeId} are not in the ledger: ${String(row.meta_data?.['blnk_rejection_reason'] ?? 'it gives no reason')}.`)
  // Somebody else has used the reference: what was posted after that is ignored.
  else if (row.precise_amount !== amount.toString() || row.currency !== currency || row.precision !== precision.toString()) {
    find('The ledger has another amount than Stripe', `The transaction with the reference of ${stripeId} has ${row.precise_amount} (precision ${row.precision}) ${row.currency}, and Stripe ${amount} (precision ${precision}) ${currency}.`)
  }
  if (oddity !== null) find('Stripe received another amount than was asked', oddity)
  return findings
}

/** Sees to it that each entry is in the ledger once, and as it is in Stripe: else it is flagged. */
export async function syncTransactions (job: Job, entries: readonly Entry[]): Promise<Outcome> {
  const { store, blnk, install: { installedAppId }, log } = job
  const ids = entries.map(({ stripeId }) => stripeId)
  const settled = (await store.known(installedAppId, ids)).filter(({ state }) => state === 'settled').map(({ stripe_id: id }) => id)
  // Looked for all the same: a ledger can be reset, or another one be restored.
  const there = await outcomes(blnk, settled)
  const missing = entries.filter(({ stripeId }) => !there.has(stripeId))
  await store.opened(installedAppId, missing.map(({ stripeId }) => stripeId))
  await post(job, missing)

  const rows = new Map([...there, ...await verify(job, missing.map(({ stripeId }) => stripeId))])
  const alerts = await raiseAlerts(job, entries.flatMap((entry) => {
    const row = rows.get(entry.stripeId)
    return row === undefined ? [] : findingsOf(entry, row)
  }))
  await eachOf(missing, AT_ONCE, async ({ stripeId, afterwards }) => {
    const row = rows.get(stripeId)
    if (row === undefined) return
    await blnk.call('POST', `/proxy/${row.transaction_id}/metadata`, { body: { meta_data: afterwards } })
    await store.settled(installedAppId, stripeId, row.transaction_id)
  })
  await linkBalances(job, new Map(entries.flatMap(({ stripeId, customerId }) => {
    const row = rows.get(stripeId)
    return row === undefined || customerId === null || row.status === 'REJECTED' ? [] : [[row.destination, customerId]]
  })))
  const lost = ids.filter((id) => !rows.has(id))
  if (lost.length > 0) throw new Error(`${lost.length} transactions were not applied in time, ${lost[0] ?? ''} first: sync again later`)
  log.info({ entries: entries.length, posted: missing.length, alerts }, 'a page is in the ledger')
  return { posted: missing.length, alerts }
}
