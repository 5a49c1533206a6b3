// One interleaved run: every round measures each server once, so that what else the machine does falls on all of them.
// Settings: ROUNDS (7), SECONDS (2) for one measurement, CONNECTIONS (32), BENCH_JSON (a file to write).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'

const rounds = Number(process.env.ROUNDS ?? 7)
const seconds = Number(process.env.SECONDS ?? 2)
const connections = Number(process.env.CONNECTIONS ?? 32)
const KINDS = ['bare', 'http-proxy', 'gateway']

/** A transaction as callers send it, without the two members that the gateway fills. */
const transaction = JSON.stringify({
  precise_amount: 750000,
  currency: 'USD',
  source: '@World-USD',
  destination: 'bln_0be360ca-86fe-457d-be43-daa3f966d8f0',
  description: 'Salary for March',
  allow_overdraft: true,
  meta_data: { sender_name: 'John Doe', sender_internal_id: '563502', note: 'x'.repeat(120) }
})
const LOADS = [
  { method: 'GET', path: '/ledgers/ldg_1' },
  { method: 'POST', path: '/transactions', body: transaction, headers: { 'Content-Type': 'application/json' } }
]

const file = fileURLToPath(new URL('servers.mjs', import.meta.url))
async function start (kind, core) {
  const child = fork(file, core === undefined ? [kind] : [kind, core])
  const [server] = await once(child, 'message')
  return { kind, child, path: '', query: '', headers: {}, ...server }
}

async function usage ({ child }) {
  child.send('usage')
  return (await once(child, 'message'))[0]
}

async function measure (server, { method, path, body, headers }, duration) {
  const before = await usage(server)
  const result = await autocannon({ url: server.url + server.path + path + server.query, method, body, headers: { ...server.headers, ...headers }, connections, duration })
  const after = await usage(server)
  const failed = result.non2xx + result.errors
  if (failed > 0) throw new Error(`${server.kind} ${method}: ${failed} requests failed`)
  return { rate: result.requests.total / result.duration, cpu: (after.cpu - before.cpu) / result.requests.total, p99: result.latency.p99, memory: after.memory }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]
const spread = (numbers) => `${Math.min(...numbers).toFixed(2)}-${Math.max(...numbers).toFixed(2)}`

const core = await start('core')
const servers = []
for (const kind of KINDS) servers.push(await start(kind, core.url))
const samples = Object.fromEntries(LOADS.map(({ method }) => [method, Object.fromEntries(KINDS.map((kind) => [kind, []]))]))

for (const load of LOADS) for (const server of servers) await measure(server, load, 1)
for (let round = 0; round < rounds; round++) {
  for (const load of LOADS) {
    // Another one begins each time: none is always measured after the same neighbour.
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round) % servers.length]
      samples[load.method][server.kind].push(await measure(server, load, seconds))
    }
  }
}

const table = LOADS.flatMap(({ method }) => KINDS.map((kind) => {
  const own = samples[method][kind]
  const against = (other, what) => own.map((sample, i) => sample[what] / samples[method][other][i][what])
  return {
    method,
    server: kind,
    'req/s': Math.round(median(own.map(({ rate }) => rate))),
    'us CPU/req': Number(median(own.map(({ cpu }) => cpu)).toFixed(1)),
    'p99 ms': median(own.map(({ p99 }) => p99)),
    'rate : bare': `${median(against('bare', 'rate')).toFixed(2)} (${spread(against('bare', 'rate'))})`,
    'CPU : bare': `${median(against('bare', 'cpu')).toFixed(2)} (${spread(against('bare', 'cpu'))})`,
    'rate : http-proxy': median(against('http-proxy', 'rate')).toFixed(2),
    MB: Math.round(median(own.map(({ memory }) => memory)) / 1e6)
  }
}))
console.table(table)
if (process.env.BENCH_JSON !== undefined) writeFileSync(process.env.BENCH_JSON, JSON.stringify({ node: process.version, rounds, seconds, connections, table, samples }, null, 2))
for (const { child } of [...servers, core]) child.disconnect()
process.exit(0)
