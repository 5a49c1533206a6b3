import { inject } from 'vitest'
import { call, type Answer, type Own } from '../support/gateway.js'

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>

/** Calls of the shared gateway with a key; text is sent as it is. */
export const asking = (key: string): Ask => async (method, path, body) => await call(inject('gateway').url + path, {
  method,
  headers: { Authorization: `Bearer ${key}`, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
  ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) })
})

/** One of each kind that can be flagged. */
export async function flaggable (own: Own): Promise<{ balance: string, transaction: string, identity: string }> {
  const ledger = (await own.proxy('POST', '/ledgers', { name: 'flagged' })).json.ledger_id as string
  const { json: balance } = await own.proxy('POST', '/balances', { ledger_id: ledger, currency: 'USD' })
  const { json: identity } = await own.proxy('POST', '/identities', { identity_type: 'individual', first_name: 'Ada', last_name: 'L' })
  const { json: transaction } = await own.proxy('POST', '/transactions', { amount: 1, currency: 'USD', source: '@World', destination: balance.balance_id, description: 'x', allow_overdraft: true, skip_queue: true })
  return { balance: balance.balance_id as string, transaction: transaction.transaction_id as string, identity: identity.identity_id as string }
}
