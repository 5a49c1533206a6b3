import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { startOwnApp } from '../support/app.js'
import { call } from '../support/gateway.js'

test('a stop lets the running request end, accepts no other, and waits for no connection that is kept alive', async () => {
  const core = createServer()
  core.listen(0, '127.0.0.1')
  await once(core, 'listening')
  const { app, started } = await startOwnApp({
    EPHEMERAL: 'true', SANDBOX: 'off', BLNK_API_KEY: 'blnk_0123456789abcdef', SHUTDOWN_TIMEOUT_MS: '600000', CORE_URL: `http://127.0.0.1:${(core.address() as AddressInfo).port}`
  })
  const request = call(`${started.url}/proxy/ledgers?instance_id=inst_core`, { headers: { Authorization: 'Bearer blnk_0123456789abcdef' } })
  const [, response] = await once(core, 'request') as [unknown, ServerResponse]
  const closed = app.close()
  await expect.poll(async () => await fetch(`${started.url}/health/live`).then(() => 'answered', () => 'refused')).toBe('refused')
  response.end('[]')
  expect((await request).text).toBe('[]')
  await closed
  core.close()
})

test('a request that does not end is cut after SHUTDOWN_TIMEOUT_MS', async () => {
  const core = createServer()
  core.listen(0, '127.0.0.1')
  await once(core, 'listening')
  const { app, started } = await startOwnApp({
    EPHEMERAL: 'true', SANDBOX: 'off', BLNK_API_KEY: 'blnk_0123456789abcdef', SHUTDOWN_TIMEOUT_MS: '100', CORE_URL: `http://127.0.0.1:${(core.address() as AddressInfo).port}`
  })
  const request = call(`${started.url}/proxy/ledgers?instance_id=inst_core`, { headers: { Authorization: 'Bearer blnk_0123456789abcdef' } }).then(() => 'answered', () => 'cut')
  await once(core, 'request')
  await app.close()
  expect(await request).toBe('cut')
  core.close()
})
