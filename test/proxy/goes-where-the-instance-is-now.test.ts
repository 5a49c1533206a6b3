import { expect, onTestFinished, test } from 'vitest'
import { admin, ownInstance } from '../support/gateway.js'
import { connect } from '../support/raw-client.js'
import { ok } from '../support/proxy.js'
import { startUpstream, type Upstream } from '../support/upstream.js'

async function startCore (): Promise<Upstream> {
  const core = await startUpstream(ok('{}'))
  onTestFinished(async () => { await core.close() })
  return core
}

test('a body that is under way while the instance is given another URL and key reaches the new Core, with its key', async () => {
  const [before, after] = [await startCore(), await startCore()]
  const own = await ownInstance({ name: 'moves', core_url: before.origin, core_key: 'old-key' })
  const caller = await connect(own.url)
  const body = '{"amount":1}'
  caller.send(`POST /proxy/transactions?instance_id=${own.instanceId} HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${own.apiKey}\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`)
  expect((await caller.answer()).status).toBe(100)

  expect((await admin('PUT', `/admin/instances/${own.instanceId}`, { core_url: after.origin, core_key: 'new-key' })).status).toBe(200)
  caller.send(body)
  expect((await caller.answer()).status).toBe(200)
  caller.socket.destroy()
  expect([before.received.length, after.received.length]).toEqual([0, 1])
  expect(after.received[0]!.headers.filter(([name]) => name.toLowerCase() === 'x-blnk-key')).toEqual([['X-Blnk-Key', 'new-key']])
})
