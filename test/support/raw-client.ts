import { connect as connectSocket, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import { joinChunks } from './upstream.js'

/** An answer as its bytes came in; texts are latin1. */
export interface RawAnswer {
  readonly line: string
  readonly status: number
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  /** The first value of a header, by its name in lower case. */
  header (name: string): string | undefined
  readonly body: Buffer
}

export interface RawClient {
  readonly socket: Socket
  /** Text goes out as latin1. */
  send (bytes: string | Buffer): void
  /** The next answer, in full. @throws when the connection closes before its end */
  answer (): Promise<RawAnswer>
  /** Settles with everything that came and was not taken by answer(). `reset` when the other side broke off. */
  closed (): Promise<{ rest: Buffer, reset: boolean }>
  /** Settles when at least so many bytes are waiting. */
  waiting (bytes: number): Promise<Buffer>
}

/** @param ca the authority to trust, for a URL of https */
export async function connect (url: string, ca?: string, tls: ConnectionOptions = {}): Promise<RawClient> {
  const { protocol, hostname, port } = new URL(url)
  const isTls = protocol === 'https:'
  const to = { host: hostname, port: Number(port) }
  const socket = isTls ? connectTls({ ...to, ca, ...tls }) : connectSocket(to)
  let pending = Buffer.alloc(0)
  let over = false
  let reset = false
  const waiters = new Set<() => void>()
  const wake = (): void => { for (const waiter of [...waiters]) waiter() }
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk])
    wake()
  })
  socket.on('error', () => { reset = true })
  socket.on('close', () => {
    over = true
    wake()
  })
  await new Promise<void>((resolve, reject) => { socket.once(isTls ? 'secureConnect' : 'connect', resolve).once('error', reject) })

  const until = <T>(ready: () => T | undefined): Promise<T> => new Promise((resolve, reject) => {
    const look = (): void => {
      const value = ready()
      if (value === undefined && !over) return
      waiters.delete(look)
      if (value === undefined) reject(new Error(`closed after ${JSON.stringify(pending.toString('latin1', 0, 500))}`))
      else resolve(value)
    }
    waiters.add(look)
    look()
  })
  return {
    socket,
    send (bytes) { socket.write(bytes as string, 'latin1') },
    async answer () {
      const { answer, length } = await until(() => readAnswer(pending, over))
      pending = pending.subarray(length)
      return answer
    },
    async closed () { return await until(() => over ? { rest: pending, reset } : undefined) },
    async waiting (bytes) { return await until(() => pending.length >= bytes ? pending : undefined) }
  }
}

/** One request on a connection of its own. */
export async function ask (url: string, bytes: string | Buffer): Promise<RawAnswer> {
  const client = await connect(url)
  client.send(bytes)
  const answer = await client.answer()
  client.socket.destroy()
  return answer
}

function readAnswer (bytes: Buffer, over: boolean): { answer: RawAnswer, length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n')
  if (end === -1) return undefined
  const [line, ...fields] = bytes.toString('latin1', 0, end).split('\r\n')
  const status = Number(line!.split(' ')[1])
  const headers = fields.map((field) => [field.slice(0, field.indexOf(':')), field.slice(field.indexOf(':') + 1).trim()] as const)
  const header = (name: string): string | undefined => headers.find(([each]) => each.toLowerCase() === name)?.[1]
  const start = end + 4
  const answer = (body: Buffer, length: number): { answer: RawAnswer, length: number } => ({ answer: { line: line!, status, headers, header, body }, length })
  if (status < 200 || status === 204 || status === 304) return answer(Buffer.alloc(0), start)
  if (header('transfer-encoding') !== undefined) {
    const chunked = joinChunks(bytes, start)
    return chunked && answer(chunked.body, chunked.end)
  }
  const length = header('content-length')
  if (length === undefined) return over ? answer(bytes.subarray(start), bytes.length) : undefined
  const stop = start + Number(length)
  return bytes.length < stop ? undefined : answer(Buffer.from(bytes.subarray(start, stop)), stop)
}
