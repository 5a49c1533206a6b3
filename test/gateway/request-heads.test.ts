import { expect, test } from 'vitest'
import { ok, startBoth } from '../support/proxy.js'
import { connect } from '../support/raw-client.js'
import { admitted, heads, SMUGGLED } from '../support/request-heads.js'

async function send (bytes: string): Promise<{ answer: string, lines: string[], framing: string[] }> {
  const { core, url } = await startBoth(ok('{}'))
  const caller = await connect(url)
  caller.send(bytes)
  caller.socket.end()
  const { rest } = await caller.closed()
  return {
    answer: rest.toString('latin1'),
    lines: core.received.map(({ line }) => line),
    framing: core.received.flatMap(({ headers }) => headers.map(([name]) => name.toLowerCase()).filter((name) => /(transfer|tran).*encoding|content.*length/.test(name)))
  }
}

const severe = heads.filter(([, tier]) => tier === 'Severe')
test.each(severe)('severe: %s is answered 400, the connection closed, and no Core sees it', async (_name, _tier, head) => {
  for (const bytes of [head, admitted(head)]) {
    const { answer, lines } = await send(bytes + SMUGGLED)
    expect(answer).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/)
    expect(answer).toMatch(/\r\nConnection: close\r\n/i)
    expect(answer.match(/HTTP\/1\.1 \d/g)).toHaveLength(1)
    expect(lines).toEqual([])
  }
})

const ambiguous = heads.filter(([, tier]) => tier === 'Ambiguous')
test.each(ambiguous)('ambiguous: %s is refused, or forwarded with one framing', async (_name, _tier, head) => {
  for (const body of ['', '0\r\n\r\n', 'x'.repeat(1000)]) {
    const { lines, framing } = await send(admitted(head) + body + SMUGGLED)
    expect(lines.filter((line) => line.includes('smuggled'))).toEqual([])
    expect(framing.length, framing.join()).toBeLessThanOrEqual(lines.length)
    expect(framing.filter((name) => name !== 'content-length' && name !== 'transfer-encoding')).toEqual([])
  }
})

test('the body of a GET stays here', async () => {
  const { core, url, head } = await startBoth(ok('{}'))
  const caller = await connect(url)
  caller.send(`${head('GET', '/ledgers', `Content-Length: ${SMUGGLED.length}`)}\r\n${SMUGGLED}`)
  expect((await caller.answer()).status).toBe(200)
  caller.socket.destroy()
  expect(core.received).toHaveLength(1)
  expect(core.received[0]!.headers.filter(([name]) => /length|encoding/i.test(name))).toEqual([])
})
