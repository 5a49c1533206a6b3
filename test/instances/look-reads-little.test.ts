import { expect, onTestFinished, test } from 'vitest'
import { admin, ownInstance } from '../support/gateway.js'
import { startUpstream } from '../support/upstream.js'

const MiB = 1024 * 1024

test.each([['[', 'ok'], ['<html>', 'not_a_core']])('a look at an answer without end that begins with %s is over at once', async (first, verdict) => {
  let sent = 0
  let isClosed = (): void => {}
  const closed = new Promise<void>((resolve) => { isClosed = resolve })
  const core = await startUpstream((_request, socket) => {
    socket.once('close', () => { isClosed() })
    socket.write(`HTTP/1.1 200 OK\r\n\r\n${first}`)
    const part = Buffer.alloc(65_536, 'x')
    const flood = (): void => {
      do sent += part.length
      while (!socket.destroyed && socket.write(part))
    }
    socket.on('drain', flood)
    flood()
  })
  onTestFinished(async () => { await core.close() })
  const own = await ownInstance({ name: 'without end', core_url: core.origin })

  const answer = await admin('POST', `/admin/instances/${own.instanceId}/test`)
  expect(answer.json.verdict).toBe(verdict)
  await closed
  expect(sent).toBeLessThan(32 * MiB)
})
