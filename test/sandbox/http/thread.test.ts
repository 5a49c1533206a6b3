import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { request } from 'undici'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import type { SandboxThread, startSandbox as start } from '../../../src/sandbox/thread.js'

// Compiled: a worker thread runs JavaScript.
const { startSandbox } = await import(new URL('../../../dist/src/sandbox/thread.js', import.meta.url).href) as { readonly startSandbox: typeof start }

let sandbox: SandboxThread
beforeAll(async () => { sandbox = await startSandbox({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' }) })
afterAll(async () => { await sandbox.close() })

async function openLedger (): Promise<{ schema: string, key: string }> {
  const ledger = { schema: `test_${randomBytes(6).toString('hex')}`, key: randomBytes(16).toString('hex') }
  await sandbox.open(ledger)
  return ledger
}

async function ask (key: string, method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number, body: unknown }> {
  const answer = await request(sandbox.url + path, { method, headers: { 'x-blnk-key': key }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  return { status: answer.statusCode, body: await answer.body.json() }
}

const names = async (key: string): Promise<string[]> => ((await ask(key, 'GET', '/ledgers')).body as Array<{ name: string }>).map(({ name }) => name)

test('ledgers on one listener do not see each other', async () => {
  const [one, two] = [await openLedger(), await openLedger()]
  await ask(one.key, 'POST', '/ledgers', { name: 'of one' })
  expect(await names(one.key)).toEqual(['of one', 'General Ledger'])
  expect(await names(two.key)).toEqual(['General Ledger'])
  await sandbox.drop(one.schema)
  await sandbox.drop(two.schema)
})

test('a second open changes the key, and a schema opened twice at once is served once', async () => {
  const { schema, key } = await openLedger()
  await sandbox.open({ schema, key: 'another' })
  expect((await ask(key, 'GET', '/ledgers')).status).toBe(401)
  expect((await ask('another', 'GET', '/ledgers')).status).toBe(200)
  await sandbox.drop(schema)
  await Promise.all([sandbox.open({ schema, key }), sandbox.open({ schema, key })])
  expect(await names(key)).toEqual(['General Ledger'])
  await sandbox.drop(schema)
})

test('a reset brings back the state just after the migration, also while requests come', async () => {
  const { schema, key } = await openLedger()
  const posting = { amount: 1, precision: 100, currency: 'USD', source: '@a', destination: '@b', description: 'd', allow_overdraft: true }
  const posts = Array.from({ length: 20 }, async (_, i) => await ask(key, 'POST', '/transactions', { ...posting, reference: `before ${i}` }))
  await Promise.all([...posts, sandbox.reset(schema)])
  await sandbox.settle(schema)
  await sandbox.reset(schema)
  expect((await ask(key, 'GET', '/transactions')).body).toEqual([])
  expect(await names(key)).toEqual(['General Ledger'])
  await ask(key, 'POST', '/transactions', { ...posting, reference: 'after' })
  await sandbox.settle(schema)
  const statuses = ((await ask(key, 'GET', '/transactions')).body as Array<{ status: string }>).map(({ status }) => status)
  expect(statuses.sort()).toEqual(['APPLIED', 'QUEUED'])
  await sandbox.drop(schema)
})

test('errors come back from the thread, and it goes on', async () => {
  await expect(sandbox.reset('test_never_opened')).rejects.toThrow('the sandbox serves no ledger "test_never_opened"')
  await expect(sandbox.open({ schema: 'no; such', key: 'k' })).rejects.toThrow('not a schema name')
  expect(await sandbox.health()).toBe(true)
})

test('a port in use is told by its code', async () => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const { port } = other.address() as AddressInfo
  await expect(startSandbox({ database: inject('postgres'), host: '127.0.0.1', port, logLevel: 'silent' })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  other.close()
})

test('a closed thread answers no more and did not die', async () => {
  const closed = await startSandbox({ database: inject('postgres'), host: '127.0.0.1', port: 0, logLevel: 'silent' })
  await closed.close()
  await expect(request(`${closed.url}/health`)).rejects.toThrow()
  await expect(closed.open({ schema: 'test_late', key: 'k' })).rejects.toThrow('the sandbox is closed')
  await expect(Promise.race([closed.died, Promise.resolve('alive')])).resolves.toBe('alive')
})
