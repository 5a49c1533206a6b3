// What limits cost a request: `npm run build && node bench/limits.mjs`. Three gateways in front of one stub of a Core, one
// interleaved run: without limits, with two in memory, with two in a Redis of its own (needs redis-server).
// Before that, the two checks alone, without sockets of callers: microseconds of processor time for one request.
// Settings: ROUNDS (7), SECONDS (2) for one measurement, CONNECTIONS (32).
import { fork, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { readConfig } from '../dist/src/config.js'
import { openLimits } from '../dist/src/limits/gate.js'
import { median } from './loads.mjs'
import { startGateway, usageOf } from './peers.mjs'

const rounds = Number(process.env.ROUNDS ?? 7)
const duration = Number(process.env.SECONDS ?? 2)
const connections = Number(process.env.CONNECTIONS ?? 32)
const LIMITS = { RATE_LIMIT_CREDENTIAL: '900000000/1d', RATE_LIMIT_INSTANCE: '900000000/1d' }

async function freePort () {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

async function measure (server, seconds) {
  const before = usageOf(server.pid).cpu
  const { requests, latency, non2xx, errors, duration: took } = await autocannon({ url: `${server.url}${server.path}/ledgers/ldg_1${server.query}`, headers: server.headers, connections, duration: seconds })
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`)
  return { rate: requests.total / took, cpu: (usageOf(server.pid).cpu - before) / requests.total, p50: latency.p50, p99: latency.p99 }
}

const dir = mkdtempSync(join(tmpdir(), 'blnk-gateway-bench-'))
const port = await freePort()
const redis = spawn('redis-server', ['--port', String(port), '--bind', '127.0.0.1', '--dir', dir, '--save', ''], { stdio: ['ignore', 'pipe', 'inherit'] })
process.once('exit', () => { redis.kill() })
for await (const text of redis.stdout) if (String(text).includes('Ready to accept')) break
redis.stdout.resume()

/** Processor time of this process alone: that of Redis is not in it. */
async function alone (settings, requests) {
  const { gate, close } = await openLimits(readConfig({ ...LIMITS, ...settings }), { info () {}, warn: console.error })
  const call = { credential: { id: 'key_1' }, instanceId: 'inst_1' }
  const request = { call, routeOptions: { config: {} }, ip: '127.0.0.1' }
  const each = []
  for (let round = 0; round < rounds; round++) {
    const from = process.cpuUsage()
    for (let i = 0; i < requests; i += connections) await Promise.all(Array.from({ length: connections }, () => gate.admitted(call, request)))
    const { user, system } = process.cpuUsage(from)
    each.push((user + system) / requests)
  }
  close()
  return median(each)
}

const store = { REDIS_URL: `redis://127.0.0.1:${port}`, REDIS_TIMEOUT_MS: '10000', RATE_LIMIT_STORE_FAILURE: 'closed' }
console.log(`two limits alone: ${(await alone({}, 100_000)).toFixed(1)} us CPU a request in memory, ${(await alone(store, 20_000)).toFixed(1)} in Redis`)

const core = fork(fileURLToPath(new URL('servers.mjs', import.meta.url)), ['core'])
const [{ url }] = await once(core, 'message')
const NONE = { RATE_LIMIT_CREDENTIAL: '', RATE_LIMIT_INSTANCE: '' }
const servers = {
  none: await startGateway(url, undefined, { settings: NONE }),
  memory: await startGateway(url, undefined, { settings: LIMITS }),
  redis: await startGateway(url, undefined, { settings: { ...LIMITS, ...store } })
}
const kinds = Object.keys(servers)
const samples = Object.fromEntries(kinds.map((kind) => [kind, []]))
for (const kind of kinds) await measure(servers[kind], 1)
for (let round = 0; round < rounds; round++) {
  for (let i = 0; i < kinds.length; i++) {
    const kind = kinds[(i + round) % kinds.length]
    samples[kind].push(await measure(servers[kind], duration))
  }
}
console.table(Object.fromEntries(kinds.map((kind) => {
  const own = samples[kind]
  const ratio = (what) => own.map((sample, i) => sample[what] / samples.none[i][what])
  return [kind, {
    'req/s': Math.round(median(own.map((one) => one.rate))),
    'us CPU/req': Number(median(own.map((one) => one.cpu)).toFixed(1)),
    'p50 ms': median(own.map((one) => one.p50)),
    'p99 ms': median(own.map((one) => one.p99)),
    'rate : none': median(ratio('rate')).toFixed(2),
    'CPU : none': `${median(ratio('cpu')).toFixed(2)} (${Math.min(...ratio('cpu')).toFixed(2)}-${Math.max(...ratio('cpu')).toFixed(2)})`
  }]
})))
await Promise.all(Object.values(servers).map(({ stop }) => stop()))
core.disconnect()
rmSync(dir, { recursive: true, force: true })
process.exit(0)
