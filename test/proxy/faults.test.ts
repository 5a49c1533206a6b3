import { once } from 'node:events'
import { describe, expect, onTestFinished, test } from 'vitest'
import { BUSY, FAULTS, isWhole, startFaultServer, WHOLE, type Fault, type FaultServer } from '../support/fault-server.js'
import { INSTANCE, startProxy, type Proxy } from '../support/proxy.js'
import { ask, connect } from '../support/raw-client.js'

// Every way for a Core to fail, with every kind of request, and a caller who waits or leaves: what the caller is told, what the Core was
// sent, that it was sent once, and that the one connection there may be to the Core serves the next request.

const HALF = 'x'.repeat(30_000)
const MARK = 'X-Case: this-one'

interface Kind { readonly method: string, readonly path: string, readonly fields: readonly string[], readonly parts: readonly [string, string], readonly body: RegExp }

const KINDS: Readonly<Record<string, Kind>> = {
  'a GET': { method: 'GET', path: '/ledgers', fields: [], parts: ['', ''], body: /^$/ },
  'a filled POST': { method: 'POST', path: '/transactions', fields: ['Content-Length: 12'], parts: ['{"amount":1}', ''], body: /^\{"amount":1,"precision":100,"reference":"ref_[\da-f-]{36}"\}$/ },
  'a streamed upload': { method: 'POST', path: '/reconciliation/upload', fields: [`Content-Length: ${2 * HALF.length}`], parts: [HALF, HALF], body: new RegExp(`^x{${2 * HALF.length}}$`) }
}

type Told = readonly [status: number, body: string | undefined, end: 'whole' | 'cut']

const TOLD: Readonly<Record<Fault, Told>> = {
  refuses: [502, 'CORE_UNREACHABLE', 'whole'],
  'says nothing': [504, 'CORE_TIMEOUT', 'whole'],
  'answers slowly': [200, WHOLE, 'whole'],
  'resets in the middle': [200, undefined, 'cut'],
  'cuts a chunk': [200, undefined, 'cut'],
  'answers 503': [503, BUSY, 'whole']
}
/** An upload that is reset in its middle has no answer yet that could be cut. */
const told = (fault: Fault, isHalf: boolean): Told => fault === 'resets in the middle' && isHalf ? [502, 'CORE_BROKEN_ANSWER', 'whole'] : TOLD[fault]

/** These strike an upload in its middle, the others when all of it is there. */
const strikesHalf = (fault: Fault, kind: string): boolean => kind === 'a streamed upload' && (fault === 'resets in the middle' || fault === 'answers 503')

/** Three Cores with this fault, and one gateway in front of them, with one connection to each. */
async function start (fault: Fault, settings: Record<string, string>): Promise<Array<readonly [kind: string, cell: Cell]>> {
  const cores = await Promise.all(Object.keys(KINDS).map(async (kind) => {
    const core = await startFaultServer(fault, (came) => strikesHalf(fault, kind) ? came.length > HALF.length : isWhole(came))
    onTestFinished(async () => { await core.close() })
    return [kind, core] as const
  }))
  const proxy = await startProxy(cores[0]![1].origin, { settings: { CORE_CONNECTIONS: '1', CORE_QUEUE: '1', ...settings }, others: Object.fromEntries(cores.map(([kind, { origin }]) => [instanceOf(kind), origin])) })
  return cores.map(([kind, core]) => {
    const { method, path, fields, parts: [first, rest] } = KINDS[kind]!
    const head = (...of: Parameters<typeof proxy.head>): string => `${proxy.head(...of).replace(INSTANCE, instanceOf(kind))}\r\n`
    return [kind, { core, proxy, next: head('GET', '/ledgers/next'), sent: `${head(method, path, ...fields, MARK)}${first}${strikesHalf(fault, kind) || fault === 'refuses' ? '' : rest}` }]
  })
}

interface Cell { readonly core: FaultServer, readonly proxy: Proxy, readonly sent: string, readonly next: string }

const instanceOf = (kind: string): string => `inst_${kind.replaceAll(' ', '_')}`

/** The body that came with the marked request, which came once; undefined where it did not come. */
function bodyAtCore (came: readonly string[]): string | undefined {
  expect(came.join('').split(MARK).length - 1).toBeLessThanOrEqual(1)
  const text = came.find((one) => one.includes(MARK))
  return text?.slice(text.indexOf('\r\n\r\n') + 4).replace(/GET \/ledgers\/next [^]*$/, '')
}

/** What came of it at the Core; and the next request works, and does not bring it again. */
async function expectOnce (fault: Fault, kind: string, { core, proxy, next }: Cell): Promise<void> {
  const came = bodyAtCore(core.came)
  if (fault === 'refuses') expect(came).toBeUndefined()
  else if (strikesHalf(fault, kind)) expect(HALF.startsWith(came!)).toBe(true)
  else expect(came).toMatch(KINDS[kind]!.body)
  await core.mend()
  const answer = await ask(proxy.url, next)
  expect([answer.status, answer.body.toString()]).toEqual([200, '{}'])
  expect(core.came.join('').match(/GET \/ledgers\/next /g)).toHaveLength(1)
  expect(bodyAtCore(core.came)).toBe(came)
}

async function waits (fault: Fault, kind: string, cell: Cell): Promise<void> {
  const client = await connect(cell.proxy.url)
  client.send(cell.sent)
  if (fault !== 'refuses') await cell.core.reached
  const [status, text, end] = told(fault, strikesHalf(fault, kind))
  if (end === 'cut') await client.waiting(60)
  cell.core.strike()
  if (end === 'cut') {
    const { rest: got } = await client.closed()
    expect(got.toString()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n[^]*\\{"who`))
    expect(got.toString()).not.toMatch(/true\}|\r\n0\r\n\r\n$/)
  } else {
    const answer = await client.answer()
    const isCode = /^[A-Z_]+$/.test(text!)
    const body = answer.body.toString()
    expect([answer.status, isCode ? (JSON.parse(body) as { error_detail: { code: string } }).error_detail.code : body]).toEqual([status, text])
    // Of what was filled in the caller is told, whether Core answered or not.
    expect(answer.header('x-blnk-reference') !== undefined).toBe(kind === 'a filled POST')
  }
  await expectOnce(fault, kind, cell)
  client.socket.destroy()
}

async function leaves (fault: Fault, kind: string, cell: Cell): Promise<void> {
  const { method, path } = KINDS[kind]!
  const client = await connect(cell.proxy.url)
  client.send(cell.sent)
  if (fault !== 'refuses') {
    const gone = once(await cell.core.reached, 'close')
    if (told(fault, strikesHalf(fault, kind))[0] === 200) await client.waiting(60)
    client.socket.destroy()
    // The gateway lets go of the Core by itself, before it strikes.
    await gone
    await cell.proxy.said(new RegExp(`${method} /proxy${path} .*the caller left`))
    cell.core.strike()
  } else {
    client.socket.destroy()
    await cell.proxy.said(new RegExp(`${method} /proxy${path} `))
  }
  await expectOnce(fault, kind, cell)
}

const all = async (fault: Fault, settings: Record<string, string>, trial: typeof waits): Promise<void> => {
  const results = await Promise.allSettled((await start(fault, settings)).map(async ([kind, cell]) => {
    await trial(fault, kind, cell).catch((error: unknown) => { throw new Error(`${kind}: ${String(error)}`, { cause: error }) })
  }))
  for (const result of results) if (result.status === 'rejected') throw result.reason
}

describe.each(FAULTS)('a Core that %s: a GET, a filled POST and a streamed upload', (fault) => {
  test('whose clients wait', async () => { await all(fault, fault === 'says nothing' ? { HEADERS_TIMEOUT_MS: '50' } : {}, waits) })
  test('whose clients leave', async () => { await all(fault, {}, leaves) })
})
