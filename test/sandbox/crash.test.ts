import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { launch, workFolder, type Running } from '../house/command.js'

// Each round is a start, a load and a kill; a tenth in `npm test`, all in `npm run test:long`.
const ROUNDS = process.env['TEST_LONG'] === '1' ? 20 : 2
vi.setConfig({ testTimeout: ROUNDS * 120_000, hookTimeout: 120_000 })

const cwd = workFolder()
const KEY = 'a-key-that-outlives-the-kills'

interface Core extends Running { readonly url: string }
type Sent = Readonly<Record<string, unknown>>

async function startCore (): Promise<Core> {
  const running = launch(['sandbox', '--json', '--port', '0', '--data-dir', join(cwd, 'ledger')], { cwd, env: { SANDBOX_CORE_KEY: KEY } })
  const line = JSON.parse(await running.until(/\n/)) as { sandbox_core_url: string }
  return { ...running, url: line.sandbox_core_url }
}

async function send (core: Core, method: string, path: string, body?: Sent): Promise<{ status: number, json: any }> { // eslint-disable-line @typescript-eslint/no-explicit-any
  const answer = await fetch(core.url + path, { method, headers: { 'X-Blnk-Key': KEY, 'Content-Type': 'application/json' }, body: body === undefined ? null : JSON.stringify(body) })
  return { status: answer.status, json: await answer.json() }
}

/** Posts from eight clients until the process is killed. @returns the references that were answered, with how */
async function loadUntilKilled (core: Core, round: number): Promise<Map<string, Sent>> {
  const answered = new Map<string, Sent>()
  const killAt = 40 + Math.floor(Math.random() * 120)
  await Promise.allSettled(Array.from({ length: 8 }, async (_, client) => {
    for (let i = 0; ; i++) {
      const reference = `${round}-${client}-${i}`
      const sent = {
        precise_amount: 1 + i, precision: 100, reference, currency: 'USD', description: 'load', source: '@World', destination: `@client-${client}`, allow_overdraft: true, skip_queue: i % 2 === 0, inflight: i % 5 === 0
      }
      const { status } = await send(core, 'POST', '/transactions', sent)
      if (status !== 201) throw new Error(`answered ${status}`)
      answered.set(reference, sent)
      if (answered.size === killAt) core.child.kill('SIGKILL')
    }
  }))
  expect((await core.ended).signal).toBe('SIGKILL')
  return answered
}

async function everyRow (core: Core): Promise<Array<Record<string, any>>> { // eslint-disable-line @typescript-eslint/no-explicit-any
  return (await send(core, 'GET', '/transactions?limit=100000')).json
}

test('kill -9 during load: what was answered is there, nothing is half applied, and queued work is done once', async () => {
  const all = new Map<string, Sent>()
  for (let round = 0; round < ROUNDS; round++) {
    const killed = await startCore()
    for (const [reference, sent] of await loadUntilKilled(killed, round)) all.set(reference, sent)

    const core = await startCore()
    const awaited = [...all].filter(([, sent]) => sent['skip_queue'] === false).map(([reference]) => `${reference}_q`)
    await expect.poll(async () => {
      const present = new Set((await everyRow(core)).map((row) => row['reference']))
      return awaited.filter((reference) => !present.has(reference))
    }, { timeout: 60_000, interval: 200 }).toEqual([])

    const rows = await everyRow(core)
    const references = rows.map((row) => row['reference'] as string)
    expect(new Set(references).size).toBe(references.length)
    expect([...all.keys()].filter((reference) => !references.includes(reference))).toEqual([])

    const balances: Array<Record<string, any>> = (await send(core, 'GET', '/balances?limit=100')).json // eslint-disable-line @typescript-eslint/no-explicit-any
    const sum = (field: string): number => balances.reduce((total, balance) => total + balance[field], 0)
    expect([sum('balance'), sum('inflight_balance')]).toEqual([0, 0])
    for (const status of ['APPLIED', 'INFLIGHT'] as const) {
      const field = status === 'APPLIED' ? 'credit_balance' : 'inflight_credit_balance'
      expect(sum(field)).toBe(rows.filter((row) => row['status'] === status).reduce((total, row) => total + row['precise_amount'], 0))
    }
    core.child.kill('SIGTERM')
    expect((await core.ended).code).toBe(0)
  }
})
