import { describe, expect, inject, test } from 'vitest'
import { ok, startBoth } from '../support/proxy.js'
import { connect, type RawAnswer } from '../support/raw-client.js'

/** @returns the answer, once the connection has closed after it */
async function refused (url: string, bytes: string): Promise<RawAnswer & { readonly code: string }> {
  const client = await connect(url)
  client.send(bytes)
  const answer = await client.answer()
  client.socket.end()
  await client.closed()
  expect(answer.header('connection')).toBe('close')
  return { ...answer, code: (JSON.parse(answer.body.toString()) as { error_detail?: { code: string } }).error_detail?.code ?? '' }
}

const fields = (many: number): string => Array.from({ length: many }, (_, i) => `X-${i}: a\r\n`).join('')

describe('a head', () => {
  test('with a URL of more than 16 KiB is refused', async () => {
    const both = await startBoth(ok('{}'))
    const { status, code } = await refused(both.url, `${both.head('GET', `/ledgers?a=${'a'.repeat(16_384)}`)}\r\n`)
    expect([status, code, both.core.connections()]).toEqual([431, 'HTTP_HEAD_TOO_LARGE', 0])
  })

  test('with names and values of more than 16 KiB is refused', async () => {
    const both = await startBoth(ok('{}'))
    const { status, code } = await refused(both.url, `${both.head('GET', '/ledgers')}X-A: ${'a'.repeat(8_000)}\r\nX-B: ${'b'.repeat(8_500)}\r\n\r\n`)
    expect([status, code, both.core.connections()]).toEqual([431, 'HTTP_HEAD_TOO_LARGE', 0])
  })

  test('of 1,000 fields arrives with all of them', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`${both.head('GET', '/ledgers')}${fields(998)}\r\n`)
    expect((await client.answer()).status).toBe(200)
    expect(both.core.received[0]!.headers.filter(([name]) => /^X-\d+$/.test(name))).toHaveLength(998)
    client.socket.destroy()
  })

  test('of more fields is refused', async () => {
    const both = await startBoth(ok('{}'))
    // Far more than Node would take by itself, all of which are shorter than it counts.
    for (const more of [fields(999), 'a:\r\n'.repeat(10_000)]) {
      const { status, code } = await refused(both.url, `${both.head('GET', '/ledgers')}${more}\r\n`)
      expect([status, code]).toEqual([431, 'HTTP_HEAD_TOO_LARGE'])
    }
    expect(both.core.connections()).toBe(0)
  })
})

describe('in chunks', () => {
  test('extensions of more than 16 KiB are refused', async () => {
    const both = await startBoth(ok('{}'))
    const { status, code } = await refused(both.url, `${both.head('POST', '/transactions', 'Transfer-Encoding: chunked')}\r\n1;${'a'.repeat(17_000)}\r\nx\r\n0\r\n\r\n`)
    expect([status, code, both.core.connections()]).toEqual([400, 'HTTP_MALFORMED_REQUEST', 0])
  })

  test('trailers of more than 16 KiB are refused', async () => {
    const both = await startBoth(ok('{}'))
    const { status, code } = await refused(both.url, `${both.head('POST', '/transactions', 'Transfer-Encoding: chunked')}\r\n0\r\nX-T: ${'a'.repeat(17_000)}\r\n\r\n`)
    expect([status, code, both.core.connections()]).toEqual([431, 'HTTP_HEAD_TOO_LARGE', 0])
  })
})

describe('a body of the gateway\'s own APIs', () => {
  test('of more than 1 MiB is refused before it is read', async () => {
    const { url, adminToken } = inject('gateway')
    const { status, code } = await refused(url, `POST /admin/keys HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${adminToken}\r\nContent-Type: application/json\r\nContent-Length: ${1024 * 1024 + 1}\r\n\r\n{`)
    expect([status, code]).toEqual([413, 'GEN_PAYLOAD_TOO_LARGE'])
  })

  test('that is a form of more than 64 KiB is refused before it is read', async () => {
    const { url } = inject('gateway')
    const { status } = await refused(url, `POST /oauth/token HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${64 * 1024 + 1}\r\n\r\na`)
    expect(status).toBe(413)
  })
})
