import { describe, expect, test } from 'vitest'
import { connect, type RawAnswer } from '../support/raw-client.js'
import { INSTANCE, KEY, ok, startBoth } from '../support/proxy.js'

const code = (answer: RawAnswer): string => (JSON.parse(answer.body.toString()) as { error_detail: { code: string } }).error_detail.code
const target = `/proxy/transactions?instance_id=${INSTANCE}`

describe('a refused caller', () => {
  test.each([
    ['no credential', target, '', 401, 'AUTH_REQUIRED'],
    ['a wrong one', target, 'Authorization: Bearer blnk_wrong\r\n', 401, 'AUTH_INVALID'],
    ['no instance', '/proxy/transactions', `Authorization: Bearer ${KEY}\r\n`, 400, 'INSTANCE_ID_REQUIRED'],
    ['an unknown instance', '/proxy/transactions?instance_id=x', `Authorization: Bearer ${KEY}\r\n`, 404, 'INSTANCE_NOT_FOUND'],
    ['an instance twice', `${target}&instance%5Fid=x`, `Authorization: Bearer ${KEY}\r\n`, 400, 'INSTANCE_ID_REPEATED'],
    ['a path that climbs', `/proxy/%2e%2e/metadata?instance_id=${INSTANCE}`, `Authorization: Bearer ${KEY}\r\n`, 400, 'PATH_REFUSED'],
    ['no such route', `/proxy/nothing/here?instance_id=${INSTANCE}`, `Authorization: Bearer ${KEY}\r\n`, 404, 'ROUTE_NOT_OPEN']
  ])('with %s is answered at once, before its body, and the connection closes', async (_name, path, authorization, status, expected) => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\n${authorization}Content-Length: 1000000\r\n\r\n`)
    const answer = await client.answer()
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([status, expected, 'close'])
    client.socket.end()
    expect((await client.closed()).rest).toHaveLength(0)
    expect(both.core.connections()).toBe(0)
  })

  test('that sends on without end reads the answer, and is cut after a little more', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000000\r\n\r\n`)
    const piece = Buffer.alloc(16_384)
    const pump = (): void => { while (!client.socket.destroyed && client.socket.write(piece)); }
    client.socket.on('drain', pump)
    pump()
    expect((await client.answer()).status).toBe(401)
    await client.closed()
    // A read of up to 64 KiB, after less than a buffer's 16 KiB that came with the head.
    console.info(`read ${both.accepted[0]!.bytesRead} bytes`)
    expect(both.accepted[0]!.bytesRead).toBeLessThanOrEqual(80 * 1024 + 200)
  })

  test('in chunks too', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`POST ${target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab`)
    const answer = await client.answer()
    expect([answer.status, answer.header('connection')]).toEqual([401, 'close'])
    client.socket.end()
    await client.closed()
  })

  test('without a body keeps its connection', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    for (const fields of ['', 'Content-Length: 0\r\n']) {
      client.send(`GET ${target} HTTP/1.1\r\nHost: a\r\n${fields}\r\n`)
      expect((await client.answer()).header('connection')).toBe('keep-alive')
    }
    client.socket.destroy()
  })

  test('that neither sends nor closes is closed', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`POST ${target} HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n`)
    expect((await client.answer()).status).toBe(401)
    await client.closed()
  })
})

describe('a body that is filled has a limit of 5 MiB', () => {
  const MOST = 5 * 1024 * 1024
  const body = (length: number): string => `{"a":"${'x'.repeat(length - 8)}"}`

  test('that long, it is filled', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/transactions', `Content-Length: ${MOST}`)}\r\n${body(MOST)}`)
    expect((await client.answer()).status).toBe(200)
    expect(both.core.received[0]!.body.length).toBe(MOST + ',"precision":100,"reference":"ref_00000000-0000-0000-0000-000000000000"'.length)
    client.socket.destroy()
  })

  test('a byte longer by its Content-Length, it is refused before it comes', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/transactions', `Content-Length: ${MOST + 1}`)}\r\n`)
    const answer = await client.answer()
    expect([answer.status, code(answer), answer.header('connection')]).toEqual([413, 'GEN_PAYLOAD_TOO_LARGE', 'close'])
    expect(both.core.connections()).toBe(0)
    client.socket.destroy()
  })

  test('in chunks, it is refused when it passes the limit', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    const piece = `10000\r\n${'x'.repeat(0x10000)}\r\n`
    client.send(`${both.head('POST', '/transactions', 'Transfer-Encoding: chunked')}\r\n${piece.repeat(MOST / 0x10000)}1\r\nx\r\n`)
    const answer = await client.answer()
    expect([answer.status, code(answer)]).toEqual([413, 'GEN_PAYLOAD_TOO_LARGE'])
    expect(both.core.connections()).toBe(0)
    client.socket.destroy()
  })

  test('a body that is not filled has none', async () => {
    const both = await startBoth(ok('{}'))
    const client = await connect(both.url)
    client.send(`${both.head('POST', '/transactions/bulk', `Content-Length: ${MOST + 1}`)}\r\n${body(MOST + 1)}`)
    expect((await client.answer()).status).toBe(200)
    client.socket.destroy()
  })
})
