// What the Data API costs over a Core's tables of a million transactions, beside the same SQL sent by pg alone, in one interleaved run.
// Settings: TRANSACTIONS (1000000), BALANCES (100000), ROUNDS (60), CASES (a regular expression),
// BENCH_DATABASE_URL (a server that is filled already), BENCH_JSON (a file to write).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import os from 'node:os'
import pg from 'pg'
import { Agent } from 'undici'
import { readFilterBody } from '../dist/src/data/body.js'
import { listDigest, writeCursor } from '../dist/src/data/cursor.js'
import { placeOf, readPage } from '../dist/src/data/list.js'
import { readFilterPaging } from '../dist/src/data/request.js'
import { RESOURCES } from '../dist/src/data/resources.js'
import { detailStatement, pageStatement } from '../dist/src/data/statements.js'
import { types } from '../dist/src/lib/postgres.js'
import { cases, countCases } from './data-cases.mjs'
import { fill, startServer } from './core-server.mjs'

const size = { transactions: Number(process.env.TRANSACTIONS ?? 1_000_000), balances: Number(process.env.BALANCES ?? 100_000) }
const rounds = Number(process.env.ROUNDS ?? 60)
const wanted = new RegExp(process.env.CASES ?? '')
const INSTANCE = 'inst_bench'

const server = process.env.BENCH_DATABASE_URL === undefined ? await startServer() : { url: process.env.BENCH_DATABASE_URL, version: '?', stop: async () => {} }
const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))]
const timesOf = (samples) => {
  const sorted = samples.toSorted((a, b) => a - b)
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) }
}

const alone = new pg.Client({ connectionString: server.url, types, options: '-c default_transaction_read_only=on -c timezone=UTC' })

/** A source that says what was asked of it. */
function recording (statements) {
  return {
    async read (resource, make) {
      const statement = make({ resource, schema: 'blnk', lacks: new Set() })
      statements.push(statement)
      return (await alone.query(statement.text, statement.values)).rows
    }
  }
}

/** The statements that the API runs for a request, and the request. */
async function planned ({ name, path, query, body, id, depth }) {
  const resource = RESOURCES[name]
  if (id !== undefined) return { path: `${path}?instance_id=${INSTANCE}`, statements: [detailStatement({ resource, schema: 'blnk', lacks: new Set() }, id)] }
  const { filters } = readFilterBody(Buffer.from(JSON.stringify(body)))
  const { values, ignored, ...paging } = readFilterPaging(new URLSearchParams(query), resource, { strict_total: /^(?:true|false)$/ })
  let more = query
  if (depth !== undefined) {
    const before = pageStatement({ resource, schema: 'blnk', lacks: new Set() }, { filters, order: paging.order, limit: 1, offset: BigInt(depth - 1) })
    const { rows } = await alone.query(before.text, before.values)
    const cursor = writeCursor({ place: placeOf(rows[0]), total: { total: '1', isEstimate: true } }, listDigest([INSTANCE, resource.name, filters, paging.order]))
    paging.cursor = cursor
    more = `${query}&cursor=${cursor}`
  }
  const statements = []
  await readPage({ source: recording(statements), resource, filters, instanceId: INSTANCE }, paging, { mayEstimate: name === 'transactions' && values.get('strict_total') !== 'true' })
  return { path: `${path}?instance_id=${INSTANCE}${more}`, body: JSON.stringify(body), statements }
}

const isTotal = ({ text }) => /^(?:EXPLAIN|SELECT count)/.test(text)
const sum = (times) => times.reduce((all, one) => all + one, 0)

const agent = new Agent({ connections: 1 })

async function throughApi ({ url, apiKey }, { path, body }) {
  const { statusCode, body: answer } = await agent.request({ origin: url, path, method: body === undefined ? 'GET' : 'POST', headers: { Authorization: `Bearer ${apiKey}`, 'Content-Type': 'application/json' }, ...(body !== undefined && { body }) })
  const text = await answer.text()
  if (statusCode !== 200) throw new Error(`${path}: ${statusCode} ${text}`)
}

async function throughPg ({ statements }) {
  const times = []
  for (const { text, values } of statements) {
    const begun = performance.now()
    await alone.query(text, values)
    times.push(performance.now() - begun)
  }
  return times
}

/** Turns of one way before the other has its own, so that each is measured as warm as one that is used all along. */
const BLOCK = 10

/** Both ways in blocks by turns, each first as often as the other. */
async function measure (gateway, make, turns) {
  const samples = { page: [], total: [], sql: [], api: [] }
  // Planning runs the statements: between two turns it would warm up the connection that pg has alone.
  const plans = []
  for (let turn = 0; turn < turns; turn++) plans.push(await planned(make(turn)))
  const ways = {
    async api (plan, turn) {
      const begun = performance.now()
      await throughApi(gateway, plan)
      samples.api[turn] = performance.now() - begun
    },
    async sql (plan, turn) {
      const begun = performance.now()
      const times = await throughPg(plan)
      samples.sql[turn] = performance.now() - begun
      const [page, total] = [false, true].map((is) => times.filter((_, i) => isTotal(plan.statements[i]) === is))
      samples.page.push(sum(page))
      if (total.length > 0) samples.total.push(sum(total))
    }
  }
  for (let from = 0; from < turns; from += BLOCK) {
    const block = plans.slice(from, from + BLOCK)
    for (const way of (from / BLOCK) % 2 === 0 ? ['api', 'sql'] : ['sql', 'api']) {
      for (const [i, plan] of block.entries()) await ways[way](plan, from + i)
    }
  }
  // Of the turns' own differences: what the machine does beside is in both of a turn.
  const adds = timesOf(samples.api.map((api, turn) => api - samples.sql[turn])).p50
  return { page: timesOf(samples.page), total: samples.total.length > 0 ? timesOf(samples.total) : null, sql: timesOf(samples.sql), api: timesOf(samples.api), adds }
}

/** Does what the doctor says, and asks again for what it is about. */
async function withAdvice (gateway) {
  const { advice } = await gateway.admin('GET', `/admin/instances/${INSTANCE}/doctor`)
  const owner = new pg.Client({ connectionString: server.url })
  await owner.connect()
  console.log('\nWhat `blnk-gateway instances doctor` says\n\n```sql')
  for (const { statement } of advice) {
    console.log(`${statement};`)
    await owner.query(statement)
  }
  await owner.query('ANALYZE')
  await owner.end()
  const results = {}
  console.log(`\`\`\`\n\n${HEAD}`)
  for (const [name, make] of Object.entries(cases(size))) {
    if (!/^amount|balances, meta_data/.test(name) || !wanted.test(name)) continue
    await measure(gateway, make, 3)
    results[name] = await measure(gateway, make, rounds)
    console.log(line(name, results[name]))
  }
  return results
}

/** What HTTP and Node cost here by themselves. */
async function withoutSql (gateway) {
  const samples = []
  for (let turn = 0; turn < 5 * rounds; turn++) {
    const begun = performance.now()
    await throughApi(gateway, { path: '/health/live' })
    samples.push(performance.now() - begun)
  }
  return timesOf(samples.slice(rounds))
}

async function startGateway () {
  const bin = fileURLToPath(new URL('../dist/src/cli/bin.js', import.meta.url))
  const child = spawn(process.execPath, [bin, 'start', '--ephemeral', '--port', '0', '--json'], { env: { PATH: process.env.PATH, HOME: os.tmpdir(), LOG_LEVEL: 'silent', REQUEST_LOG: 'off' }, stdio: ['ignore', 'pipe', 'inherit'] })
  const started = JSON.parse((await once(createInterface(child.stdout), 'line'))[0])
  const admin = async (method, path, body) => await (await fetch(started.url + path, { method, headers: { Authorization: `Bearer ${started.admin_token}`, 'Content-Type': 'application/json' }, ...(body !== undefined && { body: JSON.stringify(body) }) })).json()
  await admin('POST', '/admin/instances', { name: 'bench', instance_id: INSTANCE, database_url: server.url })
  return { url: started.url, apiKey: started.api_key, admin, stop: async () => { child.kill('SIGTERM'); await once(child, 'exit') } }
}

const ms = (n) => n.toFixed(n < 9.95 ? 2 : 1)
const pair = (times) => times === null ? '' : `${ms(times.p50)} / ${ms(times.p99)}`
function line (name, { page, total, sql, api, adds }) {
  return `| ${name} | ${pair(page)} | ${pair(total)} | ${pair(sql)} | ${pair(api)} | ${ms(adds)} |`
}

const HEAD = '| p50 / p99 in ms | page, pg alone | total, pg alone | both, pg alone | through the API | the API adds |\n|---|---|---|---|---|---|'

let gateway
try {
  if (process.env.BENCH_DATABASE_URL === undefined) await fill(server.url, size)
  await alone.connect()
  gateway = await startGateway()
  const { rows: [about] } = await alone.query('SELECT version() AS version, count(*)::int AS n FROM blnk.transactions')
  console.log(`${about.version.split(' on ')[0]}, Node ${process.version}, ${os.cpus().length} x ${os.cpus()[0].model}; ${about.n} transactions; ${rounds} rounds`)
  // Compiled before it is timed: the first thousands of requests of a process are not those of its day.
  for (const name of ['newest, no filter', 'reference', 'detail']) {
    const plan = await planned(cases(size)[name](0))
    for (let i = 0; i < 2_000; i++) await throughApi(gateway, plan)
  }
  const results = { withoutSql: await withoutSql(gateway) }
  console.log(`An answer without SQL (GET /health/live): ${pair(results.withoutSql)}`)
  for (const [heading, of, turns] of [['Pages', cases(size), rounds], ['Exact totals', countCases(), Math.ceil(rounds / 6)]]) {
    const names = Object.keys(of).filter((name) => wanted.test(name))
    if (names.length === 0) continue
    console.log(`\n${heading}\n\n${HEAD}`)
    results[heading] = {}
    for (const name of names) {
      await measure(gateway, of[name], 3)
      const result = results[heading][name] = await measure(gateway, of[name], turns)
      console.log(line(name, result))
    }
  }
  results['With what instances doctor says'] = await withAdvice(gateway)
  if (process.env.BENCH_JSON !== undefined) writeFileSync(process.env.BENCH_JSON, JSON.stringify({ ...about, size, rounds, results }, null, 2))
} finally {
  await agent.close()
  await gateway?.stop()
  await alone.end().catch(() => {})
  await server.stop()
}
