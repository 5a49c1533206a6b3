import { startGateway, type TestGateway } from 'blnk-gateway/testing'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { textOf } from '../house/source-files.js'
import { call, type Answer } from '../support/gateway.js'

const SEED = `ledgers: { shop: {} }
balances:
  eve: { ledger: shop, currency: USD }
transactions:
  - { name: in, amount: 10.10, source: "@World", destination: eve, allow_overdraft: true }
`
const folder = mkdtempSync(join(tmpdir(), 'blnk-gateway-seed-'))
const file = join(folder, 'seed.yaml')
writeFileSync(file, SEED)

let gateway: TestGateway
beforeAll(async () => { gateway = await startGateway({ seed: file }) })
afterAll(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const admin = async (method: string, path: string, body?: object): Promise<Answer> => await call(`${gateway.url}/admin${path}`, {
  method,
  headers: { Authorization: `Bearer ${gateway.adminToken}`, 'Content-Type': 'application/json' },
  body: body === undefined ? null : JSON.stringify(body)
})
const proxy = async (path: string, body?: object, { url, instanceId, apiKey } = gateway): Promise<Answer> => await call(`${url}/proxy${path}?instance_id=${instanceId}`, {
  method: body === undefined ? 'GET' : 'POST',
  headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' },
  body: body === undefined ? null : JSON.stringify(body)
})
const reset = async (body?: object): Promise<Answer> => await admin('POST', `/instances/${gateway.instanceId}/reset`, body ?? {})
const eve = async (of = gateway): Promise<number> => (await proxy(`/balances/${(await admin('GET', '/seed')).json.balances.eve}`, undefined, of)).json.balance
const spend = async (): Promise<Answer> => await proxy('/transactions', { amount: 1, currency: 'USD', description: 'x', source: (await admin('GET', '/seed')).json.balances.eve, destination: '@World', skip_queue: true })

test('a start has applied the seed, and GET /admin/seed tells the ids', async () => {
  const { status, json } = await admin('GET', '/seed')
  expect(status).toBe(200)
  expect(json).toEqual({
    ledgers: { shop: expect.stringMatching(/^ldg_/) }, identities: {}, balances: { eve: expect.stringMatching(/^bln_/) }, transactions: { in: expect.stringMatching(/^txn_/) }
  })
  expect(await eve()).toBe(1010)
  expect((await proxy(`/transactions/${json.transactions.in}`)).json).toMatchObject({ reference: 'in', amount: 10.1, status: 'APPLIED' })
})

test('both resets bring the seed back, under the same ids; the ids of what follows are random again', async () => {
  const { text: before } = await admin('GET', '/seed')
  const made = new Set<string>()
  for (const back of [reset, gateway.reset]) {
    expect((await spend()).status).toBe(201)
    made.add((await proxy('/ledgers', { name: 'later' })).json.ledger_id)
    expect(await eve()).toBe(910)
    await back()
    expect(await eve()).toBe(1010)
    expect((await admin('GET', '/seed')).text).toBe(before)
    expect((await proxy('/ledgers')).text).not.toContain('later')
  }
  expect(made.size).toBe(2)
})

test('resets at the same time follow one another', async () => {
  expect((await Promise.all([reset(), reset(), gateway.reset()])).map((one) => one?.status)).toEqual([204, 204, undefined])
  expect(await eve()).toBe(1010)
})

test('with an id_seed the seed keeps its ids, and what follows has the same ones too', async () => {
  const { text: before } = await admin('GET', '/seed')
  const next = async (): Promise<string> => {
    expect((await reset({ id_seed: 'a' })).status).toBe(204)
    return (await proxy('/ledgers', { name: 'next' })).json.ledger_id
  }
  expect(await next()).toBe(await next())
  expect((await admin('GET', '/seed')).text).toBe(before)
  await reset()
})

test('a new sandbox begins from the seed with the same ids, a worker that attaches too', async () => {
  const worker = await startGateway({ attach: gateway.url, adminToken: gateway.adminToken })
  expect(await eve(worker)).toBe(1010)
  await worker.reset()
  expect(await eve(worker)).toBe(1010)
  await worker.close()
  await expect(startGateway({ attach: gateway.url, adminToken: gateway.adminToken, seed: {} })).rejects.toThrow('seed belongs to the gateway')
})

test('a seed is a state and no event: webhooks hear of what comes after it', async () => {
  await admin('PUT', `/instances/${gateway.instanceId}/webhook`, { url: 'http://127.0.0.1:9/' })
  await reset()
  const deliveries = async (): Promise<number> => (await admin('GET', `/instances/${gateway.instanceId}/webhook/deliveries`)).json.total
  expect(await deliveries()).toBe(0)
  await spend()
  expect(await deliveries()).toBeGreaterThan(0)
  await admin('PUT', `/instances/${gateway.instanceId}/webhook`, { url: null })
  await reset()
})

test('a file that was changed is applied by the next reset; a wrong one is refused, and nothing is lost', async () => {
  writeFileSync(file, SEED.replace('10.10', '20.20').replace('ledgers:', 'ledgers: # changed\n '))
  expect(await eve()).toBe(1010)
  expect((await reset()).status).toBe(204)
  expect(await eve()).toBe(2020)

  writeFileSync(file, SEED.replace('destination: eve', 'destination: eva'))
  const refused = await reset()
  expect([refused.status, refused.json.error_detail.code]).toEqual([409, 'SEED_REFUSED'])
  expect(refused.json.error).toContain('seed.yaml:5: transactions[0].destination: there is no balance named "eva": did you mean "eve"?')
  await expect(gateway.reset()).rejects.toThrow('there is no balance named "eva"')
  expect(await eve()).toBe(2020)
})

test('what the Core refuses is told with its place, and the sandbox is empty then', async () => {
  writeFileSync(file, `${SEED}  - { name: out, amount: 99, source: eve, destination: "@World" }\n`)
  const refused = await reset()
  expect(refused.json.error).toMatch(/seed\.yaml:6: transactions\[1\]: the Core refuses it \(400\): .*insufficient funds/)
  expect((await admin('POST', '/instances', { name: 'of a seed that is refused', sandbox: true })).status).toBe(409)
  expect((await admin('GET', '/instances')).json.total).toBe(1)
  expect((await admin('GET', '/seed')).status).toBe(404)
  expect((await proxy('/ledgers')).json).toHaveLength(1)
  writeFileSync(file, SEED)
  await reset()
  expect(await eve()).toBe(1010)
})

test('the ids that docs/seeds.md tells are those that its seed gets', async () => {
  const [yaml, told] = ['yaml', 'json'].map((language) => new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``).exec(textOf('docs/seeds.md'))?.[1] as string) as [string, string]
  writeFileSync(file, yaml)
  expect((await reset()).status).toBe(204)
  expect((await admin('GET', '/seed')).json).toEqual(JSON.parse(told))
})
