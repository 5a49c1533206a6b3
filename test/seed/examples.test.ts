import Fastify from 'fastify'
import { readdirSync } from 'node:fs'
import { parse } from 'yaml'
import { Agent } from 'undici'
import { afterAll, expect, test } from 'vitest'
import { Turns } from '../../src/proxy/turns.js'
import { applySeed } from '../../src/seed/apply.js'
import { seedSchema } from '../../src/seed/members.js'
import { seedSource, type ReadSeed } from '../../src/seed/source.js'
import type { Upstream } from '../../src/gateway/row.js'
import type { Ids } from '../../src/seed/value.js'
import { ROOT, textOf } from '../house/source-files.js'
import { admin, call, type Answer } from '../support/gateway.js'

const dispatcher = new Agent()
afterAll(async () => { await dispatcher.close() })

const read = (name: string): ReadSeed => (seedSource(`${ROOT}/examples/seeds/${name}.yaml`) as () => ReadSeed)()

interface Applied { readonly ids: Ids, get(path: string): Promise<Answer> }

/** A sandbox of the shared gateway with this example in it. */
async function apply (name: string): Promise<Applied> {
  const { json: made } = await admin('POST', '/admin/instances', { name, sandbox: true })
  afterAll(async () => { await admin('DELETE', `/admin/instances/${made.instance_id}`) })
  const key = made.sandbox_core_key as string
  const upstream: Upstream = { origin: made.sandbox_core_url, basePath: '', key, dispatcher, turns: new Turns({ most: 16, mostWaiting: 0, waitMs: 1 }) }
  const ids = await applySeed(read(name).seed, upstream, async () => {})
  return { ids, get: async (path) => await call(made.sandbox_core_url + path, { headers: { 'X-Blnk-Key': key } }) }
}

/** Minor units of each named balance, by its id, and of each indicator, `@Name/CURRENCY`. */
async function expectBalances ({ ids, get }: Applied, expected: Readonly<Record<string, string>>): Promise<void> {
  const found = await Promise.all(Object.keys(expected).map(async (name) => {
    const { text } = await get(name.startsWith('@') ? `/balances/indicator/${name.replace('/', '/currency/')}` : `/balances/${ids.balances[name]}`)
    return [name, /"balance":(-?\d+)/.exec(text)?.[1]]
  }))
  expect(Object.fromEntries(found)).toEqual(expected)
}

test('wallet', async () => {
  const applied = await apply('wallet')
  await expectBalances(applied, {
    alice_usd: '58450', alice_eur: '9200', bob_usd: '14560', corner_shop_usd: '4000', fees_usd: '40', fx_usd: '10000', fx_eur: '-9200', '@World/USD': '-87050'
  })
  const { json: hold } = await applied.get(`/transactions/${applied.ids.transactions['alice_hotel_hold']}`)
  expect([hold.status, hold.precise_amount]).toEqual(['INFLIGHT', 20000])
  expect((await applied.get(`/balances/${applied.ids.balances['alice_usd']}?include=identity`)).json.identity.first_name).toBe('Alice')
})

test('marketplace', async () => {
  const applied = await apply('marketplace')
  await expectBalances(applied, {
    dana: '21510', emil: '29000', order_1001: '0', order_1002: '21000', order_1003: '0', commission: '849', shipping: '490', pottery: '2151', prints: '0', '@World/EUR': '-75000'
  })
  const then = await applied.get(`/balances/${applied.ids.balances['order_1001']}/at?timestamp=2025-01-15T00:00:00Z`)
  expect(then.json.balance.balance).toBe(8490)
})

test('lending', async () => {
  const applied = await apply('lending')
  await expectBalances(applied, {
    harbour: '200000000', pool: '219500000', ngozi_cash: '54487450', ngozi_loan: '-55500000', tunde_loan: '-25000000', tunde_cash: '25000000', interest: '900000', loan_fees: '112550', '@LoansOut/NGN': '80500000', '@World/NGN': '-500000000'
  })
  expect((await applied.get('/transactions/reference/ngozi_pays_2')).json.status).toBe('SCHEDULED')
})

const files = readdirSync(`${ROOT}/examples/seeds`)

test('every example is tested here', () => { expect(files.sort()).toEqual(['lending.yaml', 'marketplace.yaml', 'wallet.yaml']) })

test('docs/seed.schema.json is the one of the program', () => {
  expect(JSON.parse(textOf('docs/seed.schema.json'))).toEqual(seedSchema())
})

test('editors that check by the schema accept the examples, and refuse what is wrong', async () => {
  const app = Fastify({ ajv: { customOptions: { allowUnionTypes: true, coerceTypes: false, removeAdditional: false } } })
  app.post('/', { schema: { body: seedSchema() } }, async () => ({}))
  const send = async (payload: object): Promise<number> => (await app.inject({ method: 'POST', url: '/', payload })).statusCode
  for (const file of files) expect(await send(parse(textOf(`examples/seeds/${file}`)) as object), file).toBe(200)
  expect(await send({ ledgers: { a: { nam: 'A' } } })).toBe(400)
  expect(await send({ balances: { a: { ledger: 'a' } } })).toBe(400)
  expect(await send({ transactions: [{ amount: 'ten' }] })).toBe(400)
  await app.close()
})
