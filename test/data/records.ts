import { expect } from 'vitest'
import { admin, call, ownInstance, type Answer, type Own } from '../support/gateway.js'

/** What the ledger of a test holds, made through the proxy; and the two ways to ask for it. */
export interface Records {
  readonly own: Own
  /** Ids, by a name of ours. */
  readonly ids: Readonly<Record<'savings' | 'loans' | 'jane' | 'acme' | 'usd' | 'eur' | 'bonus' | 'rent' | 'held' | 'large' | 'recon' | 'rule', string>>
  /** GET, with instance_id put behind the parameters. */
  get(path: string, query?: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** POST of a body: text as it is. */
  post(path: string, body: unknown, query?: Readonly<Record<string, string>>, headers?: Readonly<Record<string, string>>): Promise<Answer>
}

/** More digits than a double or a 64-bit integer has. */
export const LARGE = '123456789012345678901234567890'

export async function makeRecords (): Promise<Records> {
  const own = await ownInstance()
  const make = async (path: string, body: unknown): Promise<Answer['json']> => {
    const answer = await own.proxy('POST', path, body)
    expect(answer.status, answer.text).toBeLessThan(300)
    return answer.json
  }
  const savings = (await make('/ledgers', { name: 'Savings', meta_data: { tier: 'gold', app: { channel: 'web', level: 3, beta: null }, since: '2026-03-02T10:30:00+01:00' } })).ledger_id
  const loans = (await make('/ledgers', { name: 'Loans 100% \\ _ ünï 🏦', meta_data: { tier: 'silver', app: { channel: 'pos', level: '3' } } })).ledger_id
  const jane = (await make('/identities', { identity_type: 'individual', first_name: 'Jane', last_name: 'Doe', email_address: 'jane@example.com', dob: '1990-05-17T00:00:00Z', post_code: '123' })).identity_id
  const acme = (await make('/identities', { identity_type: 'organization', organization_name: 'Acme', category: 'shop', email_address: 'Acme@Example.com' })).identity_id
  const usd = (await make('/balances', { ledger_id: savings, currency: 'USD', identity_id: jane, meta_data: { kind: 'wallet' } })).balance_id
  const eur = (await make('/balances', { ledger_id: loans, currency: 'EUR' })).balance_id
  const pay = async (body: object): Promise<string> => (await make('/transactions', { precision: 100, currency: 'USD', source: '@World', destination: usd, allow_overdraft: true, skip_queue: true, ...body })).transaction_id
  const bonus = await pay({ amount: 10.5, reference: 'bonus', description: 'A bonus', meta_data: { order: { channel: 'web', lines: [1, 2] }, count: 2 } })
  const rent = await pay({ amount: 3, reference: '12345', description: 'Rent', source: usd, destination: '@Landlord', effective_date: '2025-01-31T10:00:30.250Z', meta_data: { count: 10 } })
  const held = await pay({ amount: 1, reference: 'held', description: 'Held', inflight: true })
  const { transaction_id: large } = await make('/transactions', `{"precise_amount":${LARGE},"precision":100,"currency":"EUR","source":"@World","destination":"${eur}","reference":"large","description":"Large","allow_overdraft":true,"skip_queue":true}`)
  const rule = (await make('/reconciliation/matching-rules', { name: 'Reference', description: 'Of the same reference', criteria: [{ field: 'reference', operator: 'equals' }] })).rule_id
  const externals = [{ id: 'ext_1', amount: 10.5, reference: 'bonus', currency: 'USD', description: 'Bonus', date: '2026-03-02T10:00:00Z', source: 'bank' }, { id: 'ext_2', amount: 7.25, reference: 'nothing', currency: 'USD', date: '2026-03-03T10:00:00Z', source: 'bank' }]
  const recon = (await make('/reconciliation/start-instant', { external_transactions: externals, matching_rule_ids: [rule], strategy: 'one_to_one' })).reconciliation_id
  expect((await admin('POST', `/admin/instances/${own.instanceId}/settle`)).status).toBeLessThan(300)

  const target = (path: string, query: Readonly<Record<string, string>>): string => `${own.url}${path}?${new URLSearchParams({ ...query, instance_id: own.instanceId }).toString()}`
  return {
    own,
    ids: { savings, loans, jane, acme, usd, eur, bonus, rent, held, large, recon, rule },
    get: async (path, query = {}, headers = {}) => await call(target(path, query), { headers: { Authorization: `Bearer ${own.apiKey}`, ...headers } }),
    post: async (path, body, query = {}, headers = {}) => await call(target(path, query), {
      method: 'POST',
      headers: { Authorization: `Bearer ${own.apiKey}`, 'Content-Type': 'application/json', ...headers },
      body: typeof body === 'string' ? body : JSON.stringify(body)
    })
  }
}
