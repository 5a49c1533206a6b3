import { expect, onTestFinished, test } from 'vitest'
import { startOwnApp } from '../support/app.js'
import { call, type Answer } from '../support/gateway.js'

// In a gateway of its own: where no instance is named, each one is asked, and in the shared one those are other tests' too.
test('a flag that names no instance is of the one that has the entity, though another does not answer', async () => {
  const { app, started } = await startOwnApp({ EPHEMERAL: 'true' })
  onTestFinished(async () => { await app.close() })
  const ask = async (token: string, method: string, path: string, body?: object): Promise<Answer> => await call(started.url + path, {
    method, headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) })
  })
  const [key, admin] = [started.apiKey as string, started.adminToken as string]
  const made = async (name: string, more: object = {}): Promise<string> => (await ask(admin, 'POST', '/admin/instances', { name, ...more })).json.instance_id as string
  await made('gone', { core_url: 'http://127.0.0.1:9' })
  const [id, other] = [await made('one', { sandbox: true }), await made('other', { sandbox: true })]
  const { json: identity } = await ask(key, 'POST', `/proxy/identities?instance_id=${id}`, { identity_type: 'individual', first_name: 'Ada', last_name: 'L' })
  const { json: ledger } = await ask(key, 'POST', `/proxy/ledgers?instance_id=${other}`, { name: 'x' })
  const { json: balance } = await ask(key, 'POST', `/proxy/balances?instance_id=${other}`, { ledger_id: ledger.ledger_id, currency: 'USD' })
  for (const [entity, instance] of [[identity.identity_id, id], [balance.balance_id, other]] as const) {
    const answer = await ask(key, 'POST', `/alerts/flag/${entity as string}`, { description: 'd' })
    expect([answer.status, answer.json.instance_id]).toEqual([201, instance])
  }
  const none = await ask(key, 'POST', '/alerts/flag/idt_00000000-0000-4000-8000-000000000000', { description: 'd' })
  expect([none.status, none.json.error_detail.code]).toEqual([502, 'ENTITY_NOT_CHECKED'])
})
