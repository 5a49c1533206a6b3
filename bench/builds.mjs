// Two builds of the gateway, or one under two settings, in pairs: what a change costs or saves.
//   npm run bench:builds -- ../other-checkout        its dist/ against this one
//   OTHER_NODE_ARGS=--max-semi-space-size=64 npm run bench:builds
// Settings: ROUNDS (16), REQUESTS (6000) of one measurement, CONNECTIONS (32), OTHER_NODE_ARGS, OTHER_SETTINGS (JSON).
// Microseconds of processor time of all threads for one request; each gateway has its state in a Postgres server of its own.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import autocannon from 'autocannon'
import { startServer } from './core-server.mjs'
import { median, METHODS, spread } from './loads.mjs'
import { startGateway, usageOf } from './peers.mjs'

const rounds = Number(process.env.ROUNDS ?? 16)
const requests = Number(process.env.REQUESTS ?? 6_000)
const connections = Number(process.env.CONNECTIONS ?? 32)
const WARM_UP = 20_000
const own = fileURLToPath(new URL('..', import.meta.url))
const other = path.resolve(process.argv[2] ?? own)

const core = fork(fileURLToPath(new URL('servers.mjs', import.meta.url)), ['core'])
const [{ url }] = await once(core, 'message')

async function start (folder, args, settings) {
  const database = await startServer()
  const gateway = await startGateway(url, database.url, { bin: path.join(folder, 'dist/src/cli/bin.js'), args, settings })
  return { gateway, database }
}

async function measure ({ gateway }, { method, path: target, body, headers }, amount) {
  const before = usageOf(gateway.pid).cpu
  const { non2xx, errors } = await autocannon({ url: gateway.url + gateway.path + target + gateway.query, method, body, headers: { ...gateway.headers, ...headers }, connections, amount })
  if (non2xx + errors > 0) throw new Error(`${non2xx + errors} requests failed`)
  return (usageOf(gateway.pid).cpu - before) / amount
}

const pair = [
  await start(own, [], {}),
  await start(other, process.env.OTHER_NODE_ARGS?.split(' ') ?? [], JSON.parse(process.env.OTHER_SETTINGS ?? '{}'))
]
for (const load of METHODS) {
  for (const one of pair) await measure(one, load, WARM_UP)
  const samples = [[], []]
  for (let round = 0; round < rounds; round++) for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) samples[i].push(await measure(pair[i], load, requests))
  console.log(`${load.method}: ${median(samples[0]).toFixed(1)} us, the other ${median(samples[1]).toFixed(1)} us; this : other ${spread(samples[0].map((us, i) => us / samples[1][i]))}`)
}
for (const { gateway, database } of pair) {
  await gateway.stop()
  await database.stop()
}
core.disconnect()
process.exit(0)
