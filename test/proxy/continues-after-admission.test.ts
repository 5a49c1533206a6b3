import { expect, test } from 'vitest'
import { connect } from '../support/raw-client.js'
import { INSTANCE, ok, startBoth } from '../support/proxy.js'

test.each(['/transactions', '/reconciliation/upload'])('%s: 100 comes once the caller was admitted, and Expect stays here', async (path) => {
  const both = await startBoth(ok('{"a":1}'))
  const client = await connect(both.url)
  client.send(`${both.head('POST', path, 'Content-Length: 2', 'Expect: 100-continue')}\r\n`)
  expect((await client.answer()).line).toBe('HTTP/1.1 100 Continue')
  client.send('{}')
  const answer = await client.answer()
  expect([answer.status, answer.body.toString()]).toEqual([200, '{"a":1}'])
  expect(both.core.received[0]!.headers.map(([name]) => name.toLowerCase())).not.toContain('expect')
  client.socket.destroy()
})

test.each([
  ['a refused caller', `POST /proxy/transactions?instance_id=${INSTANCE} HTTP/1.1\r\nHost: a\r\n`, 2, 401],
  ['an unknown route', 'POST /nothing HTTP/1.1\r\nHost: a\r\n', 2, 404]
])('%s is told its status and never to continue', async (_name, head, length, status) => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  client.send(`${head}Content-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`)
  const answer = await client.answer()
  expect([answer.status, answer.header('connection')]).toEqual([status, 'close'])
  client.socket.end()
  await client.closed()
})

test.each(['/transactions', '/reconciliation/upload'])('%s behind another request on its connection: 100 comes before its answer, and not inside of it', async (path) => {
  let answerFirst = (): void => {}
  const both = await startBoth(({ line }, socket) => {
    if (line.startsWith('POST')) socket.write(ok('{"b":2}'))
    else answerFirst = () => { socket.write(ok('{"a":1}')) }
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n${both.head('POST', path, 'Content-Length: 2', 'Expect: 100-continue')}\r\n{}`)
  await expect.poll(() => both.core.received.length, { timeout: 20_000 }).toBe(2)
  answerFirst()
  const answers = [await client.answer(), await client.answer()]
  // The body was sent without waiting: whether it is asked for still, is the server's to say (RFC 9110 10.1.1).
  if (answers[1]!.status === 100) answers[1] = await client.answer()
  expect(answers.map(({ status, body }) => [status, body.toString()])).toEqual([[200, '{"a":1}'], [200, '{"b":2}']])
  client.socket.destroy()
})

test('a body that waits to be asked for is asked for once the answer before is out', async () => {
  let answerFirst = (): void => {}
  const both = await startBoth(({ line }, socket) => {
    if (line.startsWith('POST')) socket.write(ok('{"b":2}'))
    else answerFirst = () => { socket.write(ok('{"a":1}')) }
  })
  const client = await connect(both.url)
  client.send(`${both.head('GET', '/ledgers')}\r\n${both.head('POST', '/transactions', 'Content-Length: 2', 'Expect: 100-continue')}\r\n`)
  await expect.poll(() => both.core.received.length, { timeout: 20_000 }).toBe(1)
  answerFirst()
  expect([(await client.answer()).body.toString(), (await client.answer()).status]).toEqual(['{"a":1}', 100])
  client.send('{}')
  expect((await client.answer()).body.toString()).toBe('{"b":2}')
  client.socket.destroy()
})

test('a body that is too long is refused before it is asked for', async () => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 5242881', 'Expect: 100-continue')}\r\n`)
  expect((await client.answer()).status).toBe(413)
  client.socket.destroy()
})

test('an expectation that nobody knows is a 417', async () => {
  const both = await startBoth(ok('{}'))
  const client = await connect(both.url)
  client.send(`${both.head('POST', '/transactions', 'Content-Length: 2', 'Expect: the-unexpected')}\r\n{}`)
  expect((await client.answer()).status).toBe(417)
  client.socket.destroy()
})
