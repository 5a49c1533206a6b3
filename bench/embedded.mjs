// Two ways to let several connections share the embedded database, in turn: our own front (src/store/wire.ts) and
// @electric-sql/pglite-socket. Statements per second at eight connections; and, while other connections die inside
// transactions, how many acknowledged inserts are missing afterwards.
//   node bench/embedded.mjs [rounds]
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { PGlite } from '@electric-sql/pglite'
import { PGLiteSocketServer } from '@electric-sql/pglite-socket'
import { openDatabase } from '../dist/src/lib/postgres.js'
import { currentTemplate } from '../dist/src/store/template.js'
import { startEmbedded } from '../dist/src/store/embedded.js'
import { median } from './loads.mjs'

const CONNECTIONS = 8
const STATEMENTS = 500

if (!isMainThread) {
  const db = await PGlite.create()
  const server = new PGLiteSocketServer({ db, path: join(workerData, '.s.PGSQL.5432'), maxConnections: 100 })
  await server.start()
  parentPort.on('message', async () => {
    await server.stop()
    await db.close()
    process.exit(0)
  })
  parentPort.postMessage('up')
} else {
  await main(Number(process.argv[2] ?? 5))
}

async function startPeer () {
  const socketDir = mkdtempSync(join(tmpdir(), 'peer-'))
  const worker = new Worker(new URL(import.meta.url), { workerData: socketDir })
  await new Promise((resolve) => worker.once('message', resolve))
  return { socketDir, async close () { worker.postMessage('close'); await new Promise((resolve) => worker.once('exit', resolve)); rmSync(socketDir, { recursive: true }) } }
}

async function perSecond (db) {
  const begun = performance.now()
  await Promise.all(Array.from({ length: CONNECTIONS }, async (_, k) => {
    for (let i = 0; i < STATEMENTS; i++) await db.query('SELECT $1::text AS v', [`${k}-${i}`])
  }))
  return CONNECTIONS * STATEMENTS / ((performance.now() - begun) / 1000)
}

async function missing (db) {
  await db.query('DROP TABLE IF EXISTS t')
  await db.query('CREATE TABLE t (a text)')
  const going = { on: true }
  let acknowledged = 0
  const dying = (async () => {
    while (going.on) {
      const client = await db.connect()
      client.on('error', () => {})
      client.query('BEGIN').catch(() => {})
      client.query('SELECT $1::int', [1]).catch(() => {})
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 3))
      client.connection.stream.destroy()
    }
  })()
  await Promise.all(Array.from({ length: CONNECTIONS }, async (_, k) => {
    for (let i = 0; i < STATEMENTS; i++) await db.query('INSERT INTO t VALUES ($1)', [`${k}-${i}`]).then(() => { acknowledged++ }, () => {})
  }))
  going.on = false
  await dying
  return { acknowledged, missing: acknowledged - Number((await db.query('SELECT count(*) AS n FROM t')).rows[0].n) }
}

async function main (rounds) {
  const ours = startEmbedded({ dataDir: null, template: currentTemplate() })
  await ours.up
  const peer = await startPeer()
  const databases = { ours: openDatabase(ours, CONNECTIONS), peer: openDatabase(peer, CONNECTIONS) }
  const speeds = { ours: [], peer: [] }
  for (let round = 0; round <= rounds; round++) {
    for (const name of ['ours', 'peer']) {
      const speed = await perSecond(databases[name])
      if (round > 0) speeds[name].push(speed)
    }
  }
  const ratios = speeds.ours.map((speed, i) => speed / speeds.peer[i])
  console.log(`statements/s, median of ${rounds}: ours ${Math.round(median(speeds.ours))}, pglite-socket ${Math.round(median(speeds.peer))}, ratio ${median(ratios).toFixed(2)} (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`)
  for (const name of ['ours', 'peer']) {
    const found = await missing(databases[name])
    console.log(`${name === 'ours' ? 'ours' : 'pglite-socket'}, neighbours dying inside transactions: ${found.acknowledged} inserts acknowledged, ${found.missing} missing`)
    await databases[name].close()
  }
  await ours.close()
  await peer.close()
}
