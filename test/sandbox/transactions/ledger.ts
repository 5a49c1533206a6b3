import { migrate, readMigrations } from '../../../src/lib/migrate.js'
import type { Ledger, Row } from '../../../src/sandbox/call.js'
import { createClock } from '../../../src/sandbox/clock.js'
import { CoreError } from '../../../src/sandbox/errors.js'
import { createIds } from '../../../src/sandbox/ids.js'
import { startQueue } from '../../../src/sandbox/queue/worker.js'
import { refusal } from '../../../src/sandbox/reply.js'
import { rows as coreRows } from '../../../src/sandbox/routes.js'
import { LedgerSecret } from '../../../src/sandbox/secret.js'
import { testDatabase } from '../../support/database.js'

export interface Answer { readonly status: number, readonly body: Record<string, unknown> }
export interface Balance { readonly balance: bigint, readonly credit_balance: bigint, readonly debit_balance: bigint, readonly inflight_balance: bigint, readonly inflight_debit_balance: bigint, readonly inflight_credit_balance: bigint, readonly version: bigint }

const MIGRATIONS = readMigrations(new URL('../../../src/sandbox/migrations/', import.meta.url))

/** A ledger of its own, in a schema of its own; its queue stands still until `settle` or a worker that the test starts. */
export async function testLedger () {
  const { db, schema } = testDatabase(16)
  await migrate(db, schema, MIGRATIONS)
  let woken = 0
  const ledger: Ledger = { db, schema, clock: createClock(), ids: createIds(), secret: new LedgerSecret('test'), wake () { woken++ } }

  async function send (method: Row['method'], path: string, body?: unknown): Promise<Answer> {
    const [pathname = '', search = ''] = path.split('?')
    for (const row of coreRows) {
      const names: string[] = []
      const pattern = new RegExp(`^${row.path.replace(/:(\w+)/g, (_, name: string) => { names.push(name); return '([^/]+)' })}$`)
      const match = row.method === method && (row.path === pathname || !coreRows.some((other) => other.path === pathname && other.method === method)) ? pattern.exec(pathname) : null
      if (match === null) continue
      const params = Object.fromEntries(names.map((name, i) => [name, match[i + 1] as string]))
      const request = { params, query: new URLSearchParams(search), body: Buffer.from(body === undefined ? '' : typeof body === 'string' ? body : JSON.stringify(body)), contentType: 'application/json' }
      const reply = await row.handler(ledger, request).catch((error: unknown) => {
        if (error instanceof CoreError) return refusal(error)
        throw error
      })
      return { status: reply.status, body: JSON.parse(reply.body) as Record<string, unknown> }
    }
    throw new Error(`no row for ${method} ${path}`)
  }

  const one = async <T extends object>(sql: string, values: readonly unknown[] = []): Promise<T> => (await db.query<T>(sql, values)).rows[0] as T

  return {
    ledger,
    send,
    one,
    wokenTimes: () => woken,
    async balance (name: string, currency = 'USD'): Promise<Balance> {
      const row = await one<Record<string, string | number>>(`SELECT * FROM ${schema}.balances WHERE balance_id = $1 OR (indicator = $1 AND currency = $2)`, [name, currency])
      return Object.fromEntries(Object.entries(row).filter(([key]) => key.includes('balance') && key !== 'balance_id').concat([['version', row['version'] as number]]).map(([key, value]) => [key, BigInt(value as string)])) as unknown as Balance
    },
    rows: async (where: string, values: readonly unknown[] = []) => (await db.query<{ transaction_id: string, reference: string, status: string, parent_transaction: string, precise_amount: string }>(`SELECT * FROM ${schema}.transactions WHERE ${where} ORDER BY id`, values)).rows,
    /** Runs the queue until nothing is due. */
    async settle (): Promise<void> {
      const queue = startQueue(ledger, (error) => { throw error })
      await queue.settle()
      await queue.close()
    },
    async close (): Promise<void> {
      await db.query(`DROP SCHEMA ${schema} CASCADE`)
      await db.close()
    }
  }
}

export type TestLedger = Awaited<ReturnType<typeof testLedger>>

let references = 0

/** A transaction that is whole but for what a test is about: 10.00 from @World, posted at once. */
export const transaction = (over: Readonly<Record<string, unknown>> = {}): Record<string, unknown> => ({
  amount: 10,
  precision: 100,
  reference: `ref-${++references}`,
  description: 'test',
  currency: 'USD',
  source: '@World',
  destination: '@Customer',
  allow_overdraft: true,
  skip_queue: true,
  ...over
})

/** The laws of a ledger: nothing is made or lost, and every balance is the sum of its rows. */
export async function brokenLaws ({ ledger: { db, schema } }: TestLedger): Promise<string[]> {
  const { rows } = await db.query<{ law: string }>(`
    SELECT 'sum of ' || currency || ' is ' || sum(balance) || ' and ' || sum(inflight_balance) AS law FROM ${schema}.balances
      GROUP BY currency HAVING sum(balance) <> 0 OR sum(inflight_balance) <> 0
    UNION ALL
    SELECT 'balance is not credit less debit: ' || balance_id FROM ${schema}.balances
      WHERE balance <> credit_balance - debit_balance OR inflight_balance <> inflight_credit_balance - inflight_debit_balance
    UNION ALL
    SELECT 'negative hold: ' || balance_id FROM ${schema}.balances WHERE inflight_credit_balance < 0 OR inflight_debit_balance < 0
    UNION ALL
    SELECT 'rows do not add up: ' || balance_id || ' ' || credit_balance || ' ' || debit_balance FROM ${schema}.balances AS b
      WHERE credit_balance <> (SELECT coalesce(sum(precise_amount), 0) FROM ${schema}.transactions WHERE destination = b.balance_id AND status = 'APPLIED')
         OR debit_balance <> (SELECT coalesce(sum(precise_amount), 0) FROM ${schema}.transactions WHERE source = b.balance_id AND status = 'APPLIED')`)
  return rows.map(({ law }) => law)
}
