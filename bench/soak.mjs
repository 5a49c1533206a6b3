// The gateway at full load, with 5 % of clients leaving and 1 % of the Core's answers cut, for DURATION seconds (600). Prints memory, open
// sockets and requests each SAMPLE seconds (30), and ends with 1 when memory has grown by more than 10 % after the first minute (of a
// shorter run: after half of it), a socket is left, or a request was not answered as it should. Further settings: CLIENTS (64).
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import http from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { startServer } from './core-server.mjs'
import { median } from './loads.mjs'
import { startGateway } from './peers.mjs'
import { isCut, isLeft } from './soak-numbers.mjs'

const duration = Number(process.env.DURATION ?? 600)
const sample = Number(process.env.SAMPLE ?? 30)
const clients = Number(process.env.CLIENTS ?? 64)
/** Milliseconds after which a request counts as unanswered. */
const PATIENCE_MS = 30_000
const MOST_GROWTH = 1.1
/** Seconds from which on resident memory is judged too. */
const LONG = 300

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url))
const transaction = Buffer.from(JSON.stringify({ precise_amount: 750000, currency: 'USD', source: '@World-USD', destination: 'bln_1', meta_data: { note: 'x'.repeat(200) } }))
const upload = Buffer.alloc(48 * 1024, 'x')
const KINDS = [['GET', '/ledgers/ldg_1'], ['POST', '/transactions', transaction], ['GET', '/balances/bln_1'], ['POST', '/reconciliation/upload', upload]]

const child = fork(fileOf('soak-core.mjs'))
const [{ port: core }] = await once(child, 'message')
const database = existsSync('/usr/lib/postgresql') ? await startServer() : undefined
const gateway = await startGateway(`http://127.0.0.1:${core}`, database?.url, { args: ['--expose-gc', '--import', fileOf('soak-probe.mjs')], ipc: true })
const probe = async () => {
  gateway.asked.send({ core })
  return (await once(gateway.asked, 'message'))[0]
}

const counts = { answered: 0, cut: 0, left: 0, wrong: 0, unanswered: 0 }
const wrong = new Map()
const agent = new http.Agent({ keepAlive: true, maxSockets: clients })
const until = Date.now() + duration * 1000
let number = 0

/** One request to its end. @returns what came of it */
const ask = (own) => new Promise((resolve) => {
  const [method, path, body] = KINDS[own % KINDS.length]
  const headers = { ...gateway.headers, 'X-Number': own, ...(body !== undefined && { 'Content-Length': body.length, 'Content-Type': 'application/json' }) }
  const request = http.request({ host: '127.0.0.1', port: new URL(gateway.url).port, agent, method, path: `${gateway.path}${path}${gateway.query}`, headers })
  const late = setTimeout(() => {
    resolve('unanswered')
    request.destroy()
  }, PATIENCE_MS)
  const end = (what) => {
    clearTimeout(late)
    resolve(what)
  }
  const broken = () => { end(isLeft(own) ? 'left' : isCut(own) ? 'cut' : 'no whole answer') }
  request.on('error', broken).on('response', (answer) => {
    answer.on('error', broken).on('close', () => { if (!answer.complete) broken() }).resume().on('end', () => {
      if (!answer.complete) broken()
      else if (isCut(own)) end(answer.statusCode === 502 ? 'cut' : `${answer.statusCode} for a cut answer`)
      else end(answer.statusCode === 200 ? 'answered' : `${answer.statusCode}`)
    })
  })
  if (!isLeft(own)) request.end(body)
  else if (own % 60 === 3 && body !== undefined) request.write(body.subarray(0, body.length / 2), () => { request.destroy() })
  else request.end(body, () => { if (own % 60 === 23) request.destroy(); else setImmediate(() => { request.destroy() }) })
})

async function client () {
  while (Date.now() < until) {
    const what = await ask(number++)
    if (Object.hasOwn(counts, what)) counts[what]++
    else {
      counts.wrong++
      wrong.set(what, (wrong.get(what) ?? 0) + 1)
    }
  }
}

const samples = []
async function look (at) {
  const one = { at, ...await probe() }
  samples.push(one)
  const { used, rss, toCore, clients: held, others } = one
  console.log(`${String(Math.round(at)).padStart(5)} s  in use ${(used / 1e6).toFixed(1)} MB  resident ${(rss / 1e6).toFixed(0)} MB  sockets: clients ${held}, Core ${toCore}, other ${others}  ${Object.entries(counts).map(([name, many]) => `${name} ${many}`).join(', ')}`)
}

console.log(`Node ${process.version}; ${duration} s, ${clients} clients, 5 % leave, 1 % of answers are cut; state in ${database === undefined ? 'the embedded database' : `Postgres ${database.version}`}`)
await look(0)
const from = Date.now()
const settled = Math.min(60, duration / 2)
const running = Array.from({ length: clients }, client)
for (let at = Math.min(sample, settled); at < duration; at = at < settled ? Math.min(settled, at + sample) : at + sample) {
  await wait(Math.max(0, from + at * 1000 - Date.now()))
  await look(at)
}
await Promise.all(running)
await look((Date.now() - from) / 1000)
agent.destroy()

// A connection to a Core is kept for 4 s, and one of a client until it has been seen to close.
let last
for (let tries = 0; tries < 60; tries++) {
  last = await probe()
  if (last.clients === 0 && last.toCore === 0) break
  await wait(500)
}
child.send('twice')
const [{ twice }] = await once(child, 'message')
const base = samples.find(({ at }) => at >= settled)
const end = samples.at(-1)
// What is resident goes up and down with what the collector lets stand: of a long run its quarters are compared, of a short one nothing.
const after = samples.filter(({ at }) => at >= settled).map(({ rss }) => rss)
const quarter = Math.ceil(after.length / 4)
const growth = {
  'in use': end.used / base.used,
  ...(duration >= LONG && { resident: median(after.slice(-quarter)) / median(after.slice(0, quarter)) })
}
console.log(`after it: ${last.clients} sockets of clients, ${last.toCore} to the Core; since ${Math.round(base.at)} s ${Object.entries(growth).map(([name, by]) => `${name} ${((by - 1) * 100).toFixed(1)} %`).join(', ')}; ${(counts.answered / duration).toFixed(0)} answers a second; sent twice ${twice}`)
const faults = [
  ...Object.entries(growth).filter(([, by]) => by > MOST_GROWTH).map(([name]) => `memory ${name} grew`),
  ...(last.clients + last.toCore > 0 ? ['sockets are left'] : []),
  ...(counts.unanswered > 0 ? ['requests were not answered'] : []),
  ...(twice > 0 ? ['requests were sent twice'] : []),
  ...[...wrong].map(([what, many]) => `${many} requests: ${what}`)
]
console.log(faults.length === 0 ? 'flat, nothing left, all answered' : `FAULTS: ${faults.join('; ')}`)
await gateway.stop()
await database?.stop()
child.disconnect()
process.exit(faults.length === 0 ? 0 : 1)
