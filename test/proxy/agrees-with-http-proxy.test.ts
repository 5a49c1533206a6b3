import httpProxy from '@fastify/http-proxy'
import Fastify from 'fastify'
import { expect, onTestFinished, test } from 'vitest'
import { ask, type RawAnswer } from '../support/raw-client.js'
import { startBoth } from '../support/proxy.js'
import type { Answerer } from '../support/upstream.js'

/** Core: says what it was asked, in the way that the path asks for. */
const answer: Answerer = ({ line, headers, body }, socket) => {
  const path = line.split(' ')[1]!
  const asked = JSON.stringify({ method: line.split(' ')[0], path, type: headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1], body: body.toString('latin1') })
  if (path.includes('empty')) socket.write('HTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n')
  else if (path.includes('chunks')) socket.write(`HTTP/1.1 200 OK\r\nContent-Type: a/b\r\nTransfer-Encoding: chunked\r\n\r\n${asked.length.toString(16)}\r\n${asked}\r\n0\r\n\r\n`)
  else socket.write(`HTTP/1.1 ${path.includes('error') ? '409 Conflict' : '201 Created'}\r\nContent-Type: application/json\r\nX-B: 1\r\nx-b: 2\r\nContent-Length: ${asked.length}\r\n\r\n${asked}`)
}

const OURS = new Set(['x-request-id', 'x-blnk-reference', 'date', 'connection', 'keep-alive', 'transfer-encoding'])

/** What both should give alike. http-proxy writes names in lower case and joins nothing. */
const compared = ({ status, headers, body }: RawAnswer): unknown => ({
  status,
  headers: headers.filter(([name]) => !OURS.has(name.toLowerCase())).map(([name, value]) => `${name.toLowerCase()}: ${value}`).sort(),
  body: body.toString('latin1')
})

test.each([
  ['GET', '/ledgers', undefined],
  ['GET', '/balances/bln_1/at?timestamp=2024-01-01T00:00:00%2B01:00&a=%20+', undefined],
  ['GET', '/ledgers/empty', undefined],
  ['GET', '/ledgers/chunks', undefined],
  ['GET', '/ledgers/error', undefined],
  ['POST', '/ledgers', '{"name":"a","amount":1.50,"big":123456789012345678901234567890}'],
  ['POST', '/transactions', '{"precision":1,"reference":"a","x":"\u00e9"}'],
  ['PUT', '/ledgers/1', '{ "name" : "b" }'],
  ['POST', '/refund-transaction/txn_1', ''],
  ['DELETE', '/balance-monitors/1', undefined]
])('%s %s', async (method, path, body) => {
  const both = await startBoth(answer, { settings: { CORS_ORIGINS: 'none' } })
  const peer = Fastify()
  await peer.register(httpProxy, { upstream: both.core.origin })
  const peerUrl = await peer.listen({ host: '127.0.0.1', port: 0 })
  onTestFinished(async () => { await peer.close() })

  const rest = `${body === undefined ? '' : `Content-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body, 'latin1')}\r\n`}\r\n${body ?? ''}`
  const ours = await ask(both.url, both.head(method, path) + rest)
  const theirs = await ask(peerUrl, `${method} ${path} HTTP/1.1\r\nHost: a\r\n${rest}`)
  expect(compared(ours)).toEqual(compared(theirs))
})
