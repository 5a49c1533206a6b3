import { fileURLToPath } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import type { ClockState } from './control.js'
import type { Sandbox, SandboxOptions } from './core.js'

export type { Sandbox, SandboxOptions } from './core.js'

/** A sandbox in a worker thread. */
export interface SandboxThread extends Sandbox {
  /** Settles when the thread stopped without being asked to; calls that were under way are rejected. */
  readonly died: Promise<Error>
}

type Call = Exclude<keyof Sandbox, 'url'>
interface Order { readonly id: number, readonly call: Call, readonly values: readonly unknown[] }
interface ThreadError { readonly message: string, readonly code?: string }
interface Outcome { readonly id: number, readonly value?: unknown, readonly error?: ThreadError }
interface ThreadOptions extends SandboxOptions { readonly role: 'sandbox' }

/** The order that starting answers, before any call. */
const START = 0

const revive = ({ message, code }: ThreadError): Error => Object.assign(new Error(message), code === undefined ? {} : { code })

/** Calls to a thread, each answered by one message of the same number. */
class Calls {
  private readonly waiting = new Map<number, { resolve (value: unknown): void, reject (error: Error): void }>()
  private lastId = START
  private ended: Error | undefined

  constructor (private readonly worker: Worker) {
    worker.on('message', ({ id, value, error }: Outcome) => {
      const waiter = this.waiting.get(id)
      this.waiting.delete(id)
      if (error === undefined) waiter?.resolve(value)
      else waiter?.reject(revive(error))
    })
  }

  async outcome (id: number): Promise<unknown> {
    return await new Promise((resolve, reject) => { this.waiting.set(id, { resolve, reject }) })
  }

  async make (call: Call, ...values: unknown[]): Promise<unknown> {
    if (this.ended !== undefined) throw this.ended
    const id = ++this.lastId
    const outcome = this.outcome(id)
    this.worker.postMessage({ id, call, values } satisfies Order)
    return await outcome
  }

  /** The thread is gone: what waits is rejected, and what is asked from now on. */
  abandon (error: Error): void {
    this.ended = error
    for (const { reject } of this.waiting.values()) reject(error)
    this.waiting.clear()
  }
}

function startWorker ({ database, ...others }: SandboxOptions): Worker {
  // What goes to a thread is copied, so an address that carries more than an address is cut down to it.
  const address = 'url' in database ? { url: database.url } : { socketDir: database.socketDir }
  const workerData: ThreadOptions = { role: 'sandbox', database: address, ...others }
  return new Worker(fileURLToPath(import.meta.url), { workerData, execArgv: [] })
}

/**
 * Starts a sandbox in a thread of its own and answers when it listens.
 * @throws an error whose `code` is `EADDRINUSE` where the port is taken
 */
export async function startSandbox (options: SandboxOptions): Promise<SandboxThread> {
  const worker = startWorker(options)
  const calls = new Calls(worker)
  let closing = false
  const gone = new Promise<void>((resolve) => { worker.once('exit', () => { resolve() }) })
  const died = new Promise<Error>((resolve) => {
    worker.once('error', resolve)
    worker.once('exit', (code) => { if (!closing) resolve(new Error(`the sandbox stopped (${code})`)) })
  })
  died.then((error) => { calls.abandon(error) }, () => {})
  let url: string
  try {
    url = await calls.outcome(START) as string
  } catch (error) {
    closing = true
    await gone
    throw error
  }
  return {
    url,
    died,
    prepare: async (schema) => { await calls.make('prepare', schema) },
    open: async (ledger) => { await calls.make('open', ledger) },
    drop: async (schema) => { await calls.make('drop', schema) },
    reset: async (schema, seed) => { await calls.make('reset', schema, seed) },
    seedIds: async (schema, seed) => { await calls.make('seedIds', schema, seed) },
    clock: async (schema, order) => await calls.make('clock', schema, order) as ClockState,
    settle: async (schema) => { await calls.make('settle', schema) },
    deliveries: async (schema, query) => await calls.make('deliveries', schema, query) as Awaited<ReturnType<Sandbox['deliveries']>>,
    redeliver: async (schema, deliveryId) => await calls.make('redeliver', schema, deliveryId) as boolean,
    health: async () => await calls.make('health').catch(() => false) as boolean,
    async close () {
      closing = true
      await Promise.race([calls.make('close'), died])
      await gone
      calls.abandon(new Error('the sandbox is closed'))
    }
  }
}

function describe (error: unknown): ThreadError {
  const { message, code } = error as NodeJS.ErrnoException
  return { message, ...(typeof code === 'string' ? { code } : {}) }
}

const obey = async (sandbox: Sandbox, { call, values }: Order): Promise<unknown> =>
  await (sandbox[call] as (...values: readonly unknown[]) => Promise<unknown>)(...values)

async function serve (options: ThreadOptions): Promise<void> {
  const { startCore } = await import('./core.js')
  const tell = (outcome: Outcome): void => { parentPort?.postMessage(outcome) }
  let sandbox: Sandbox
  try {
    sandbox = await startCore(options)
  } catch (error) {
    tell({ id: START, error: describe(error) })
    return
  }
  parentPort?.on('message', (order: Order) => {
    obey(sandbox, order).then(
      (value) => { tell({ id: order.id, value }) },
      (error: unknown) => { tell({ id: order.id, error: describe(error) }) }
    ).finally(() => { if (order.call === 'close') parentPort?.close() })
  })
  tell({ id: START, value: sandbox.url })
}

if (!isMainThread && (workerData as ThreadOptions | null)?.role === 'sandbox') await serve(workerData as ThreadOptions)
