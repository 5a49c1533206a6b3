import fc from 'fast-check'
import { describe, expect, onTestFinished, test } from 'vitest'
import { oddRequest } from '../support/odd-heads.js'
import { missingParsers, startHaproxy, startNginx, type Parser } from '../support/parsers.js'
import { CORE_KEY, startProxy, type Proxy } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'
import { admitted, heads, SMUGGLED } from '../support/request-heads.js'
import { startReaders, type Read, type TwoReaders } from '../support/two-readers.js'

// Behind the gateway every byte goes to nginx and to haproxy, each of which passes on what it read. What the gateway lets through is read
// alike by both and by the grammar, or it is a way to smuggle a request.

const missing = missingParsers()
if (missing !== undefined) console.info(`skipped: needs Debian's ${missing}`)

const seed = Number(process.env['SEED'] ?? Date.now() % 2 ** 31)
const GENERATED = 4_000
const NEXT = '/ledgers/next'

interface Bench { readonly url: string, readonly head: Proxy['head'], readonly accepted: Proxy['accepted'], readonly readers: TwoReaders, readonly parsers: readonly Parser[] }

/** One connection to the Core: what a request left on it would meet the next one. */
async function start (): Promise<Bench> {
  const parsers = [await startNginx(), await startHaproxy()]
  const readers = await startReaders(parsers)
  onTestFinished(async () => {
    await readers.close()
    for (const parser of parsers) await parser.close()
  })
  const { url, head, accepted } = await startProxy(readers.origin, { settings: { CORE_CONNECTIONS: '1', LOG_LEVEL: 'silent' } })
  return { url, head, accepted, readers, parsers }
}

/** Sends all of it, and waits for an answer, or until the gateway has read it and waits for more. */
async function send ({ url, accepted, readers }: Bench, bytes: string): Promise<string> {
  const caller = await connect(url)
  caller.send(bytes)
  // Both are in this process: what the gateway has to do with what it read, it does within a few turns. Who leaves too early only leaves.
  for (let idle = 0; idle < 20 && !caller.socket.closed && caller.socket.bytesRead === 0; idle++) {
    const theirs = accepted.findLast(({ remotePort }) => remotePort === caller.socket.localPort)
    if (theirs === undefined || (!theirs.destroyed && theirs.bytesRead < bytes.length) || readers.isAsked()) idle = 0
    await new Promise((resolve) => { setImmediate(resolve) })
  }
  caller.socket.end()
  return (await caller.closed()).rest.toString('latin1')
}

/** Sends it, and holds each reading of what went out against the others. @returns the answer, and what went out */
async function trial (bench: Bench, bytes: string): Promise<{ answer: string, read: Read[] }> {
  const { url, head, readers, parsers } = bench
  readers.read.length = 0
  readers.faults.length = 0
  for (const { received } of parsers) received.length = 0
  const answer = await send(bench, bytes)
  // The next one on the same connection to the Core: had one of them not read the end of the first, this would not be what it sees.
  expect((await ask(url, `${head('GET', NEXT)}\r\n`)).status).toBe(200)
  await readers.quiet()
  expect(readers.faults).toEqual([])
  const read = readers.read.filter(({ target }) => target !== NEXT)
  expect([read.length <= 1, readers.read.length]).toEqual([true, read.length + 1])
  for (const request of read) {
    expect(request.target).not.toContain('smuggled')
    expect(request.headers.filter(([name]) => name.toLowerCase().replaceAll('_', '-') === 'x-blnk-key')).toEqual([['X-Blnk-Key', CORE_KEY]])
    expect(request.headers.filter(([name]) => name.toLowerCase() === 'host')).toEqual([['host', new URL(readers.origin).host]])
  }
  parsers.forEach(({ name, received }, i) => {
    const theirs = received.filter(({ line }) => line !== `GET ${NEXT} HTTP/1.1`)
    expect(received.length, name).toBe(theirs.length + 1)
    expect(theirs.map(({ line, body }) => [line.replace(/ HTTP\/1\.[01]$/, ''), body.length, body.toString('latin1')]), name)
      .toEqual(read.map(({ method, target, body }) => [`${method} ${target}`, body.length, body.toString('latin1')]))
    for (const request of read) expect(request.statuses[i], name).toBe(200)
  })
  return { answer, read }
}

/** Nothing, an end of chunks, and as much as its Content-Length says. */
function bodiesFor (head: string): string[] {
  const length = Number(/\nContent-Length[ \t]*:[ \t]*(\d+)/i.exec(head)?.[1] ?? 0)
  return ['', '0\r\n\r\n', '5\r\nabcde\r\n0\r\n\r\n', 'x'.repeat(1000), ...(length > 0 ? ['y'.repeat(length)] : [])]
}

describe.skipIf(missing !== undefined)('nginx, haproxy and the grammar read the same method, target and body', () => {
  test('of every head of the corpus', async () => {
    const bench = await start()
    const forwarded = new Map<string, number>()
    for (const [name, tier, head] of heads) {
      for (const sent of [head, admitted(head)]) {
        for (const body of bodiesFor(head)) {
          const { answer, read } = await trial(bench, sent + body + SMUGGLED).catch((error: unknown) => { throw new Error(`${tier}: ${name}, body ${JSON.stringify(body.slice(0, 40))}`, { cause: error }) })
          forwarded.set(tier, (forwarded.get(tier) ?? 0) + read.length)
          if (tier !== 'Severe') continue
          expect(read, name).toEqual([])
          expect(answer, name).toMatch(/^HTTP\/1\.1 400 [^]*\r\nConnection: close\r\n/i)
          expect(answer.match(/HTTP\/1\.1 \d/g), name).toHaveLength(1)
        }
      }
    }
    console.info(`heads: ${heads.length}; forwarded ${[...forwarded].map(([tier, many]) => `${tier} ${many}`).join(', ')}`)
    expect(forwarded.get('Compliant')).toBeGreaterThan(20)
    expect(forwarded.get('Ambiguous')).toBeGreaterThan(10)
  })

  test('of generated ones', async () => {
    const bench = await start()
    let refused = 0
    console.info(`seed ${seed}`)
    await fc.assert(fc.asyncProperty(oddRequest, async (bytes) => {
      const { read } = await trial(bench, bytes)
      if (read.length === 0) refused++
    }), { seed, numRuns: GENERATED })
    console.info(`generated: ${GENERATED}; forwarded ${GENERATED - refused}, refused ${refused}`)
    expect(refused).toBeGreaterThan(GENERATED / 10)
    expect(GENERATED - refused).toBeGreaterThan(GENERATED / 10)
  })
})
