import { randomUUID } from 'node:crypto'
import { expect, test } from 'vitest'
import { macKey, macOf, sealed } from '../../src/audit/mac.js'
import { rowOf, valuesOf, type AuditValues } from '../../src/audit/row.js'
import type { StoredRow } from '../../src/audit/store.js'
import { verify } from '../../src/audit/verify.js'
import { admin } from '../support/gateway.js'

const key = macKey(Buffer.alloc(32, 1))

/** A table in memory, whose rows one writer has written. */
function stored (count: number): StoredRow[] {
  const writer = randomUUID()
  return Array.from({ length: count }, (_, i) => {
    const values = JSON.parse(sealed(key, JSON.stringify(valuesOf({ at: i, actor: { kind: 'key', id: `key_${i}` }, action: 'Ledger created', outcome: 'done' }, writer, i + 1)))) as AuditValues
    return { ...rowOf(values), id: String(i), mac: values.at(-1) as string }
  })
}

const isGenuine = (row: StoredRow): boolean => row.mac === macOf(key, row)
const storeOf = (rows: readonly StoredRow[]) => ({
  inOrder: async (after: { seq: number } | undefined, limit: number) => rows.filter(({ seq }) => seq > (after?.seq ?? 0)).slice(0, limit)
})

test('what was written is whole, over more rows than one statement reads', async () => {
  expect(await verify(storeOf(stored(2_500)), isGenuine)).toEqual({ rows: 2_500, altered: 0, missing: 0, findings: [] })
})

test('a changed row and a removed one are found', async () => {
  const rows = stored(2_500)
  rows[5] = { ...rows[5]!, actor_id: 'key_other' }
  rows.splice(1_200, 2)
  const { altered, missing, findings } = await verify(storeOf(rows), isGenuine)
  expect([altered, missing]).toEqual([1, 2])
  expect(findings.map(({ what, seq, id }) => [what, seq, id])).toEqual([['altered', 6, '5'], ['missing', 1_201, null]])
})

test('the first rows may be gone, as retention removes them', async () => {
  expect(await verify(storeOf(stored(10).slice(4)), isGenuine)).toMatchObject({ rows: 6, altered: 0, missing: 0 })
})

test('rows read back from the database match what was made of them', async () => {
  const { json: made } = await admin('POST', '/admin/keys', { name: 'to be verified, mit Ümläut \ud800', scopes: ['proxy:read'] })
  await expect.poll(async () => (await admin('GET', `/admin/audit?entity_id=${made.id}`)).json.data.length, { timeout: 20_000 }).toBe(1)
  const { json } = await admin('GET', '/admin/audit/verification')
  expect(json.rows).toBeGreaterThan(0)
  const [{ id }] = (await admin('GET', `/admin/audit?entity_id=${made.id}`)).json.data
  expect(json.findings.filter((one: { id: string }) => one.id === id)).toEqual([])
})
