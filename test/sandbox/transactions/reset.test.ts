import { expect, test } from 'vitest'
import { resetLedger } from '../../../src/sandbox/queue/reset.js'
import { testLedger, transaction, type TestLedger } from './ledger.js'

async function contents ({ ledger: { db, schema } }: TestLedger): Promise<Record<string, unknown[]>> {
  const { rows: tables } = await db.query<{ name: string }>('SELECT table_name AS name FROM information_schema.tables WHERE table_schema = $1 ORDER BY 1', [schema])
  const found: Record<string, unknown[]> = {}
  for (const { name } of tables) found[name] = (await db.query(`SELECT * FROM ${schema}.${name}`)).rows
  found['counters'] = (await db.query('SELECT sequencename, last_value FROM pg_sequences WHERE schemaname = $1 ORDER BY 1', [schema])).rows
  return found
}

test('a reset brings back the state just after migration, counters too', async () => {
  const lab = await testLedger()
  const fresh = await contents(lab)
  for (let i = 0; i < 20; i++) await lab.send('POST', '/transactions', transaction({ destination: `@C${i}`, skip_queue: i % 2 === 0 }))
  await lab.settle()
  await lab.send('POST', '/transactions', transaction({ skip_queue: false, scheduled_for: '2999-01-01T00:00:00Z' }))
  expect(await contents(lab)).not.toEqual(fresh)
  const began = performance.now()
  await resetLedger(lab.ledger.db, lab.ledger.schema)
  console.log(`reset in ${(performance.now() - began).toFixed(1)} ms`)
  expect(await contents(lab)).toEqual(fresh)
  await lab.close()
})
