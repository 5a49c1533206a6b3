import { assertSchemaName, migrate, readMigrations } from '../lib/migrate.js'
import type { Database } from '../lib/postgres.js'
import { ledgerTag } from './api-keys/key.js'
import type { OpenLedger } from './app.js'
import type { Ledger } from './call.js'
import { createClock } from './clock.js'
import { forgetControl, loadClock, orderClock, seedIds, type ClockOrder, type ClockState } from './control.js'
import type { Webhook } from './deliveries/attempt.js'
import { listDeliveries, redeliver, type DeliveryQuery, type DeliveryRecord } from './deliveries/list.js'
import { createIds } from './ids.js'
import { Keyring } from './keyring.js'
import { resetLedger } from './queue/reset.js'
import { LedgerSecret } from './secret.js'
import { Turnstile } from './turnstile.js'
import { startWork, type Work } from './work.js'

const MIGRATIONS = readMigrations(new URL('./migrations/', import.meta.url))

export interface LedgerToOpen {
  readonly schema: string
  readonly key: string
  /** Where its webhooks go; null, as when left out: nowhere. */
  readonly webhook?: Webhook | null
}

/** A reset starts the work anew. */
interface Served extends OpenLedger { work: Work, webhook: Webhook | null }

export interface ServingOptions {
  readonly db: Database
  /** Whether no other process has this database. */
  readonly alone: boolean
  readonly uploadHosts: readonly string[]
  readonly workFailed: (error: unknown) => void
}

/** The ledgers that one sandbox serves, by schema and by key. */
export class Serving {
  private readonly bySchema = new Map<string, Promise<Served>>()
  private readonly keyring = new Keyring<Served>()
  private readonly byTag = new Map<string, Served>()

  constructor (private readonly options: ServingOptions) {}

  find (key: string): OpenLedger | undefined { return this.keyring.find(key) }

  findTagged (tag: string): OpenLedger | undefined { return this.byTag.get(tag) }

  async prepare (schema: string): Promise<void> {
    await migrate(this.options.db, schema, MIGRATIONS)
  }

  async open ({ schema, key, webhook = null }: LedgerToOpen): Promise<void> {
    const opening = this.bySchema.get(schema) ?? this.start({ schema, key, webhook })
    this.bySchema.set(schema, opening)
    try {
      const opened = await opening
      await loadClock(opened.ledger)
      opened.ledger.secret.replace(key)
      await this.setWebhook(opened, webhook)
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
    await found?.turnstile.alone(async () => { await found.work.close(0) })
    await this.options.db.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`)
  }

  async reset (schema: string, seed: string | null): Promise<void> {
    const found = await this.known(schema)
    await found.turnstile.alone(async () => {
      await found.work.close(0)
      try {
        await resetLedger(this.options.db, schema)
        forgetControl(found.ledger)
        if (seed !== null) await seedIds(found.ledger, seed)
      } finally {
        found.work = this.startWork(found.ledger, found.webhook)
      }
    })
  }

  async seedIds (schema: string, seed: string | null): Promise<void> {
    await seedIds((await this.known(schema)).ledger, seed)
  }

  async clock (schema: string, order: ClockOrder): Promise<ClockState> {
    const { ledger, work } = await this.known(schema)
    return await orderClock(ledger, work, order)
  }

  async settle (schema: string): Promise<void> {
    await (await this.known(schema)).work.settle()
  }

  async deliveries (schema: string, query: DeliveryQuery): Promise<{ readonly data: DeliveryRecord[], readonly total: number }> {
    return await listDeliveries((await this.known(schema)).ledger, query)
  }

  async redeliver (schema: string, deliveryId: string): Promise<boolean> {
    const { ledger } = await this.known(schema)
    const found = await redeliver(ledger, deliveryId)
    ledger.wake()
    return found
  }

  /** Ends the work on the ledgers; they stay. */
  async close (): Promise<void> {
    const served = await Promise.allSettled([...this.bySchema.values()])
    await Promise.all(served.map(async (each) => { if (each.status === 'fulfilled') await each.value.work.close() }))
  }

  private async setWebhook (served: Served, webhook: Webhook | null): Promise<void> {
    if (JSON.stringify(webhook) === JSON.stringify(served.webhook)) return
    await served.work.setWebhook(webhook)
    served.webhook = webhook
  }

  private async known (schema: string): Promise<Served> {
    const found = this.bySchema.get(schema)
    if (found === undefined) throw new Error(`the sandbox serves no ledger ${JSON.stringify(schema)}`)
    return await found
  }

  private async start ({ schema, key, webhook }: Required<LedgerToOpen>): Promise<Served> {
    const { db, uploadHosts } = this.options
    await this.prepare(schema)
    const ledger: Ledger = { schema, db, clock: createClock(), ids: createIds(), secret: new LedgerSecret(key), uploadHosts, wake: () => { served.work.wake() } }
    // Before the queue begins: by the process's time it would run what is not due yet, and queue what is never due.
    await loadClock(ledger)
    const served: Served = { ledger, turnstile: new Turnstile(), work: this.startWork(ledger, webhook), webhook }
    // Another may have been set, or none, when the ledger was served last.
    await served.work.setWebhook(webhook)
    return served
  }

  private startWork (ledger: Ledger, webhook: Webhook | null): Work {
    return startWork({ ledger, webhook, alone: this.options.alone, onError: this.options.workFailed })
  }
}
