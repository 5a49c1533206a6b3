import { expect, test } from 'vitest'
import { openDatabase } from '../../src/lib/postgres.js'

test('the log of an embedded database stays short, however much is written', async () => {
  const built = async <T>(file: string): Promise<T> => await import(new URL(`../../dist/src/store/${file}`, import.meta.url).href) as T
  const { startEmbedded } = await built<typeof import('../../src/store/embedded.js')>('embedded.js')
  const { keepLogShort } = await built<typeof import('../../src/store/checkpoint.js')>('checkpoint.js')
  const { currentTemplate } = await built<typeof import('../../src/store/template.js')>('template.js')
  const embedded = startEmbedded({ dataDir: null, template: currentTemplate() })
  await embedded.up
  const looks = keepLogShort(embedded, 50)
  const db = openDatabase(embedded, 2)
  const megabytes = async (): Promise<number> => Number((await db.query<{ mb: string }>('SELECT (sum(size) / 1048576)::int AS mb FROM pg_ls_waldir()')).rows[0]?.mb)
  await db.query('CREATE TABLE written (a text)')
  for (let i = 0; i < 20; i++) await db.query("INSERT INTO written SELECT repeat('x', 900) FROM generate_series(1, 10000)")
  expect(Number((await db.query<{ mb: string }>("SELECT (pg_relation_size('written') / 1048576)::int AS mb")).rows[0]?.mb)).toBeGreaterThan(150)
  await expect.poll(megabytes, { timeout: 10_000 }).toBeLessThan(80)
  await db.close()
  await looks.stop()
  await embedded.close()
}, 60_000)
