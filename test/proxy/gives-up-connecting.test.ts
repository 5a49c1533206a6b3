import { createServer, type AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { ask } from '../support/raw-client.js'
import { startProxy } from '../support/proxy.js'

test('a Core whose TLS handshake never ends is a 502 after CONNECT_TIMEOUT_MS, and nothing was sent', async () => {
  const server = createServer((socket) => { socket.on('error', () => {}).resume() })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  onTestFinished(() => { server.close() })
  const { url, head, logged } = await startProxy(`https://127.0.0.1:${(server.address() as AddressInfo).port}`, { settings: { CONNECT_TIMEOUT_MS: '100' } })
  const answer = await ask(url, `${head('POST', '/transactions', 'Content-Length: 2')}\r\n{}`)
  expect([answer.status, JSON.parse(answer.body.toString())]).toMatchObject([502, { error_detail: { code: 'CORE_UNREACHABLE' } }])
  expect(logged.join('')).toMatch(/UND_ERR_CONNECT_TIMEOUT/)
})
