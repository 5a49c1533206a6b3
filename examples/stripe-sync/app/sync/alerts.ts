import type { Job } from './job.js'

export interface Finding {
  /** The transaction that is flagged. */
  readonly transactionId: string
  readonly title: string
  readonly description: string
}

interface Alert { readonly anomaly_id: string, readonly title: string | null, readonly affected_transactions: readonly string[] }

/** An alert about it that the app has raised and forgotten: it ended between the two. */
async function isThere ({ blnk, install }: Job, { transactionId, title }: Finding): Promise<boolean> {
  if (!install.permissions.includes('alerts:read')) return false
  const { data } = await blnk.call('GET', '/alerts', { query: { affected: transactionId, pageSize: '100' } })
  return (data as Alert[]).some((alert) => alert.title === title && alert.affected_transactions.includes(transactionId))
}

/** Raises each alert that was not raised yet. @returns how many were */
export async function raiseAlerts (job: Job, findings: readonly Finding[]): Promise<number> {
  const { store, blnk, install, log } = job
  const keyOf = ({ transactionId, title }: Finding): string => `alert:${transactionId}:${title}`
  const done = await store.done(install.installedAppId, findings.map(keyOf))
  const missing = findings.filter((one) => !done.has(keyOf(one)))
  if (!install.permissions.includes('alerts:write')) {
    for (const { description } of missing) log.warn({ description }, 'not flagged: the install was not granted alerts:write')
    return 0
  }
  let raised = 0
  for (const finding of missing) {
    const { transactionId, title, description } = finding
    if (!await isThere(job, finding)) {
      await blnk.call('POST', `/alerts/flag/${transactionId}`, { body: { title, description }, once: true })
      raised++
    }
    await store.markDone(install.installedAppId, keyOf(finding))
  }
  return raised
}
