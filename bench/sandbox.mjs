// How fast the sandbox posts and reads over HTTP, and whether a ledger of many transactions is slower than an empty one.
// Settings: SECONDS (4) for one measurement, TRANSACTIONS (100000) to fill with, ROUNDS (7) of a comparison, EPHEMERAL (any text: the data is held in
// memory too), BENCH_JSON (a file to write).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import os from 'node:os'
import path from 'node:path'
import autocannon from 'autocannon'
import { median } from './loads.mjs'

const seconds = Number(process.env.SECONDS ?? 4)
const transactions = Number(process.env.TRANSACTIONS ?? 100_000)
const rounds = Number(process.env.ROUNDS ?? 7)
const AT_A_TIME = [1, 8, 32]
const PAIRS = 16
const BATCH = 5000

const bin = fileURLToPath(new URL('../dist/src/cli/bin.js', import.meta.url))
const folder = mkdtempSync(path.join(os.tmpdir(), 'bench-'))
const place = process.env.EPHEMERAL === undefined ? ['--data-dir', path.join(folder, 'data')] : ['--ephemeral']
const gateway = spawn(process.execPath, [bin, 'start', ...place, '--port', '0', '--json'], { env: { LOG_LEVEL: 'silent', ...process.env }, stdio: ['ignore', 'pipe', 'inherit'] })
const started = JSON.parse((await once(createInterface(gateway.stdout), 'line'))[0])
/** Answers when nothing is queued. */
async function settle () {
  const answer = await fetch(`${started.url}/admin/instances/${started.instance_id}/settle`, { method: 'POST', headers: { Authorization: `Bearer ${started.admin_token}` } })
  if (!answer.ok) throw new Error(`settle: ${answer.status} ${await answer.text()}`)
}

/** CPU seconds of all its threads so far; the kernel counts in hundredths. */
function cpuSeconds () {
  const [user, system] = readFileSync(`/proc/${gateway.pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13)
  return (Number(user) + Number(system)) / 100
}

/** Resident memory of gateway, sandbox and embedded database, which are one process, in MB. */
const memory = () => Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1]) / 1024)

/** Where requests go: `path` is put before each path, `query` after it. */
const direct = { url: started.sandbox_core_url, path: '', query: '', headers: { 'X-Blnk-Key': started.sandbox_core_key, 'Content-Type': 'application/json' } }
const proxied = (instance) => ({ url: started.url, path: '/proxy', query: `?instance_id=${instance}`, headers: { Authorization: `Bearer ${started.api_key}`, 'Content-Type': 'application/json' } })

async function send ({ url, path, query, headers }, method, target, body) {
  const answer = await fetch(url + path + target + query, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
  if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${await answer.text()}`)
  return await answer.json()
}

/** A way to a sandbox with balances to post between. */
async function equip (way) {
  const { ledger_id: ledger } = await send(way, 'POST', '/ledgers', { name: 'Bench' })
  const balances = []
  for (let i = 0; i < 2 * PAIRS; i++) balances.push((await send(way, 'POST', '/balances', { ledger_id: ledger, currency: 'USD' })).balance_id)
  return { ...way, balances }
}

const transaction = ({ balances }, i, over) => ({
  amount: 10.5,
  precision: 100,
  reference: `bench-${i}`,
  currency: 'USD',
  source: balances[i % PAIRS],
  destination: balances[PAIRS + i % PAIRS],
  description: 'Salary for March',
  allow_overdraft: true,
  meta_data: { sender_name: 'John Doe', sender_internal_id: '563502' },
  ...over
})

const posts = (way, skipQueue) => Array.from({ length: PAIRS }, (_, i) => (
  { method: 'POST', path: `${way.path}/transactions${way.query}`, headers: way.headers, body: JSON.stringify(transaction(way, i, { reference: '[<id>]', skip_queue: skipQueue })) }))
const LOADS = {
  'skip_queue transactions': (way) => ({ requests: posts(way, true), idReplacement: true }),
  'queued transactions': (way) => ({ requests: posts(way, false), idReplacement: true }),
  'balance reads': (way) => ({ requests: way.balances.map((id) => ({ method: 'GET', path: `${way.path}/balances/${id}${way.query}`, headers: way.headers })) })
}

async function measure (way, load, connections, duration = seconds) {
  const began = performance.now()
  const cpu = cpuSeconds()
  const result = await autocannon({ url: way.url, connections, duration, ...LOADS[load](way) })
  if (result.non2xx + result.errors > 0) throw new Error(`${load}: ${result.non2xx + result.errors} requests failed`)
  // Queued ones count when they are posted.
  if (load === 'queued transactions') await settle()
  const took = load === 'queued transactions' ? (performance.now() - began) / 1000 : result.duration
  return { rate: Math.round(result.requests.total / took), answered: Math.round(result.requests.total / result.duration), cpu: Math.round((cpuSeconds() - cpu) / result.requests.total * 1e6), p99: result.latency.p99 }
}

const first = await equip(direct)
const table = [{ load: 'nothing', 'at a time': 0, '/s': 0, 'answers/s': 0, 'us CPU': 0, 'p99 ms': 0, 'memory MB': memory() }]
for (const load of Object.keys(LOADS)) {
  await measure(first, load, 8, 1)
  for (const connections of AT_A_TIME) {
    const { rate, answered, cpu, p99 } = await measure(first, load, connections)
    table.push({ load, 'at a time': connections, '/s': rate, 'answers/s': answered, 'us CPU': cpu, 'p99 ms': p99, 'memory MB': memory() })
  }
}

async function addSandbox (name) {
  const answer = await fetch(`${started.url}/admin/instances`, { method: 'POST', headers: { Authorization: `Bearer ${started.admin_token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ name, sandbox: true }) })
  if (!answer.ok) throw new Error(`a sandbox: ${answer.status} ${await answer.text()}`)
  return await equip(proxied((await answer.json()).instance_id))
}

const [full, empty] = [await addSandbox('Full'), await addSandbox('Empty')]
for (let i = 0; i < transactions; i += BATCH) {
  const items = Array.from({ length: Math.min(BATCH, transactions - i) }, (_, k) => transaction(full, i + k))
  await send(full, 'POST', '/transactions/bulk', { skip_queue: true, transactions: items })
}
const filled = []
for (const load of ['skip_queue transactions', 'balance reads']) {
  const rates = []
  // By turns, so that what else the machine does falls on both.
  for (let round = 0; round < rounds; round++) rates.push({ full: (await measure(full, load, 8, 1)).rate, empty: (await measure(empty, load, 8, 1)).rate })
  filled.push({
    load,
    'empty, /s': median(rates.map((each) => each.empty)),
    [`with ${transactions}, /s`]: median(rates.map((each) => each.full)),
    'of it': median(rates.map((each) => each.full / each.empty)).toFixed(2),
    'memory MB': memory()
  })
}

console.log(`${os.cpus().length} cores, load ${os.loadavg().map((each) => each.toFixed(1)).join(' ')}, Node ${process.versions.node}`)
console.table(table)
console.table(filled)
if (process.env.BENCH_JSON !== undefined) writeFileSync(process.env.BENCH_JSON, JSON.stringify({ table, filled }))
gateway.kill()
await once(gateway, 'exit')
rmSync(folder, { recursive: true })
