import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, expect, test } from 'vitest'
import { endWith } from '../../src/proxy/end-with.js'

/** A server that hands out its responses. */
const responses: ServerResponse[] = []
const server = createServer((_request, response) => {
  responses.push(response)
  server.emit('asked')
})
server.listen(0, '127.0.0.1')
afterAll(() => { server.close() })

async function ask (heads = 'GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', count = 1): Promise<{ socket: Socket, asked: ServerResponse[] }> {
  if (!server.listening) await once(server, 'listening')
  const before = responses.length
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
  socket.write(heads)
  while (responses.length < before + count) await once(server, 'asked')
  return { socket, asked: responses.slice(before) }
}

const begin = (response: ServerResponse, length: number): void => { response.writeHead(200, ['Content-Length', String(length)]) }
const bodyOf = async (socket: Socket): Promise<string> => (await text(socket.setEncoding('latin1'))).split('\r\n\r\n').slice(1).join('\r\n\r\n')

test('answers of one turn go out, each to its own caller, byte for byte', async () => {
  const all = [await ask(), await ask(), await ask()]
  const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  for (const [i, { asked: [response] }] of all.entries()) {
    begin(response!, 257)
    endWith(response!, Buffer.concat([Buffer.from([48 + i]), bytes]))
  }
  const got = await Promise.all(all.map(async ({ socket }) => await bodyOf(socket)))
  expect(got).toEqual(all.map((_, i) => `${i}${bytes.toString('latin1')}`))
})

test.each([16 * 1024, 16 * 1024 + 1, 1024 * 1024])('an answer of %s bytes is whole', async (length) => {
  const { socket, asked: [response] } = await ask()
  begin(response!, length)
  endWith(response!, Buffer.alloc(length, 'x'))
  expect((await bodyOf(socket)).length).toBe(length)
})

test('what is written already stays before it', async () => {
  const { socket, asked: [response] } = await ask()
  begin(response!, 6)
  response!.write('abc')
  endWith(response!, Buffer.from('def'))
  expect(await bodyOf(socket)).toBe('abcdef')
})

test('a caller who leaves meanwhile hinders nobody', async () => {
  const gone = await ask()
  const stays = await ask()
  for (const { asked: [response] } of [gone, stays]) {
    begin(response!, 2)
    endWith(response!, Buffer.from('{}'))
  }
  const closed = once(gone.asked[0]!, 'close')
  gone.asked[0]!.socket!.destroy()
  expect(await bodyOf(stays.socket)).toBe('{}')
  await closed
  expect(gone.asked[0]!.writableFinished).toBe(false)
})

test('answers behind one another on a connection come in their order', async () => {
  const one = 'GET / HTTP/1.1\r\nHost: a\r\n\r\n'
  const { socket, asked } = await ask(one + one + one.replace('Host', 'Connection: close\r\nHost'), 3)
  for (const i of [2, 0, 1]) {
    begin(asked[i]!, 1)
    endWith(asked[i]!, Buffer.from(String(i)))
  }
  expect((await text(socket)).replace(/HTTP[^]*?\r\n\r\n/g, '')).toBe('012')
})
