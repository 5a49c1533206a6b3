import { createServer, type Server, type Socket } from 'node:net'

/**
 * What runs a unit of protocol messages: everything up to a Sync, a simple Query or a Flush, in one piece, and gives
 * back what the backend answers.
 */
export type Execute = (messages: Uint8Array, onAnswer: (bytes: Uint8Array) => void) => Promise<void>

// Frontend messages, https://www.postgresql.org/docs/18/protocol-message-formats.html
const QUERY = 0x51
const SYNC = 0x53
const FLUSH = 0x48
const TERMINATE = 0x58
const SSL_REQUEST = 80877103
const GSS_REQUEST = 80877104
const CANCEL_REQUEST = 80877102
/** Backend message ReadyForQuery, and its status outside of a transaction block. */
const READY = 0x5a
const IDLE = 0x49

const ROLLBACK = Buffer.from([QUERY, 0, 0, 0, 13, ...Buffer.from('ROLLBACK'), 0])
const SYNC_MESSAGE = Buffer.from([SYNC, 0, 0, 0, 4])

const NEW_BACKEND = Symbol('a start-up message')
type Kind = number | typeof NEW_BACKEND

interface Frame { readonly kind: Kind, readonly bytes: Buffer }

/** Cuts what a client sends into messages. */
class Frames {
  #rest: Buffer = Buffer.alloc(0)
  #begun = false

  take (chunk: Buffer): Frame[] {
    this.#rest = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk])
    const frames: Frame[] = []
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame)
    return frames
  }

  #next (): Frame | undefined {
    // A start-up message has no type byte.
    const head = this.#begun ? 1 : 0
    if (this.#rest.length < head + 4) return undefined
    const length = head + this.#rest.readInt32BE(head)
    if (this.#rest.length < length) return undefined
    const bytes = this.#rest.subarray(0, length)
    this.#rest = this.#rest.subarray(length)
    if (this.#begun) return { kind: bytes[0] as number, bytes }
    const code = bytes.readInt32BE(4)
    if (code === SSL_REQUEST || code === GSS_REQUEST || code === CANCEL_REQUEST) return { kind: code, bytes }
    this.#begun = true
    return { kind: NEW_BACKEND, bytes }
  }
}

interface Client {
  readonly socket: Socket
  readonly units: Array<{ readonly kind: Kind, readonly bytes: Buffer }>
  gone: boolean
}

/** The transaction status of the last ReadyForQuery among an answer's messages; null where there is none. */
function lastStatus (answer: Buffer): number | null {
  let status: number | null = null
  for (let at = 0; at + 5 <= answer.length; at += 1 + answer.readInt32BE(at + 1)) {
    if (answer[at] === READY) status = answer[at + 5] as number
  }
  return status
}

/**
 * Lets many connections share one backend. A unit of messages runs in one piece, and a connection that has a
 * transaction block or an unfinished exchange open has the backend to itself until that ends; one that dies in it is
 * rolled back before the next is served.
 */
class Backend {
  readonly #clients = new Set<Client>()
  #owner: Client | undefined
  #unsynced = false
  #running = false

  constructor (private readonly execute: Execute) {}

  add (client: Client): void { this.#clients.add(client) }

  remove (client: Client): void {
    client.gone = true
    this.#work()
  }

  /** Starts working, unless it does already. */
  #work (): void {
    if (this.#running) return
    this.#running = true
    // A backend that throws is not one to go on with: the thread ends, and says so.
    this.#drain().catch((error: unknown) => { setImmediate(() => { throw error }) })
  }

  push (client: Client, unit: { kind: Kind, bytes: Buffer }): void {
    client.units.push(unit)
    this.#work()
  }

  async #drain (): Promise<void> {
    for (;;) {
      for (const client of this.#clients) if (client.gone && client !== this.#owner) this.#clients.delete(client)
      if (this.#owner?.gone === true) await this.#rollBack()
      const next = this.#owner ?? this.#longestWaiting()
      const unit = next?.units.shift()
      if (next === undefined || unit === undefined) {
        this.#running = false
        return
      }
      // The clients take turns: who was served goes to the end.
      this.#clients.delete(next)
      this.#clients.add(next)
      await this.#serve(next, unit)
    }
  }

  #longestWaiting (): Client | undefined {
    for (const client of this.#clients) if (client.units.length > 0) return client
    return undefined
  }

  async #serve (client: Client, { kind, bytes }: { kind: Kind, bytes: Buffer }): Promise<void> {
    const parts: Buffer[] = []
    await this.execute(bytes, (part) => { parts.push(Buffer.from(part)) })
    const answer = parts.length === 1 ? parts[0] as Buffer : Buffer.concat(parts)
    this.#unsynced = kind === FLUSH
    const status = lastStatus(answer)
    this.#owner = this.#unsynced || (status !== null && status !== IDLE) ? client : undefined
    if (!client.gone) client.socket.write(answer)
  }

  async #rollBack (): Promise<void> {
    if (this.#unsynced) await this.execute(SYNC_MESSAGE, () => {})
    await this.execute(ROLLBACK, () => {})
    this.#unsynced = false
    this.#owner = undefined
  }
}

function connect (backend: Backend, socket: Socket): void {
  const client: Client = { socket, units: [], gone: false }
  const frames = new Frames()
  let unit: Buffer[] = []
  backend.add(client)
  socket.setNoDelay(true)
  socket.on('error', () => {})
  socket.on('close', () => { backend.remove(client) })
  socket.on('data', (chunk: Buffer) => {
    for (const { kind, bytes } of frames.take(chunk)) {
      if (kind === SSL_REQUEST || kind === GSS_REQUEST) socket.write('N')
      else if (kind === TERMINATE || kind === CANCEL_REQUEST) socket.end()
      else {
        unit.push(bytes)
        if (kind !== NEW_BACKEND && kind !== QUERY && kind !== SYNC && kind !== FLUSH) continue
        backend.push(client, { kind, bytes: unit.length === 1 ? bytes : Buffer.concat(unit) })
        unit = []
      }
    }
  })
}

/** Serves the Postgres protocol on a Unix socket, for one backend that knows nothing of connections. */
export async function serveWire (execute: Execute, path: string): Promise<{ close(): Promise<void> }> {
  const backend = new Backend(execute)
  const sockets = new Set<Socket>()
  const server: Server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => { sockets.delete(socket) })
    connect(backend, socket)
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
  return {
    async close () {
      const closed = new Promise<void>((resolve) => { server.close(() => { resolve() }) })
      for (const socket of sockets) socket.destroy()
      await closed
    }
  }
}
