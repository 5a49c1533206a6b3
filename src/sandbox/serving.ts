import { assertSchemaName, migrate, readMigrations } from '../lib/migrate.js'
import type { Database } from '../lib/postgres.js'
import { ledgerTag } from './api-keys/key.js'
import type { OpenLedger } from './app.js'
import type { Ledger } from './call.js'
import { createClock } from './clock.js'
import { forgetControl, loadClock, orderClock, seedIds, type ClockOrder, type ClockState } from './control.js'
import { createIds } from './ids.js'
import { Keyring } from './keyring.js'
import { resetLedger } from './queue/reset.js'
import { startQueue, type Queue } from './queue/worker.js'
import { LedgerSecret } from './secret.js'
import { Turnstile } from './turnstile.js'

const MIGRATIONS = readMigrations(new URL('./migrations/', import.meta.url))

/** A reset gives the ledger a new queue. */
interface Served extends OpenLedger { queue: Queue }

/** The ledgers that one sandbox serves, by schema and by key. */
export class Serving {
  private readonly bySchema = new Map<string, Promise<Served>>()
  private readonly keyring = new Keyring<Served>()
  private readonly byTag = new Map<string, Served>()

  constructor (private readonly db: Database, private readonly uploadHosts: readonly string[], private readonly queueFailed: (error: unknown) => void) {}

  find (key: string): OpenLedger | undefined { return this.keyring.find(key) }

  findTagged (tag: string): OpenLedger | undefined { return this.byTag.get(tag) }

  async prepare (schema: string): Promise<void> {
    await migrate(this.db, schema, MIGRATIONS)
  }

  async open (schema: string, key: string): Promise<void> {
    const opening = this.bySchema.get(schema) ?? this.start(schema, key)
    this.bySchema.set(schema, opening)
    try {
      const opened = await opening
      await loadClock(opened.ledger)
      opened.ledger.secret.replace(key)
      this.keyring.set(schema, key, opened)
      this.byTag.set(ledgerTag(schema), opened)
    } catch (error) {
      this.bySchema.delete(schema)
      throw error
    }
  }

  async drop (schema: string): Promise<void> {
    assertSchemaName(schema)
    const found = await this.bySchema.get(schema)
    this.keyring.remove(schema)
    this.byTag.delete(ledgerTag(schema))
    this.bySchema.delete(schema)
    await found?.turnstile.alone(async () => { await found.queue.close() })
    await this.db.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  }

  async reset (schema: string, seed: string | null): Promise<void> {
    const found = await this.known(schema)
    await found.turnstile.alone(async () => {
      await found.queue.close()
      try {
        await resetLedger(this.db, schema)
        forgetControl(found.ledger)
        if (seed !== null) await seedIds(found.ledger, seed)
      } finally {
        found.queue = startQueue(found.ledger, this.queueFailed)
      }
    })
  }

  async clock (schema: string, order: ClockOrder): Promise<ClockState> {
    const { ledger, queue } = await this.known(schema)
    return await orderClock(ledger, queue, order)
  }

  async settle (schema: string): Promise<void> {
    await (await this.known(schema)).queue.settle()
  }

  /** Ends the queues; the ledgers stay. */
  async close (): Promise<void> {
    const queues = await Promise.allSettled([...this.bySchema.values()])
    await Promise.all(queues.map(async (each) => { if (each.status === 'fulfilled') await each.value.queue.close() }))
  }

  private async known (schema: string): Promise<Served> {
    const found = this.bySchema.get(schema)
    if (found === undefined) throw new Error(`the sandbox serves no ledger ${JSON.stringify(schema)}`)
    return await found
  }

  private async start (schema: string, key: string): Promise<Served> {
    await this.prepare(schema)
    const ledger: Ledger = { schema, db: this.db, clock: createClock(), ids: createIds(), secret: new LedgerSecret(key), uploadHosts: this.uploadHosts, wake: () => { served.queue.wake() } }
    // Before the queue begins: by the process's time it would run what is not due yet, and queue what is never due.
    await loadClock(ledger)
    const served: Served = { ledger, queue: startQueue(ledger, this.queueFailed), turnstile: new Turnstile() }
    return served
  }
}
