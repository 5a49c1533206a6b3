import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { createServer, request as ask, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { launch, start, workFolder, type Started } from '../house/command.js'
import { call, type Answer } from '../support/gateway.js'

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const CORE_KEY = 'core-key-of-a-crash'

/** A sandbox as a Core in a process of its own, and between it and the gateway somebody who can keep an answer back. */
let core: string
let between: string
/** The answer that is there and that the gateway has not got. */
let keptBack: Promise<void>
let isKept: () => void
let holds = false

function pass (incoming: IncomingMessage, outgoing: ServerResponse): void {
  const onward = ask(`${core}${incoming.url ?? ''}`, { method: incoming.method, headers: { ...incoming.headers, host: 'core' } }, (answer) => {
    if (holds) {
      answer.resume().on('end', () => { isKept() })
      return
    }
    outgoing.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.pipe(outgoing)
  })
  onward.on('error', () => { outgoing.destroy() })
  incoming.pipe(onward)
}

const server = createServer(pass)
// What it has to end is known to it only where it is called as the file begins.
const folder = workFolder()
beforeAll(async () => {
  const running = launch(['sandbox', '--json', '--port', '0'], { cwd: folder, env: { SANDBOX_CORE_KEY: CORE_KEY } })
  core = (JSON.parse((await running.until(/\n/)).split('\n', 1)[0] as string) as { sandbox_core_url: string }).sandbox_core_url
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  between = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  holds = false
  keptBack = new Promise((resolve) => { isKept = resolve })
})

const KEYED = { 'Content-Type': 'application/json', 'Idempotency-Key': '"of a crash"' }

async function send ({ line }: Started, apiKey: string, path: string, body: object): Promise<Answer> {
  return await call(`${line.url}/proxy${path}?instance_id=inst_core`, { method: 'POST', headers: { ...KEYED, Authorization: `Bearer ${apiKey}` }, body: JSON.stringify(body) })
}

const transaction = (destination: string, skipQueue: boolean): object =>
  ({ precise_amount: 1050, currency: 'USD', source: '@World', destination, description: 'once', allow_overdraft: true, skip_queue: skipQueue })

/** In the Core itself, past the gateway. */
async function balanceOf (indicator: string): Promise<unknown> {
  return (await call(`${core}/balances/indicator/${indicator}/currency/USD`, { headers: { 'X-Blnk-Key': CORE_KEY } })).json?.balance
}

/** Begins a request, waits until the Core has answered it, and kills the gateway before it knows. @returns the next one, of the same data */
async function killedBetween (path: string, body: object): Promise<{ next: Started, apiKey: string }> {
  const cwd = mkdtempSync(join(folder, 'data-'))
  const env = { CORE_URL: between, CORE_KEY, SANDBOX: 'off' }
  const first = await start([], { cwd, env })
  const apiKey = first.line.api_key as string
  holds = true
  const lost = send(first, apiKey, path, body).catch((error: Error) => error)
  await keptBack
  first.child.kill('SIGKILL')
  await first.ended
  expect(await lost).toBeInstanceOf(Error)
  holds = false
  return { next: await start([], { cwd, env }), apiKey }
}

test('a transaction whose answer was lost with the gateway is sent again, and refused by the Core', async () => {
  const { next, apiKey } = await killedBetween('/transactions', transaction('@At-once', true))
  expect(await balanceOf('@At-once')).toBe(1050)
  const again = await send(next, apiKey, '/transactions', transaction('@At-once', true))
  expect([again.status, again.json.error, again.headers.get('idempotency-replayed')]).toEqual([409, expect.stringContaining('has already been used'), null])
  const reference = again.headers.get('x-blnk-reference') as string
  const found = await call(`${next.line.url}/proxy/transactions/reference/${reference}?instance_id=inst_core`, { headers: { Authorization: `Bearer ${apiKey}` } })
  expect(found.json).toMatchObject({ reference, precise_amount: 1050, status: 'APPLIED' })
  // The Core's word is an answer too.
  expect((await send(next, apiKey, '/transactions', transaction('@At-once', true))).headers.get('idempotency-replayed')).toBe('true')
  expect(await balanceOf('@At-once')).toBe(1050)
  await next.stop()
})

test('so is one that is queued, and its money moves once', async () => {
  const { next, apiKey } = await killedBetween('/transactions', transaction('@Queued', false))
  const again = await send(next, apiKey, '/transactions', transaction('@Queued', false))
  expect([again.status, again.json.status]).toEqual([201, 'QUEUED'])
  await send(next, apiKey, '/transactions', transaction('@Queued', false))
  // One after both, in the same queue.
  const last = await call(`${next.line.url}/proxy/transactions?instance_id=inst_core`, { method: 'POST', headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }, body: JSON.stringify(transaction('@Queued', false)) })
  expect(last.status).toBe(201)
  await expect.poll(async () => await balanceOf('@Queued')).toBe(2100)
  await next.stop()
})

test('what has no reference is not sent a second time', async () => {
  const { next, apiKey } = await killedBetween('/ledgers', { name: 'once' })
  const again = await send(next, apiKey, '/ledgers', { name: 'once' })
  expect([again.status, again.json.error_detail.code]).toEqual([409, 'IDEMPOTENCY_UNKNOWN'])
  const ledgers = (await call(`${core}/ledgers`, { headers: { 'X-Blnk-Key': CORE_KEY } })).json as Array<{ name: string }>
  expect(ledgers.filter(({ name }) => name === 'once')).toHaveLength(1)
  await next.stop()
})
