import { afterAll, expect, inject, test } from 'vitest'
import { POSTGRES_MAJOR } from '../../src/store/embedded.js'
import { testDatabase } from '../support/database.js'

const { db } = testDatabase(4)
afterAll(async () => { await db.close() })

// On a server there is nothing embedded to look at.
if ('socketDir' in inject('postgres')) {
  test('the embedded Postgres is the major version that the data directory check names', async () => {
    const { rows } = await db.query<{ v: string }>("SELECT current_setting('server_version_num') AS v")
    expect(Math.floor(Number(rows[0]?.v) / 10_000)).toBe(POSTGRES_MAJOR)
  })
}

test('numbers and times come back as the text that Postgres holds', async () => {
  const { rows } = await db.query("SELECT 123456789012345678901234567890::numeric AS n, '1.50'::numeric AS d, 9007199254740993::bigint AS i, timestamp '2024-02-20 05:28:03.558281' AS t")
  expect(rows[0]).toEqual({ n: '123456789012345678901234567890', d: '1.50', i: '9007199254740993', t: '2024-02-20 05:28:03.558281' })
})
