import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, inject, test } from 'vitest'

async function send (bytes: string): Promise<string> {
  const { hostname, port } = new URL(inject('gateway').url)
  const socket = connect(Number(port), hostname)
  let answer = ''
  socket.on('data', (chunk) => { answer += chunk.toString() })
  socket.write(bytes)
  await once(socket, 'close')
  return answer
}

test.each([
  ['400 Bad Request', 'HTTP_MALFORMED_REQUEST', 'this is not HTTP\r\n\r\n'],
  ['400 Bad Request', 'HTTP_MALFORMED_REQUEST', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ['431 Request Header Fields Too Large', 'HTTP_HEAD_TOO_LARGE', `GET / HTTP/1.1\r\nHost: a\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`]
])('%s in our own shape, and the connection is closed', async (status, code, bytes) => {
  const answer = await send(bytes)
  expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n`))
  const body = JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4)) as { error: string, error_detail: { code: string, message: string } }
  expect(body.error_detail).toEqual({ code, message: body.error })
})
