import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'

// The gateway as it ships, in a process of its own, whose peak memory Linux tells: VmHWM of proc(5), set back by
// writing 5 to clear_refs.

const MEBI = 1024 * 1024
const PIECE = Buffer.alloc(64 * 1024, 'x')

/** Reads all of a stream, at 200 MB/s at most, so that whoever writes to it has to wait. @returns bytes */
async function readSlowly (stream: IncomingMessage): Promise<number> {
  let length = 0
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length % (512 * 1024) < chunk.length) await new Promise((resolve) => { setTimeout(resolve, 2) })
  }
  return length
}

async function write (out: NodeJS.WritableStream, bytes: number): Promise<void> {
  for (let left = bytes; left > 0; left -= PIECE.length) if (!out.write(PIECE)) await once(out, 'drain')
  out.end()
}

const core = createServer((incoming, response) => {
  if (incoming.method === 'GET') {
    const bytes = Number(new URL(incoming.url!, 'http://core').searchParams.get('bytes'))
    write(response, bytes).catch(() => {})
  } else readSlowly(incoming).then((length) => { response.end(String(length)) }, () => {})
})

let stop = async (): Promise<void> => {}
let pid: number
let ask: (method: string, path: string, bytes?: number) => Promise<number>

beforeAll(async () => {
  await new Promise<void>((resolve) => { core.listen(0, '127.0.0.1', resolve) })
  const { port } = core.address() as AddressInfo
  const bin = fileURLToPath(new URL('../../dist/src/cli/bin.js', import.meta.url))
  const child = spawn(process.execPath, [bin, 'start', '--ephemeral', '--port', '0', '--json'], {
    env: { PATH: process.env['PATH'], CORE_URL: `http://127.0.0.1:${port}`, CORE_KEY: 'secret', CORE_INSTANCE_ID: 'inst_core', SANDBOX: 'off' },
    stdio: ['ignore', 'pipe', 'inherit']
  })
  stop = async () => {
    child.kill('SIGTERM')
    await once(child, 'exit')
    core.closeAllConnections()
    core.close()
  }
  const [line] = await once(createInterface(child.stdout), 'line') as [string]
  const { url, api_key: key } = JSON.parse(line) as { url: string, api_key: string }
  pid = child.pid!
  ask = async (method, path, bytes) => {
    const { hostname, port: gatewayPort } = new URL(url)
    const out = request({ hostname, port: gatewayPort, method, path: `/proxy${path}&instance_id=inst_core`, headers: { authorization: `Bearer ${key}`, ...(bytes !== undefined && { 'content-type': 'multipart/form-data; boundary=x', 'content-length': bytes }) } })
    const answered = once(out, 'response') as Promise<[IncomingMessage]>
    if (bytes === undefined) out.end()
    else await write(out, bytes)
    const [answer] = await answered
    expect(answer.statusCode).toBe(200)
    return bytes === undefined ? await readSlowly(answer) : Number(await text(answer))
  }
})

afterAll(async () => { await stop() })

async function text (stream: IncomingMessage): Promise<string> {
  let all = ''
  for await (const chunk of stream as AsyncIterable<Buffer>) all += chunk.toString()
  return all
}

/** The most memory that the gateway held while `work` ran, in MiB. */
async function peak (work: () => Promise<void>): Promise<number> {
  writeFileSync(`/proc/${pid}/clear_refs`, '5')
  await work()
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024
}

test.each([
  ['a multipart upload', async (bytes: number) => { expect(await ask('POST', '/reconciliation/upload?x', bytes)).toBe(bytes) }],
  ['an answer', async (bytes: number) => { expect(await ask('GET', `/ledgers?bytes=${bytes}`)).toBe(bytes) }]
])('%s of 200 MiB to a slow reader takes at most 40 MiB more than one of 20 MiB', async (name, move) => {
  if (process.platform !== 'linux') {
    console.info('skipped: the peak of a process is read from Linux\'s /proc')
    return
  }
  await move(20 * MEBI)
  const small = await peak(async () => { await move(20 * MEBI) })
  const large = await peak(async () => { await move(200 * MEBI) })
  console.info(`${name}: peak at 20 MiB ${small.toFixed(1)} MiB, at 200 MiB ${large.toFixed(1)} MiB`)
  expect(large - small).toBeLessThanOrEqual(40)
}, 120_000)
