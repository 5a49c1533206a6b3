import type { Logger } from 'pino'
import type { Upstream } from '../gateway/row.js'
import type { Database } from '../lib/postgres.js'
import { applySeed, isEmpty } from './apply.js'
import type { ReadSeed } from './source.js'
import { createSeedStore, type SeedStore } from './store.js'
import type { Ids } from './value.js'

/** What seeding needs of the sandbox. */
interface Sandbox {
  open(ledger: { readonly schema: string, readonly key: string, readonly webhook: null }): Promise<void>
  reset(schema: string, idSeed?: string | null): Promise<void>
  seedIds(schema: string, idSeed: string | null): Promise<void>
  settle(schema: string): Promise<void>
}

/** A sandbox behind the gateway. */
export interface Target {
  readonly instance: { readonly instanceId: string, readonly sandboxSchema: string | null, readonly coreKey: string | null }
  readonly upstream: Upstream | undefined
}

export interface Seeding {
  /** Applies the seed to a sandbox that is new. @throws SeedError */
  begin(target: Target): Promise<void>
  /**
   * Brings a sandbox back to the seed, or to empty where there is none. A wrong file is found before anything is lost.
   * @param idSeed for the ids of what follows; null: random ones
   * @throws SeedError
   */
  reset(target: Target, idSeed: string | null): Promise<void>
  /** The id of each name of the seed that a sandbox was begun from; null where there is none. */
  ids(instanceId: string): Promise<Ids | null>
}

export interface SeedingOptions {
  readonly db: Database
  /** Whether other processes may be on the same database. */
  readonly shared: boolean
  readonly sandbox: Sandbox
  /** undefined: no seed */
  readonly source: (() => ReadSeed) | undefined
  /** Gives the sandboxes back their webhooks, which a seed sends none of, and tells other replicas. */
  readonly restore: () => Promise<void>
  readonly log: Logger
}

export function createSeeding ({ db, shared, sandbox, source, restore, log }: SeedingOptions): Seeding {
  const store = createSeedStore(db)
  let last: Promise<unknown> = Promise.resolve()
  /** One at a time in this process: a reset in the middle of a seed would take the ledgers from under it. */
  const inTurn = async <T>(work: () => Promise<T>): Promise<T> => {
    const mine = last.then(work)
    last = mine.catch(() => {})
    return await mine
  }
  /** And, on a server, one replica at a time. In the embedded database, an open transaction would hold up the sandbox. */
  const alone = async (work: (store: SeedStore) => Promise<void>): Promise<void> => {
    if (!shared) return await work(store)
    await db.transaction(async (tx) => {
      await tx.query("SELECT pg_advisory_xact_lock(hashtextextended('blnk-gateway seed', 0))")
      await work(createSeedStore(tx))
    })
  }

  async function fill ({ instance, upstream }: Target, { seed, digest }: ReadSeed, { idSeed, again }: { idSeed: string | null, again: boolean }): Promise<void> {
    const { instanceId, sandboxSchema: schema, coreKey: key } = instance
    if (schema === null || key === null || upstream === undefined) throw new Error(`${instanceId} is no sandbox`)
    if (again) await store.forget(instanceId)
    await store.begin(instanceId, digest)
    try {
      await alone(async (locked) => {
        // Another replica, which started at the same time, was first.
        if (!again && (await locked.find(instanceId))?.ids != null) return
        await sandbox.open({ schema, key, webhook: null })
        await sandbox.reset(schema)
        const ids = await applySeed(seed, upstream, async (record) => { await sandbox.seedIds(schema, `seed/${record}`) })
        await sandbox.seedIds(schema, null)
        if (seed.queued) await sandbox.settle(schema)
        if (idSeed !== null) await sandbox.seedIds(schema, idSeed)
        await locked.done(instanceId, { digest, ids })
      })
    } catch (error) {
      await sandbox.reset(schema)
      await store.forget(instanceId)
      throw error
    } finally {
      await restore()
    }
  }

  return {
    begin: async (target) => await inTurn(async () => {
      if (source === undefined || target.upstream === undefined) return
      const { instanceId } = target.instance
      const read = source()
      const seeded = await store.find(instanceId)
      const again = `POST /admin/instances/${instanceId}/reset empties it and applies the seed`
      if (seeded?.ids != null) {
        if (seeded.digest !== read.digest) log.warn({ instance: instanceId }, `the seed has changed since it was applied, and was not applied again: ${again}`)
      } else if (seeded === undefined && !await isEmpty(target.upstream)) {
        log.warn({ instance: instanceId }, `the sandbox holds data already, so the seed was not applied: ${again}`)
      } else {
        await fill(target, read, { idSeed: null, again: false })
      }
    }),
    reset: async (target, idSeed) => await inTurn(async () => {
      const { instanceId, sandboxSchema } = target.instance
      if (source === undefined) {
        await sandbox.reset(sandboxSchema as string, idSeed)
        await store.forget(instanceId)
        await restore()
      } else {
        await fill(target, source(), { idSeed, again: true })
      }
    }),
    ids: async (instanceId) => (await store.find(instanceId))?.ids ?? null
  }
}
