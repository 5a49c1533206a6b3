import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { keepLogShort } from './checkpoint.js'
import { serveWire } from './wire.js'

/** The major version inside PGlite 0.5; a data directory of another one cannot be opened. */
export const POSTGRES_MAJOR = 18

/** The longest path of a Unix socket that Linux and macOS both take. */
const SOCKET_PATH_LIMIT = 103

export interface Embedded {
  /** A directory that only this user can enter; the socket in it has no password. */
  readonly socketDir: string
  /** Settles when the socket answers. */
  readonly up: Promise<void>
  /** Settles when the database stopped without being asked to. */
  readonly died: Promise<Error>
  /** Writes the whole database to a file that `template` takes. */
  dump(file: string): Promise<void>
  close(): Promise<void>
}

type Order = { readonly dump: string } | 'close'

interface WorkerOptions {
  readonly role: 'embedded-postgres'
  readonly socketDir: string
  /** null: in memory */
  readonly dataDir: string | null
  /** A dump to begin from where the data directory is new. */
  readonly template: string | null
}

export class DataDirError extends Error {}

/** Written before the directory is made, and once it is whole: a start that was killed half-way begins anew. */
const begunMark = (dataDir: string): string => join(dirname(dataDir), 'postgres-begun')
const wholeMark = (dataDir: string): string => join(dirname(dataDir), 'postgres-made')

/** What is there is opened, or refused; what a killed start left is removed, and nothing that others put there. */
function openableDataDir (dataDir: string): void {
  const version = join(dataDir, 'PG_VERSION')
  if (existsSync(wholeMark(dataDir))) {
    if (!existsSync(version)) throw new DataDirError(`the data directory ${dataDir} is damaged (PG_VERSION is missing): put a copy back, or name another with --data-dir`)
    const major = readFileSync(version, 'utf8').trim()
    if (major !== String(POSTGRES_MAJOR)) {
      throw new DataDirError(`the data directory ${dataDir} was written by Postgres ${major}, and this version opens Postgres ${POSTGRES_MAJOR}: start the version that wrote it, or name another with --data-dir`)
    }
    return
  }
  if (existsSync(begunMark(dataDir))) rmSync(dataDir, { recursive: true, force: true })
  else if (existsSync(dataDir)) throw new DataDirError(`${dataDir} is there and was not made by a gateway: name another place with --data-dir`)
  writeFileSync(begunMark(dataDir), '', { mode: 0o600 })
}

function renameOnce (from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to)
}

function makeSocketDir (dataDir: string | null): string {
  const near = dataDir === null ? null : join(dirname(dataDir), 'run')
  if (near === null || join(near, '.s.PGSQL.5432').length > SOCKET_PATH_LIMIT) return mkdtempSync(join(tmpdir(), 'blnk-gateway-'))
  // A socket file that a killed process left behind would make the bind fail; the lock on the directory is ours.
  rmSync(near, { recursive: true, force: true })
  mkdirSync(near, { mode: 0o700 })
  return near
}

/**
 * Starts Postgres (PGlite) in a worker thread.
 * @param dataDir the directory, or null for one in memory
 * @param template the dump that a new one begins from; without it, it begins empty, which takes seconds more
 * @throws DataDirError
 */
export function startEmbedded ({ dataDir, template }: { dataDir: string | null, template: string | null }): Embedded {
  // Over TCP instead, whoever is on the machine would be its superuser.
  if (process.platform === 'win32') throw new DataDirError('the embedded database needs a Unix socket with permissions, which Windows does not have: run in WSL 2, or set DATABASE_URL')
  if (dataDir !== null) openableDataDir(dataDir)
  const socketDir = makeSocketDir(dataDir)
  const data: WorkerOptions = { role: 'embedded-postgres', socketDir, dataDir, template }
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: data, execArgv: [], stdout: true, stderr: true })
  let closing = false
  const gone = new Promise<void>((resolve) => { worker.once('exit', () => { resolve() }) })
  const died = new Promise<Error>((resolve) => {
    worker.once('error', resolve)
    worker.once('exit', (code) => { if (!closing) resolve(new Error(`the embedded database stopped (${code})`)) })
  })
  const up = Promise.race([once(worker, 'message'), died]).then((first) => {
    if (first instanceof Error) throw dataDir === null ? first : new DataDirError(`the data directory ${dataDir} cannot be opened (${first.message.split('\n', 1)[0]}): put a copy back, or name another with --data-dir`, { cause: first })
    if (dataDir !== null) renameOnce(begunMark(dataDir), wholeMark(dataDir))
  })
  up.catch(() => {})
  const checkpoints = keepLogShort({ socketDir })
  return {
    socketDir,
    up,
    died,
    async dump (file) {
      const dumped = once(worker, 'message')
      worker.postMessage({ dump: file } satisfies Order)
      await dumped
    },
    async close () {
      closing = true
      await checkpoints.stop()
      await up.then(() => { worker.postMessage('close' satisfies Order) }, () => {})
      await gone
      rmSync(socketDir, { recursive: true, force: true })
    }
  }
}

/** How a new cluster is made: the standard segments of 16 MB would be most of a small database. */
export const CLUSTER = ['--wal-segsize=1'] as const

/**
 * A laptop's memory and not a server's: the standard 128 MB of buffers and 1 GB of write-ahead log would both be filled
 * in time, and in memory the log's files count too.
 */
const SMALL = ['shared_buffers=16MB', 'min_wal_size=2MB', 'max_wal_size=32MB']

async function serve ({ socketDir, dataDir, template }: WorkerOptions): Promise<void> {
  const { PGlite } = await import('@electric-sql/pglite')
  const fresh = dataDir === null || !existsSync(dataDir)
  const database = await PGlite.create({
    ...(dataDir === null ? {} : { dataDir }),
    initDbStartParams: [...CLUSTER],
    startParams: [...PGlite.defaultStartParams, ...SMALL.flatMap((setting) => ['-c', setting])],
    ...(fresh && template !== null ? { loadDataDir: new Blob([readFileSync(template)]) } : {})
  })
  const server = await serveWire(
    async (messages, onAnswer) => { await database.runExclusive(async () => await database.execProtocolRawStream(messages, { onRawData: onAnswer })) },
    join(socketDir, '.s.PGSQL.5432')
  )
  const obey = async (order: Order): Promise<void> => {
    if (order === 'close') {
      await server.close()
      await database.close()
      process.exit(0)
    }
    const dump = await database.dumpDataDir('gzip')
    writeFileSync(order.dump, Buffer.from(await dump.arrayBuffer()))
    parentPort?.postMessage('dumped')
  }
  parentPort?.on('message', (order: Order) => {
    obey(order).catch((error: unknown) => { setImmediate(() => { throw error }) })
  })
  parentPort?.postMessage('up')
}

if (!isMainThread && (workerData as WorkerOptions | null)?.role === 'embedded-postgres') await serve(workerData as WorkerOptions)
