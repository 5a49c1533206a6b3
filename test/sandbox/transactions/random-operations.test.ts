import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { brokenLaws, testLedger, transaction, type Answer, type TestLedger } from './ledger.js'

const seed = Number(process.env['TEST_SEED'] ?? Math.floor(Math.random() * 2 ** 31))
// A tenth in `npm test`, all in `npm run test:long`.
const IS_LONG = process.env['TEST_LONG'] === '1'
const OPERATIONS = IS_LONG ? 10_000 : 1_000
const AT_A_TIME = 16

let lab: TestLedger
afterEach(async () => { await lab.close() })

const name = fc.constantFrom('@a', '@b', '@c', '@d', '@e')
const amount = fc.integer({ min: 1, max: 500 })
const currency = fc.constantFrom('USD', 'EUR')
/** References repeat on purpose: each may be used once. */
const reference = fc.nat(4 * OPERATIONS).map((n) => `r${n}`)
const flags = { skip_queue: fc.boolean(), inflight: fc.boolean(), allow_overdraft: fc.boolean() }
const single = fc.record({ source: name, destination: name, precise_amount: amount, currency, reference, ...flags })
const split = fc.record({ ends: fc.uniqueArray(name, { minLength: 3, maxLength: 4 }), percent: fc.integer({ min: 1, max: 60 }), precise_amount: amount, currency, reference, many: fc.constantFrom('sources', 'destinations'), ...flags })
const operation = fc.oneof(
  { weight: 8, arbitrary: fc.record({ op: fc.constant('post' as const), body: single }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('split' as const), body: split }) },
  { weight: 4, arbitrary: fc.record({ op: fc.constant('settle' as const), which: fc.nat(), action: fc.constantFrom('commit', 'void'), precise_amount: fc.integer({ min: 0, max: 300 }), skip_queue: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ op: fc.constant('refund' as const), which: fc.nat(), skip_queue: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('bulk' as const), items: fc.array(single, { minLength: 1, maxLength: 5 }), atomic: fc.boolean(), inflight: fc.boolean(), skip_queue: fc.boolean() }) }
)
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never

const bodyOf = ({ precise_amount: precise, ...rest }: object & { precise_amount: number }): object => transaction({ ...rest, amount: undefined, precise_amount: precise })

function splitBody ({ ends, percent, many, ...rest }: Extract<Operation, { op: 'split' }>['body']): object {
  const [one, ...others] = ends as [string, ...string[]]
  const legs = others.map((identifier, i) => ({ identifier, distribution: i === others.length - 1 ? 'left' : `${percent / others.length}%` }))
  return bodyOf({ ...rest, source: undefined, destination: undefined, ...(many === 'sources' ? { sources: legs, destination: one } : { destinations: legs, source: one }) } as never)
}

async function perform (made: string[], each: Operation): Promise<Answer> {
  const some = 'which' in each ? made[each.which % Math.max(1, made.length)] ?? 'txn_none' : ''
  switch (each.op) {
    case 'post': return await lab.send('POST', '/transactions', bodyOf(each.body))
    case 'split': return await lab.send('POST', '/transactions', splitBody(each.body))
    case 'settle': return await lab.send('PUT', `/transactions/inflight/${some}`, { status: each.action, skip_queue: each.skip_queue, ...(each.precise_amount === 0 ? {} : { precise_amount: each.precise_amount }) })
    case 'refund': return await lab.send('POST', `/refund-transaction/${some}`, { skip_queue: each.skip_queue })
    case 'bulk': return await lab.send('POST', '/transactions/bulk', { transactions: each.items.map((item, i) => ({ ...bodyOf(item), reference: `${item.reference}-${i}` })), atomic: each.atomic, inflight: each.inflight, skip_queue: each.skip_queue })
  }
}

async function expectLawful (answers: readonly Answer[]): Promise<void> {
  expect(answers.filter(({ status }) => status >= 500).map(({ body }) => body)).toEqual([])
  expect(await brokenLaws(lab)).toEqual([])
  const { db, schema } = lab.ledger
  const { rows: twice } = await db.query(`SELECT reference FROM ${schema}.transactions GROUP BY reference HAVING count(*) > 1`)
  expect(twice).toEqual([])
  // No hold gives more than it holds, and none is both wholly committed and voided.
  const { rows: over } = await db.query(`SELECT h.transaction_id FROM ${schema}.transactions AS h JOIN ${schema}.transactions AS c ON c.parent_transaction = h.transaction_id
    WHERE h.status = 'INFLIGHT' AND c.status IN ('APPLIED', 'VOID') GROUP BY h.transaction_id, h.precise_amount HAVING sum(c.precise_amount) > h.precise_amount`)
  expect(over).toEqual([])
}

const operations = (): Operation[] => fc.sample(operation, { numRuns: OPERATIONS, seed })

/** All that the ledger holds, without what a run is free to choose. */
async function ending (): Promise<string> {
  const { db, schema } = lab.ledger
  const { rows } = await db.query(`SELECT reference, status, source, destination, precise_amount, currency, transaction_id, created_at FROM ${schema}.transactions ORDER BY id`)
  const { rows: balances } = await db.query(`SELECT indicator, currency, balance, inflight_balance, credit_balance, debit_balance FROM ${schema}.balances ORDER BY id`)
  return JSON.stringify([rows, balances])
}

async function inSequence (): Promise<Answer[]> {
  const made: string[] = []
  const answers: Answer[] = []
  let done = 0
  for (const each of operations()) {
    const answer = await perform(made, each)
    answers.push(answer)
    if (typeof answer.body['transaction_id'] === 'string') made.push(answer.body['transaction_id'])
    if (++done % 50 === 0) await lab.settle()
  }
  await lab.settle()
  return answers
}

test(`${OPERATIONS} random operations in sequence keep the laws, and one seed has one end (seed ${seed})`, async () => {
  console.log(`seed ${seed}`)
  const ends: string[] = []
  for (let run = 0; run < 2; run++) {
    if (run > 0) await lab.close()
    lab = await testLedger()
    await lab.ledger.db.query(`SELECT ${lab.ledger.schema}.seed_uuids('s')`)
    lab.ledger.ids.seed('s')
    lab.ledger.clock.set({ frozenAt: Date.UTC(2031, 0, 1) * 1000, ahead: 0 })
    await expectLawful(await inSequence())
    ends.push(await ending())
  }
  expect(ends[1]).toBe(ends[0])
}, IS_LONG ? 30 * 60_000 : 120_000)

test(`${OPERATIONS} random operations, ${AT_A_TIME} at a time, keep the laws (seed ${seed})`, async () => {
  console.log(`seed ${seed}`)
  lab = await testLedger()
  const made: string[] = []
  const answers: Answer[] = []
  const rest = operations()
  await Promise.all(Array.from({ length: AT_A_TIME }, async (_, worker) => {
    for (let each = rest.pop(); each !== undefined; each = rest.pop()) {
      const answer = await perform(made, each)
      answers.push(answer)
      if (typeof answer.body['transaction_id'] === 'string') made.push(answer.body['transaction_id'])
      if (worker === 0 && answers.length % 40 === 0) await lab.settle()
    }
  }))
  await lab.settle()
  await expectLawful(answers)
}, IS_LONG ? 30 * 60_000 : 120_000)
