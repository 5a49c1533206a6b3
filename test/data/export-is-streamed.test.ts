import { connect, type AddressInfo, type Socket } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import Fastify, { type FastifyInstance } from 'fastify'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { listOf, RESOURCES } from '../../src/data/handlers.js'
import type { Source } from '../../src/data/source.js'
import type { Call } from '../../src/gateway/row.js'
import { DatabaseGone } from '../../src/lib/postgres.js'

const BATCH = 500
const WIDE = 'x'.repeat(4_000)

/** What the database does at each statement: answers that many rows, or throws. */
let statement: (nth: number) => Promise<number> | number
let statements: number
let running: number
/** The answers of the server, as they are begun. */
let answers: Array<import('node:http').ServerResponse>

const source: Source = {
  catalogue: { schema: 'blnk', run: async () => await Promise.reject(new Error('an export does not look into the catalogue')) },
  async read () {
    statements++
    running++
    try {
      const count = await statement(statements)
      return Array.from({ length: count }, (_, i) => ({ ledger_id: `ldg_${statements}_${i}`, name: WIDE, created_at: '2025-01-01 00:00:00', meta_data: null, _sort_value: '', _key_value: '1' })) as never
    } finally {
      running--
    }
  }
}

let app: FastifyInstance
let port: number
const opened: Socket[] = []

beforeAll(async () => {
  app = Fastify({ logger: false, forceCloseConnections: true })
  const call = { instanceId: 'inst_1', rooms: { config: { strictFilters: false }, instances: { find: () => ({ instance: {} }) }, opened: { sources: { of: () => source } } } } as unknown as Call
  app.get('/data/ledgers', async (request, reply) => {
    answers.push(reply.raw)
    return await listOf(RESOURCES.ledgers)(request, reply, call)
  })
  await app.listen({ port: 0, host: '127.0.0.1' })
  port = (app.server.address() as AddressInfo).port
})
afterAll(async () => {
  for (const socket of opened) socket.destroy()
  await app.close()
})
beforeEach(() => {
  statements = running = 0
  answers = []
})

function ask (accept: string, version = '1.1'): Socket {
  const socket = connect(port, '127.0.0.1')
  opened.push(socket)
  socket.on('error', () => {})
  socket.write(`GET /data/ledgers HTTP/${version}\r\nHost: a\r\nAccept: ${accept}\r\n\r\n`)
  return socket
}

const until = async (holds: () => boolean): Promise<void> => { while (!holds()) await turn() }
const turns = async (count: number): Promise<void> => { for (let i = 0; i < count; i++) await turn() }

test.each(['text/csv', 'application/x-ndjson'])('while a caller of %s does not read, no statement is run, and when it reads it gets on', async (accept) => {
  statement = () => BATCH
  const socket = ask(accept)
  await until(() => answers[0]?.writableNeedDrain === true)
  // A reader that takes what it gets would have got it all by then.
  await turns(300)
  const before = statements
  // What the buffers of the connection hold, one batch behind it, one that waits.
  expect(before).toBeLessThanOrEqual(10)
  await turns(300)
  expect([statements, running]).toEqual([before, 0])
  socket.resume()
  await until(() => statements > before + 5)
  socket.destroy()
  await until(() => answers[0]?.closed === true && running === 0)
})

test('a caller who leaves during a statement causes no further one', async () => {
  let answer: (rows: number) => void = () => {}
  statement = async (nth) => nth < 3 ? BATCH : await new Promise<number>((resolve) => { answer = resolve })
  const socket = ask('text/csv')
  socket.resume()
  await until(() => statements === 3)
  socket.destroy()
  await until(() => answers[0]?.closed === true)
  answer(BATCH)
  await turns(100)
  expect([statements, running]).toEqual([3, 0])
})

test('a caller who leaves during the first statement causes no further one', async () => {
  let answer: (rows: number) => void = () => {}
  statement = async () => await new Promise<number>((resolve) => { answer = resolve })
  const socket = ask('application/x-ndjson')
  await until(() => statements === 1)
  socket.destroy()
  await until(() => answers[0]?.closed === true)
  answer(BATCH)
  await turns(100)
  expect([statements, running]).toEqual([1, 0])
})

test.each([['1.1', 'text/csv'], ['1.0', 'text/csv'], ['1.1', 'application/x-ndjson']])('HTTP/%s: %s that breaks off is no complete file', async (version, accept) => {
  let fail: (error: Error) => void = () => {}
  statement = (nth) => nth < 3 ? BATCH : new Promise((_resolve, reject) => { fail = reject })
  const socket = ask(accept, version)
  let error: NodeJS.ErrnoException | undefined
  let received = Buffer.alloc(0)
  let count = 0
  socket.on('error', (given) => { error = given })
  socket.on('data', (chunk: Buffer) => {
    count += chunk.length
    received = Buffer.concat([received, chunk]).subarray(-5)
  })
  // All of it is there: what is on its way when a connection is reset may end it without an error.
  await until(() => statements === 3 && count > 2 * BATCH * WIDE.length && count === answers[0]?.socket?.bytesWritten)
  fail(new DatabaseGone('gone'))
  await until(() => socket.closed)
  expect(received.toString()).not.toBe('0\r\n\r\n')
  // Without chunks the end of the connection would be the end of the file.
  expect(error?.code).toBe('ECONNRESET')
  expect(statements).toBe(3)
})

test('a whole one ends with the batch that is not full', async () => {
  statement = (nth) => nth < 3 ? BATCH : 1
  const answer = await fetch(`http://127.0.0.1:${port}/data/ledgers`, { headers: { Accept: 'application/x-ndjson' } })
  expect((await answer.text()).split('\n').length - 1).toBe(2 * BATCH + 1)
  expect(statements).toBe(3)
})
