import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterAll, expect, test, vi } from 'vitest'
import { call } from '../support/gateway.js'
import { buildOwnApp } from '../support/app.js'

// Three starts, each of which takes seconds on a busy machine.
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-seed-'))
const file = join(folder, 'seed.json')
afterAll(() => { rmSync(folder, { recursive: true }) })

const balances = { eve: { ledger: 'shop', currency: 'USD' } }
const write = (more: object): void => { writeFileSync(file, JSON.stringify({ ledgers: { shop: {} }, balances, ...more })) }

/** Starts on the one data directory, asks, and stops. @returns the answer and what was warned of */
async function ask (): Promise<{ readonly status: number, readonly text: string, readonly warned: string[] }> {
  const warned: string[] = []
  const log = pino({ level: 'warn' }, { write: (line: string) => { warned.push((JSON.parse(line) as { msg: string }).msg) } })
  const app = await buildOwnApp({ DATA_DIR: join(folder, 'data'), SEED: file }, log)
  try {
    await app.listen()
    const { url, adminToken } = await app.started
    const { status, text } = await call(`${url}/admin/seed`, { headers: { Authorization: `Bearer ${adminToken}` } })
    return { status, text, warned }
  } finally {
    await app.close()
  }
}

test('a seed is applied on the first start alone; a refused one not at all', async () => {
  write({ transactions: [{ amount: '1', source: 'eve', destination: '@World' }] })
  await expect(ask()).rejects.toThrow(/^SEED \(--seed\) .*seed\.json:1: transactions\[0\]: the Core refuses it .*insufficient funds/)

  write({})
  const first = await ask()
  expect([first.status, first.warned]).toEqual([200, []])

  write({ identities: { eve: {} } })
  const changed = await ask()
  expect(changed.text).toBe(first.text)
  expect(changed.warned).toEqual([expect.stringMatching(/the seed has changed since .*POST \/admin\/instances\/inst_\S+\/reset/)])
})
