import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createBalance } from '../../../src/sandbox/balances/balance.js'
import { createIdentity, identityRequest } from '../../../src/sandbox/identities/identity.js'
import { brokenLaws, testLedger, transaction, type Answer, type TestLedger } from '../transactions/ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

interface Provider { readonly provider: string, readonly amount: number, readonly available: number, readonly spent: number, readonly shadow_balance_id: string }
interface Lineage { readonly total_with_lineage: number, readonly aggregate_balance_id: string, readonly providers: readonly Provider[] }

async function person (over: Readonly<Record<string, string>> = {}): Promise<string> {
  const identity = await createIdentity(lab.ledger, { ...identityRequest.zero(), first_name: 'Ada', last_name: 'Byron', ...over })
  return (identity as { identity_id: string }).identity_id
}

async function tracked (strategy = 'FIFO', identityId?: string): Promise<string> {
  const row = await createBalance(lab.ledger, { ledgerId: 'general_ledger_id', identityId: identityId ?? await person(), currency: 'USD', indicator: '', metadata: null, lineage: true, strategy })
  return row.balance_id
}

async function post (over: Readonly<Record<string, unknown>>): Promise<Answer> {
  const answer = await lab.send('POST', '/transactions', transaction({ amount: undefined, ...over }))
  expect(answer.status).toBe(201)
  return answer
}

const fund = async (to: string, provider: string, amount: number | string, over: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  await post({ precise_amount: amount, destination: to, meta_data: { BLNK_LINEAGE_PROVIDER: provider }, ...over })
const spend = async (from: string, amount: number, over: Readonly<Record<string, unknown>> = {}): Promise<Answer> =>
  await post({ precise_amount: amount, source: from, destination: '@Shop', ...over })

const lineageOf = async (id: string): Promise<Lineage> => (await lab.send('GET', `/balances/${id}/lineage`)).body as unknown as Lineage
const available = async (id: string): Promise<Record<string, number>> => Object.fromEntries((await lineageOf(id)).providers.map((each) => [each.provider, each.available]))
const indicatorOf = async (id: string): Promise<string> => (await lab.one<{ indicator: string }>(`SELECT indicator FROM ${lab.ledger.schema}.balances WHERE balance_id = $1`, [id])).indicator

/** What each strategy takes from each provider, in the order they came. */
function allocate (strategy: string, funds: ReadonlyMap<string, bigint>, amount: bigint): Map<string, bigint> {
  const sources = [...funds].filter(([, left]) => left > 0n)
  if (strategy === 'LIFO') sources.reverse()
  const total = sources.reduce((sum, [, left]) => sum + left, 0n)
  let rest = amount < total ? amount : total
  const all = rest
  return new Map(sources.map(([provider, left], i) => {
    const share = strategy === 'PROPORTIONAL' && i < sources.length - 1 ? all * left / total : rest < left ? rest : left
    rest -= share
    return [provider, share]
  }))
}

const amount = fc.integer({ min: 1, max: 5000 })
const step = fc.record({ provider: fc.constantFrom('', '', 'stripe', 'paypal', 'bank'), amount })

test.each(['FIFO', 'LIFO', 'PROPORTIONAL'])(`%s takes each spending from the providers it says, to the minor unit (seed ${seed})`, async (strategy) => {
  console.log(`seed ${seed}`)
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 12 }), async (steps) => {
    const id = await tracked(strategy, await person({ first_name: `N${lab.ledger.ids.next('n')}` }))
    const funds = new Map<string, bigint>()
    for (const each of steps) {
      if (each.provider === '') {
        const { body } = await spend(id, each.amount)
        await lab.settle()
        const taken = [...allocate(strategy, funds, BigInt(each.amount))].filter(([, share]) => share > 0n)
        for (const [provider, share] of taken) funds.set(provider, (funds.get(provider) as bigint) - share)
        const told = (await lab.send('GET', `/transactions/${body['transaction_id'] as string}/lineage`)).body['fund_allocation'] ?? []
        expect(told).toEqual(taken.map(([provider, share]) => ({ provider, amount: Number(share) })))
      } else {
        await fund(id, each.provider, each.amount)
        await lab.settle()
        funds.set(each.provider, (funds.get(each.provider) ?? 0n) + BigInt(each.amount))
      }
      expect(await available(id)).toEqual(Object.fromEntries([...funds].map(([provider, left]) => [provider, Number(left)])))
    }
    expect(await brokenLaws(lab)).toEqual([])
  }), { seed, numRuns: 6 })
}, 120_000)

test('thirty digits are followed exactly', async () => {
  const id = await tracked('PROPORTIONAL', await person({ first_name: 'Huge' }))
  const big = '100000000000000000000000000001'
  for (const [provider, text] of [['a', big], ['b', '3']] as const) {
    const body = `{"precise_amount":${text},"precision":100,"reference":"big-${provider}","currency":"USD","source":"@World","destination":"${id}","description":"x","allow_overdraft":true,"skip_queue":true,"meta_data":{"BLNK_LINEAGE_PROVIDER":"${provider}"}}`
    expect((await lab.send('POST', '/transactions', body)).status).toBe(201)
  }
  await lab.settle()
  await spend(id, 2)
  await lab.settle()
  const rows = await lab.ledger.db.query<{ left: string }>(`SELECT b.debit_balance - b.credit_balance AS left FROM ${lab.ledger.schema}.lineage_mappings AS m JOIN ${lab.ledger.schema}.balances AS b ON b.balance_id = m.shadow_balance_id WHERE m.balance_id = $1 ORDER BY m.id`, [id])
  // 2 * big / (big + 3) is 1 and a bit; what was cut off goes to the last.
  expect(rows.rows.map(({ left }) => left)).toEqual(['100000000000000000000000000000', '2'])
})

test('shadows are named after the identity, and those of one identity are shared', async () => {
  const owner = await person({ first_name: 'Zoë', last_name: 'De Vries' })
  const [one, two] = [await tracked('FIFO', owner), await tracked('FIFO', owner)]
  await fund(one, 'Stripe', 100)
  await fund(two, 'Stripe', 50)
  await lab.settle()
  const lineage = await lineageOf(one)
  expect(lineage.providers).toMatchObject([{ provider: 'Stripe', amount: 150, available: 150 }])
  expect(await indicatorOf(lineage.aggregate_balance_id)).toBe(`@zoë_de vries_${owner.slice(0, 8)}_lineage`)
  expect(await indicatorOf(lineage.providers[0]?.shadow_balance_id ?? '')).toBe(`@Stripe_zoë_de vries_${owner.slice(0, 8)}_lineage`)

  const firm = await person({ first_name: '', organization_name: 'Big Firm' })
  const nobody = await person({ first_name: '' })
  for (const [each, name] of [[firm, `@big_firm_${firm.slice(0, 8)}_lineage`], [nobody, `@${nobody}_lineage`]] as const) {
    const id = await tracked('FIFO', each)
    await fund(id, 'p', 1)
    await lab.settle()
    expect(await indicatorOf((await lineageOf(id)).aggregate_balance_id)).toBe(name)
  }
})

test('funds that go to another tracked balance keep their providers', async () => {
  const [giver, taker] = [await tracked('FIFO', await person({ first_name: 'Giver' })), await tracked('FIFO', await person({ first_name: 'Taker' }))]
  await fund(giver, 'stripe', 100)
  await fund(giver, 'paypal', 100)
  await lab.settle()
  const { body } = await spend(giver, 130, { destination: taker })
  await lab.settle()
  expect(await available(giver)).toEqual({ stripe: 0, paypal: 70 })
  expect(await available(taker)).toEqual({ stripe: 100, paypal: 30 })
  const shadows = (await lab.send('GET', `/transactions/${body['transaction_id'] as string}/lineage`)).body['shadow_transactions'] as Array<{ reference: string, meta_data: Record<string, unknown> }>
  expect(shadows.map((each) => [each.reference.replace(body['reference'] as string, ''), each.meta_data['_lineage_type'], each.meta_data['_main_balance']])).toEqual([
    ['_release_stripe', 'release', giver], ['_receive_stripe', 'receive', taker], ['_release_paypal', 'release', giver], ['_receive_paypal', 'receive', taker]
  ])
})

test('a tracked balance passes on no provider that it does not have', async () => {
  const [giver, taker] = [await tracked('FIFO', await person({ first_name: 'Plain' })), await tracked('FIFO', await person({ first_name: 'Other' }))]
  await fund(giver, 'stripe', 100)
  await lab.settle()
  await spend(giver, 10, { destination: taker, meta_data: { BLNK_LINEAGE_PROVIDER: 'invented' } })
  await lab.settle()
  expect(await available(taker)).toEqual({ stripe: 10 })
})

test.each(['commit', 'void'])('shadows of a hold are settled by its %s', async (action) => {
  const id = await tracked('FIFO', await person({ first_name: action }))
  await fund(id, 'stripe', 100)
  await lab.settle()
  const { body } = await spend(id, 40, { inflight: true })
  await lab.settle()
  expect(await available(id)).toEqual({ stripe: 100 })
  expect((await lab.send('PUT', `/transactions/inflight/${body['transaction_id'] as string}`, { status: action, skip_queue: true })).status).toBe(200)
  expect(await available(id)).toEqual({ stripe: action === 'commit' ? 60 : 100 })
  expect(await brokenLaws(lab)).toEqual([])
})

test.each(['commit', 'void'])('a %s that comes before the shadows are made settles them all the same', async (action) => {
  const id = await tracked('FIFO', await person({ first_name: `early${action}` }))
  const { body } = await fund(id, 'stripe', 100, { inflight: true })
  await lab.send('PUT', `/transactions/inflight/${body['transaction_id'] as string}`, { status: action, skip_queue: true })
  await lab.settle()
  expect((await lineageOf(id)).providers).toMatchObject([{ amount: action === 'commit' ? 100 : 0 }])
  expect(await lab.balance((await lineageOf(id)).aggregate_balance_id)).toMatchObject({ inflight_credit_balance: 0n })
})

test('queued transactions and batches are followed, and the outbox says so', async () => {
  const id = await tracked('FIFO', await person({ first_name: 'Queued' }))
  const meta = { BLNK_LINEAGE_PROVIDER: 'stripe' }
  await lab.send('POST', '/transactions', transaction({ amount: 1, destination: id, skip_queue: false, meta_data: meta, reference: 'followed' }))
  await lab.send('POST', '/transactions/bulk', { skip_queue: true, transactions: [transaction({ amount: 2, destination: id, meta_data: meta })] })
  await lab.settle()
  expect(await available(id)).toEqual({ stripe: 300 })
  expect(await lab.one(`SELECT o.status, o.lineage_type, o.provider, o.payload ->> 'precise_amount' AS amount FROM ${lab.ledger.schema}.lineage_outbox AS o
    JOIN ${lab.ledger.schema}.transactions AS t USING (transaction_id) WHERE t.reference = 'followed_q'`)).toEqual({ status: 'completed', lineage_type: 'credit', provider: 'stripe', amount: '100' })
  expect(await lab.rows("reference = 'followed_q_shadow_stripe'")).toHaveLength(1)
})

test('what cannot be followed is tried again, and leaves nothing half done', async () => {
  const id = await tracked('FIFO', await person({ first_name: 'Twice' }))
  await fund(id, 'stripe', 100)
  await lab.settle()
  await post({ precise_amount: 5, destination: '@Other', reference: 'taken_shadow_stripe' })
  await fund(id, 'stripe', 7, { reference: 'taken' })
  await lab.settle()
  expect(await available(id)).toEqual({ stripe: 100 })
  expect(await lab.one(`SELECT status, attempts, last_error FROM ${lab.ledger.schema}.lineage_outbox ORDER BY id DESC LIMIT 1`)).toEqual({
    status: 'pending', attempts: 1, last_error: 'transaction validation failed: reference taken_shadow_stripe has already been used'
  })
  expect(await lab.one(`SELECT count(*)::int AS left FROM ${lab.ledger.schema}.queue WHERE kind = 'lineage' AND due_at > $1::timestamp`, [lab.ledger.clock.now().json])).toEqual({ left: 1 })
})
