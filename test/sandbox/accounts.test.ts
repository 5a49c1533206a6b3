import { expect, test } from 'vitest'
import { openCore } from './core.js'

test('an account takes ledger, currency, holder and name from its balance', async () => {
  const { send } = await openCore()
  const { ledger_id: ledger } = (await send('POST', '/ledgers', { name: 'L' })).json
  const { identity_id: identity } = (await send('POST', '/identities', { identity_type: 'organization', organization_name: 'ACME' })).json
  const { balance_id: balance } = (await send('POST', '/balances', { ledger_id: ledger, currency: 'USD', identity_id: identity })).json
  const made = await send('POST', '/accounts', { balance_id: balance, number: '1', bank_name: 'B', meta_data: { a: 1 } })
  expect(made.status).toBe(201)
  expect(made.json).toMatchObject({ name: 'ACME', number: '1', bank_name: 'B', currency: 'USD', ledger_id: ledger, identity_id: identity, balance_id: balance, ledger: null, balance: null, identity: null, meta_data: { a: 1 } })

  const id = made.json['account_id'] as string
  const full = (await send('GET', `/accounts/${id}?include=balance&include=ledger&include=identity`)).json
  expect(full).toMatchObject({ balance: { balance_id: balance, balance: 0, inflight_balance: null }, ledger: { name: 'L', meta_data: null }, identity: { organization_name: 'ACME' } })
  expect(JSON.parse((await send('GET', '/accounts')).text)).toMatchObject([{ account_id: id, ledger_id: '', balance_id: '', identity_id: '' }])
  expect(JSON.parse((await send('GET', '/accounts?number_eq=2')).text)).toBe(null)
  // A number is taken once; Core says no more than this either.
  expect((await send('POST', '/accounts', { balance_id: balance, number: '1' })).status).toBe(500)
})

test('a balance of nobody has no account, and a mocked one has twelve digits', async () => {
  const { send } = await openCore()
  const { ledger_id: ledger } = (await send('POST', '/ledgers', { name: 'L' })).json
  const { balance_id: balance } = (await send('POST', '/balances', { ledger_id: ledger, currency: 'USD' })).json
  const refused = await send('POST', '/accounts', { balance_id: balance, number: '1' })
  expect([refused.status, refused.json['error']]).toEqual([404, "Identity with ID '' not found"])
  expect((await send('GET', '/mocked-account')).text).toMatch(/^\{"account_number":"\d{12}","bank_name":"Blnk Bank"\}$/)
})
