import { randomUUID } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import type { Logger } from 'pino'
import type Stripe from 'stripe'
import { createBlnk } from '../blnk.js'
import type { Config } from '../config.js'
import { open } from '../seal.js'
import type { Install, Phase, Store, Sync } from '../store.js'
import { syncCustomers } from './customers.js'
import { entryOfIntent, entryOfPayout, type Entry } from './entries.js'
import type { Job } from './job.js'
import { inPages, PAGE } from './pages.js'
import { syncTransactions } from './transactions.js'

export interface Syncs {
  /** Begins a sync in the background. @returns it, or the one that runs already */
  start(installId: string): Promise<Sync>
  /** Goes on with what an end of the app has interrupted. */
  resume(): Promise<void>
  /** Ends the sync of an install, and comes back when it has ended. */
  stop(installId: string): Promise<void>
  /** Ends all of them: they go on with the next start. */
  close(): Promise<void>
}

interface Parts { readonly config: Config, readonly store: Store, readonly stripe: Stripe, readonly log: Logger }
interface Done { readonly found: number, readonly posted: number, readonly alerts: number }

const PHASES: readonly Phase[] = ['customers', 'payment_intents', 'payouts']

async function entriesDone (job: Job, entries: readonly Entry[]): Promise<Done> {
  return { found: entries.length, ...await syncTransactions(job, entries) }
}

/** The pages of a phase behind an object, with what is to be done with each. */
async function * pagesOf (stripe: Stripe, job: Job, { phase, after }: { phase: Phase, after: string | null }): AsyncGenerator<{ last: string, work: () => Promise<Done> }> {
  const page = { limit: PAGE, ...(after !== null && { starting_after: after }) }
  const lastOf = (objects: ReadonlyArray<{ id: string }>): string => (objects.at(-1) as { id: string }).id
  switch (phase) {
    case 'customers':
      for await (const some of inPages(stripe.customers.list(page))) yield { last: lastOf(some), work: async () => ({ found: some.length, posted: await syncCustomers(job, some), alerts: 0 }) }
      break
    case 'payment_intents':
      for await (const some of inPages(stripe.paymentIntents.list(page))) yield { last: lastOf(some), work: async () => await entriesDone(job, some.flatMap((one) => entryOfIntent(one) ?? [])) }
      break
    case 'payouts':
      for await (const some of inPages(stripe.payouts.list(page))) yield { last: lastOf(some), work: async () => await entriesDone(job, some.flatMap((one) => entryOfPayout(one) ?? [])) }
      break
  }
}

const STOP_MS = 3_000

/** From where it stands to its end. Each page that is done is noted with what came of it, so that none counts twice. */
async function runSync (stripe: Stripe, job: Job, { sync_id: id, phase: first, cursor }: Sync): Promise<void> {
  const { store, signal } = job
  for (const phase of PHASES.slice(PHASES.indexOf(first))) {
    let after = phase === first ? cursor : null
    for await (const { last, work } of pagesOf(stripe, job, { phase, after })) {
      signal.throwIfAborted()
      const done = await work()
      await store.progress(id, { phase, cursor: after = last, ...done })
    }
    const next = PHASES[PHASES.indexOf(phase) + 1]
    if (next !== undefined) await store.progress(id, { phase: next, cursor: null, found: 0, posted: 0, alerts: 0 })
  }
}

export function createSyncs ({ config, store, stripe, log }: Parts): Syncs {
  const running = new Map<string, { readonly ended: Promise<void>, readonly abort: AbortController }>()

  async function attempt (install: Install, sync: Sync, signal: AbortSignal): Promise<void> {
    const of = log.child({ sync_id: sync.sync_id })
    const onRetry = (why: string, waitMs: number): void => { of.warn({ why, wait_ms: waitMs }, 'trying again') }
    const blnk = createBlnk({ baseUrl: config.blnkUrl, apiKey: open(config.secret, install.apiKeySealed, install.installedAppId), instanceId: install.instanceId, signal, onRetry })
    const job = { store, blnk, install, log: of, signal }
    of.info({ phase: sync.phase, cursor: sync.cursor }, 'sync begins')
    try {
      await runSync(stripe, job, sync)
      await store.endSync(sync.sync_id, null)
      of.info('sync completed')
    } catch (error) {
      // It goes on with the next start, or the install is gone.
      if (signal.aborted) return
      of.warn({ err: error }, 'sync failed')
      await store.endSync(sync.sync_id, (error as Error).message)
    }
  }

  function run (install: Install, sync: Sync): void {
    const { installedAppId: id } = install
    const abort = new AbortController()
    const ended = attempt(install, sync, abort.signal).catch((error: unknown) => { log.error({ err: error }, 'sync ended') }).finally(() => { running.delete(id) })
    running.set(id, { ended, abort })
  }

  async function stop (id: string): Promise<void> {
    const one = running.get(id)
    one?.abort.abort()
    // A request to Stripe is not waited for: Blnk waits ten seconds at the most.
    await Promise.race([one?.ended, wait(STOP_MS, undefined, { ref: false })])
  }

  return {
    async start (installId) {
      const install = await store.install(installId)
      if (install === undefined) throw new Error('the install is gone')
      const sync = await store.beginSync(randomUUID(), installId)
      if (!running.has(installId)) run(install, sync)
      return sync
    },
    async resume () {
      for (const sync of await store.runningSyncs()) {
        const install = await store.install(sync.installed_app_id)
        if (install !== undefined) run(install, sync)
      }
    },
    stop,
    async close () { await Promise.all([...running.keys()].map(stop)) }
  }
}
