// One interleaved run: every round measures each server once, so that what else the machine does falls on all of them.
// Settings: ROUNDS (9), SECONDS (1) for one measurement, CONNECTIONS (1,32,256), KINDS, BENCH_SETTINGS (JSON, of the gateway),
// BENCH_JSON (a file to write).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { startServer } from './core-server.mjs'
import { median, METHODS, spread } from './loads.mjs'
import { startGateway, startHaproxy, startNginx, usageOf } from './peers.mjs'

const rounds = Number(process.env.ROUNDS ?? 9)
const seconds = Number(process.env.SECONDS ?? 1)
const levels = (process.env.CONNECTIONS ?? '1,32,256').split(',').map(Number)
const KINDS = (process.env.KINDS ?? 'bare,gateway,http-proxy,reply-from,express,nginx,haproxy').split(',')
const PEERS = { gateway: startGateway, nginx: startNginx, haproxy: startHaproxy }

const LOADS = METHODS.flatMap((one) => levels.map((connections) => ({ ...one, connections, name: `${one.method} ${connections}` })))

const file = fileURLToPath(new URL('servers.mjs', import.meta.url))
async function start (kind, core, databaseUrl) {
  if (PEERS[kind] !== undefined) {
    const peer = await PEERS[kind](core, databaseUrl)
    return peer && { kind, ...peer, usage: async () => usageOf(peer.pid) }
  }
  const child = fork(file, core === undefined ? [kind] : [kind, core])
  const [server] = await once(child, 'message')
  const usage = async () => {
    child.send('usage')
    return (await once(child, 'message'))[0]
  }
  return { kind, child, path: '', query: '', headers: {}, ...server, usage }
}

async function measure (server, { method, path, body, headers, connections }, duration) {
  const before = await server.usage()
  const result = await autocannon({ url: server.url + server.path + path + server.query, method, body, headers: { ...server.headers, ...headers }, connections, duration })
  const after = await server.usage()
  const failed = result.non2xx + result.errors
  if (failed > 0) throw new Error(`${server.kind} ${method}: ${failed} requests failed`)
  return { rate: result.requests.total / result.duration, cpu: (after.cpu - before.cpu) / result.requests.total, p50: result.latency.p50, p99: result.latency.p99, memory: after.memory }
}

const core = await start('core')
const servers = []
// The gateway's own state lies in a Postgres server, as in front of real Cores; without Debian's, in the embedded database.
const database = existsSync('/usr/lib/postgresql') && KINDS.includes('gateway') ? await startServer() : undefined
for (const kind of KINDS) {
  const server = await start(kind, core.url, database?.url)
  if (server === undefined) console.log(`${kind} is not here: apt-get install nginx-light libnginx-mod-http-lua haproxy`)
  else servers.push(server)
}
const samples = Object.fromEntries(LOADS.map(({ name }) => [name, Object.fromEntries(servers.map(({ kind }) => [kind, []]))]))

console.log(`Node ${process.version}, ${os.cpus().length} x ${os.cpus()[0].model}; ${rounds} rounds of ${seconds} s; the gateway's state in ${database === undefined ? 'the embedded database' : `Postgres ${database.version}`}`)
for (const load of LOADS) for (const server of servers) await measure(server, load, 1)
for (let round = 0; round < rounds; round++) {
  for (const load of LOADS) {
    // Another one begins each time: none is always measured after the same neighbour.
    for (let i = 0; i < servers.length; i++) {
      const server = servers[(i + round) % servers.length]
      samples[load.name][server.kind].push(await measure(server, load, seconds))
    }
  }
}

const table = LOADS.flatMap(({ name, method, connections }) => servers.map(({ kind }) => {
  const own = samples[name][kind]
  const against = (other, what) => own.map((sample, i) => sample[what] / samples[name][other][i][what])
  return {
    method,
    connections,
    server: kind,
    'req/s': Math.round(median(own.map(({ rate }) => rate))),
    'us CPU/req': Number(median(own.map(({ cpu }) => cpu)).toFixed(1)),
    'p99 ms': median(own.map(({ p99 }) => p99)),
    'rate : bare': spread(against('bare', 'rate')),
    'CPU : bare': spread(against('bare', 'cpu')),
    MB: Math.round(median(own.map(({ memory }) => memory)) / 1e6)
  }
}))
const columns = Object.keys(table[0])
console.log(`\n| ${columns.join(' | ')} |\n|${columns.map(() => '---|').join('')}`)
for (const row of table) console.log(`| ${columns.map((column) => row[column]).join(' | ')} |`)
if (process.env.BENCH_JSON !== undefined) writeFileSync(process.env.BENCH_JSON, JSON.stringify({ node: process.version, rounds, seconds, table, samples }, null, 2))
for (const { child, stop } of [...servers, core]) {
  child?.disconnect()
  await stop?.()
}
await database?.stop()
process.exit(0)
