import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { brokenLaws, testLedger, transaction, type TestLedger } from './ledger.js'

let lab: TestLedger
beforeAll(async () => { lab = await testLedger() })
afterAll(async () => { await lab.close() })

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))

interface Hold { readonly id: string, readonly from: string, readonly to: string, left: bigint, open: boolean }

/** What a ledger is: balances that move by whole minor units, and holds on them. */
class Model {
  readonly balances = new Map<string, bigint>()
  readonly held = new Map<string, bigint>()
  readonly holds: Hold[] = []
  readonly sales: Array<{ readonly id: string, readonly from: string, readonly to: string, readonly amount: bigint, refunded: boolean }> = []

  move (from: string, to: string, amount: bigint): void {
    this.balances.set(from, (this.balances.get(from) ?? 0n) - amount)
    this.balances.set(to, (this.balances.get(to) ?? 0n) + amount)
  }

  hold (from: string, amount: bigint): void { this.held.set(from, (this.held.get(from) ?? 0n) + amount) }
  available (name: string): bigint { return (this.balances.get(name) ?? 0n) - (this.held.get(name) ?? 0n) }
}

const step = fc.oneof(
  fc.record({ kind: fc.constantFrom('post', 'queue', 'hold'), from: fc.nat(3), to: fc.nat(3), amount: fc.integer({ min: 1, max: 900 }), overdraft: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('commit', 'void', 'refund'), which: fc.nat(9), amount: fc.integer({ min: 0, max: 400 }) })
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

async function move (model: Model, prefix: string, { kind, from, to, amount, overdraft }: Extract<Step, { from: number }>): Promise<void> {
  if (from === to) return
  const [source, destination] = [`${prefix}${from}`, `${prefix}${to}`]
  const allowed = overdraft || model.available(source) >= BigInt(amount)
  const { status, body } = await lab.send('POST', '/transactions', transaction({
    amount: undefined, precise_amount: amount, source, destination, allow_overdraft: overdraft, inflight: kind === 'hold', skip_queue: kind !== 'queue'
  }))
  if (kind === 'queue') await lab.settle()
  else expect(status).toBe(allowed ? 201 : 400)
  if (!allowed) return
  const id = body['transaction_id'] as string
  if (kind === 'hold') {
    model.hold(source, BigInt(amount))
    model.holds.push({ id, from: source, to: destination, left: BigInt(amount), open: true })
    return
  }
  model.move(source, destination, BigInt(amount))
  if (kind === 'post') model.sales.push({ id, from: source, to: destination, amount: BigInt(amount), refunded: false })
}

async function settle (model: Model, { kind, which, amount }: Extract<Step, { which: number }>): Promise<void> {
  if (kind === 'refund') {
    const sale = model.sales[which % Math.max(1, model.sales.length)]
    if (sale === undefined || sale.refunded) return
    expect((await lab.send('POST', `/refund-transaction/${sale.id}`, { skip_queue: true })).status).toBe(201)
    sale.refunded = true
    model.move(sale.to, sale.from, sale.amount)
    return
  }
  const hold = model.holds[which % Math.max(1, model.holds.length)]
  if (hold === undefined) return
  const wanted = kind === 'void' || amount === 0 ? hold.left : BigInt(amount)
  const possible = hold.open && hold.left > 0n && wanted <= hold.left
  const { status } = await lab.send('PUT', `/transactions/inflight/${hold.id}`, { status: kind, ...(amount === 0 ? {} : { precise_amount: amount }), skip_queue: true })
  expect(status === 200).toBe(possible)
  if (!possible) return
  model.hold(hold.from, -wanted)
  hold.left -= wanted
  if (kind === 'void') hold.open = false
  else model.move(hold.from, hold.to, wanted)
}

test(`any sequence of postings, holds, settlements and refunds ends as the model says (seed ${seed})`, async () => {
  console.log(`seed ${seed}`)
  let run = 0
  await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
    const model = new Model()
    const prefix = `@m${++run}-`
    for (const each of steps) await ('from' in each ? move(model, prefix, each) : settle(model, each))
    for (const [name, amount] of model.balances) {
      const balance = await lab.balance(name)
      expect([balance.balance, balance.inflight_debit_balance]).toEqual([amount, model.held.get(name) ?? 0n])
    }
    expect(await brokenLaws(lab)).toEqual([])
  }), { seed, numRuns: 15 })
}, 60_000)
