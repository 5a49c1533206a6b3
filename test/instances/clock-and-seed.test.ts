import { beforeAll, beforeEach, expect, test } from 'vitest'
import { admin, ownInstance, type Answer, type Own } from '../support/gateway.js'

let own: Own
beforeAll(async () => { own = await ownInstance() })
beforeEach(async () => {
  await admin('POST', `/admin/instances/${own.instanceId}/reset`)
  await admin('POST', `/admin/instances/${own.instanceId}/clock`, { frozen: false })
})

const order = async (body: object): Promise<Answer['json']> => {
  const answer = await admin('POST', `/admin/instances/${own.instanceId}/clock`, body)
  expect(answer.status, answer.text).toBe(200)
  return answer.json
}
const pay = async (more: object): Promise<Answer['json']> => (await own.proxy('POST', '/transactions', {
  amount: 10, precision: 100, currency: 'USD', source: '@World', destination: '@Shop', description: 'Pay', allow_overdraft: true, ...more
})).json
const status = async (reference: string): Promise<string | undefined> => (await own.proxy('GET', `/transactions/reference/${reference}`)).json?.status

test('a frozen clock stands, and what is written has its time', async () => {
  expect(await order({ frozen: true, set: '2031-05-06T07:08:09Z' })).toEqual({ now: '2031-05-06T07:08:09Z', frozen: true })
  const ledger = (await own.proxy('POST', '/ledgers', { name: 'then' })).json
  expect(ledger.created_at).toMatch(/^2031-05-06T07:08:09/)
  expect((await pay({ reference: 'a', skip_queue: true })).created_at).toMatch(/^2031-05-06T07:08:09/)
  expect((await order({})).now).toBe('2031-05-06T07:08:09Z')
})

test('advancing runs what falls due on the way, at its own time and in order', async () => {
  await order({ frozen: true, set: '2031-01-01T00:00:00Z' })
  await pay({ reference: 'late', scheduled_for: '2031-01-03T00:00:00+00:00' })
  await pay({ reference: 'early', scheduled_for: '2031-01-02T00:00:00+00:00' })
  await pay({ reference: 'never', scheduled_for: '2031-02-02T00:00:00+00:00' })
  await order({ advance_ms: 12 * 3_600_000 })
  expect(await status('early_q')).toBeUndefined()
  expect((await order({ advance_ms: 3 * 24 * 3_600_000 })).now).toBe('2031-01-04T12:00:00Z')
  expect([await status('early_q'), await status('late_q'), await status('never_q')]).toEqual(['APPLIED', 'APPLIED', undefined])
})

test('settle answers when what was queued is applied', async () => {
  await pay({ reference: 'queued' })
  expect((await admin('POST', `/admin/instances/${own.instanceId}/settle`)).status).toBe(204)
  expect(await status('queued_q')).toBe('APPLIED')
})

test('a clock that is let go runs on from where it stood', async () => {
  await order({ frozen: true, set: '2031-01-01T00:00:00Z' })
  expect(await order({ frozen: false })).toMatchObject({ frozen: false, now: expect.stringMatching(/^2031-01-01T00:0/) })
  const { json: first } = await own.proxy('POST', '/ledgers', { name: 'one' })
  await expect.poll(async () => (await own.proxy('POST', '/ledgers', { name: 'two' })).json.created_at > first.created_at).toBe(true)
})

test('with one id_seed, the same requests get the same ids and, under a frozen clock, the same times', async () => {
  const run = async (seed: string): Promise<string[]> => {
    await admin('POST', `/admin/instances/${own.instanceId}/reset`, { id_seed: seed })
    await order({ frozen: true, set: '2031-01-01T00:00:00Z' })
    const texts = [(await own.proxy('POST', '/ledgers', { name: 'same' })).text]
    const paid = await pay({ reference: 'r', inflight: true })
    await admin('POST', `/admin/instances/${own.instanceId}/settle`)
    texts.push(JSON.stringify(paid), (await own.proxy('GET', '/transactions/reference/r_q')).text, (await own.proxy('GET', '/balances/indicator/@Shop/currency/USD')).text)
    return texts
  }
  const first = await run('a')
  expect(await run('a')).toEqual(first)
  expect((await run('b')).join()).not.toEqual(first.join())
  for (const id of first.join().match(/[a-z]+_[0-9a-f]{8}-\S{27}/g) ?? []) expect(id).toMatch(/^[a-z]+_[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
})

test('only a sandbox has a clock, and an order must be one', async () => {
  const { json: real } = await admin('POST', '/admin/instances', { name: 'real' })
  expect((await admin('POST', `/admin/instances/${real.instance_id}/clock`, { frozen: true })).status).toBe(400)
  await admin('DELETE', `/admin/instances/${real.instance_id}`)
  for (const body of [{ frozen: 'yes' }, { set: 'tomorrow' }, { advance_ms: -1 }, { advance: 5 }]) expect((await admin('POST', `/admin/instances/${own.instanceId}/clock`, body)).status).toBe(400)
})
