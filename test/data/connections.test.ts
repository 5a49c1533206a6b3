import { once } from 'node:events'
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { AllTaken, NotLetIn, openConnections, type Connections } from '../../src/data/connections.js'
import { createSource } from '../../src/data/source.js'
import { RESOURCES } from '../../src/data/resources.js'
import { DatabaseGone } from '../../src/lib/postgres.js'
import { LET_IN, message, READY } from '../support/postgres-messages.js'

const error = (code: string): Buffer => message('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0Mthe s3cret words of a server\0\0`))
/** One row of one text column. */
function row (value: string): Buffer {
  const column = Buffer.concat([Buffer.from('is\0'), Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0])])
  const length = Buffer.alloc(4)
  length.writeInt32BE(value.length)
  return Buffer.concat([message('T', Buffer.concat([Buffer.from([0, 1]), column])), message('D', Buffer.concat([Buffer.from([0, 1]), length, Buffer.from(value)])), message('C', Buffer.from('SELECT 1\0')), READY])
}
const SSL_REQUEST = 80877103

/** What the server does. */
let asked: (socket: Socket, startup: Buffer) => void
let query: (socket: Socket, text: string) => void
let readOnly: string
let sockets: Socket[]
let server: Server
let opened: Connections | undefined
let heard: Error[]

beforeEach(async () => {
  asked = (socket, startup) => { socket.write(startup.readInt32BE(4) === SSL_REQUEST ? 'N' : LET_IN) }
  query = (socket) => { socket.write(row('1')) }
  readOnly = 'on'
  sockets = []
  heard = []
  server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    let isIn = false
    socket.on('data', (data) => {
      if (data.readInt32BE(0) === data.length && !isIn) {
        isIn = data.readInt32BE(4) !== SSL_REQUEST
        asked(socket, data)
        return
      }
      const text = data.toString('latin1')
      if (text.startsWith('X')) socket.end()
      else if (text.includes('current_setting')) socket.write(row(readOnly))
      else query(socket, text)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await opened?.close()
  opened = undefined
  server.close()
})

function open (parameters = 'sslmode=disable', bounds = { statementMs: 1000, connections: 2 }): Connections {
  opened = openConnections(`postgres://reader:s3cret@127.0.0.1:${(server.address() as AddressInfo).port}/ledger?${parameters}`, bounds, (given) => { heard.push(given) })
  return opened
}
const select = async (connections: Connections): Promise<unknown> => await connections.run('SELECT 1', [])

/** What a caller is told. */
const told = async (connections: Connections): Promise<unknown> => await createSource(connections.run, 'blnk').read(RESOURCES.ledgers, () => ({ text: 'SELECT 1', values: [] })).catch((thrown: unknown) => thrown)

test('a server without TLS: prefer goes on without, require does not', async () => {
  expect(await select(open('sslmode=prefer'))).toEqual([{ is: '1' }])
  await opened?.close()
  await expect(select(open('sslmode=require'))).rejects.toBeInstanceOf(DatabaseGone)
})

test('a way that is refused is tried again once the other one is', async () => {
  const connections = open('sslmode=prefer', { statementMs: 1000, connections: 1 })
  await select(connections)
  let refusals = 0
  // Its rules ask for TLS from now on, which is refused in turn as long as it has none.
  asked = (socket, startup) => {
    if (startup.readInt32BE(4) === SSL_REQUEST) socket.write('N')
    else if (++refusals === 1) socket.end(error('28000'))
    else socket.write(LET_IN)
  }
  for (const socket of sockets) socket.destroy()
  await expect.poll(async () => await select(connections).catch(() => null), { timeout: 20_000 }).toEqual([{ is: '1' }])
  expect(refusals).toBeGreaterThan(1)
})

describe('a server that does not let in', () => {
  test.each(['28P01', '28000', '3D000'])('%s is one sentence without its words', async (code) => {
    asked = (socket) => { socket.end(error(code)) }
    await expect(select(open())).rejects.toBeInstanceOf(NotLetIn)
    const answer = await told(opened as Connections)
    expect(answer).toMatchObject({ code: 'INSTANCE_DATABASE_UNREACHABLE', status: 502 })
    expect((answer as Error).message).not.toContain('s3cret')
  })

  test('for it is full says to try again', async () => {
    asked = (socket) => { socket.end(error('53300')) }
    await expect(select(open())).rejects.toBeInstanceOf(AllTaken)
    expect(await told(opened as Connections)).toMatchObject({ code: 'INSTANCE_DATABASE_BUSY', status: 503, headers: { 'Retry-After': '1' } })
  })

  test('with a pooler in front that drops what is set is not read from', async () => {
    readOnly = 'off'
    await expect(select(open())).rejects.toThrow('the connection is not read-only')
  })
})

test('many who meet a server that is gone are told so, and not that all connections are taken', async () => {
  asked = (socket) => { socket.destroy() }
  const connections = open('sslmode=disable', { statementMs: 1000, connections: 2 })
  const outcomes = await Promise.all(Array.from({ length: 10 }, async () => await select(connections).catch((thrown: unknown) => thrown)))
  for (const outcome of outcomes) expect(outcome).toBeInstanceOf(DatabaseGone)
})

test('past twenty who wait for each connection one more is refused at once', async () => {
  query = () => {}
  const connections = open('sslmode=disable', { statementMs: 1000, connections: 1 })
  const first = select(connections).catch(() => {})
  const waiting = Array.from({ length: 20 }, async () => await select(connections).catch(() => {}))
  await expect(select(connections)).rejects.toBeInstanceOf(AllTaken)
  // They are let go.
  query = (socket) => { socket.write(row('1')) }
  for (const socket of sockets) socket.destroy()
  await Promise.all([first, ...waiting])
})

test.each(['during a statement', 'when idle'])('a connection that is lost %s fails what runs on it and nothing else', async (when) => {
  const connections = open('sslmode=disable', { statementMs: 1000, connections: 1 })
  if (when === 'during a statement') {
    query = (socket) => { socket.destroy() }
    await expect(select(connections)).rejects.toBeInstanceOf(DatabaseGone)
    query = (socket) => { socket.write(row('1')) }
  } else {
    await select(connections)
    sockets[0]?.destroy()
  }
  // Unheard, it would have ended the process.
  await expect.poll(() => heard.length, { timeout: 20_000 }).toBeGreaterThan(0)
  expect(await select(connections)).toEqual([{ is: '1' }])
  expect(JSON.stringify(heard.map((one) => ({ ...one, message: one.message })))).not.toContain('s3cret')
})

test('a server that accepts and says nothing is given up', { timeout: 60_000 }, async () => {
  asked = () => {}
  await expect(select(open())).rejects.toBeInstanceOf(DatabaseGone)
})
