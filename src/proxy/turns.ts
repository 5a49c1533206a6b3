import { GatewayError } from '../errors.js'

export interface TurnsOptions {
  /** Requests to one Core at a time. */
  readonly most: number
  /** How many may wait beside them. */
  readonly mostWaiting: number
  /** Milliseconds that one waits. */
  readonly waitMs: number
}

type Waiting = () => void

const full = (): GatewayError => new GatewayError('CORE_BUSY', { headers: { 'Retry-After': '1' } })

/**
 * The requests to one Core: so many at a time, so many waiting, and the rest refused at once, before they take memory.
 * Each Core has its own, so that a slow one slows its own callers alone.
 */
export class Turns {
  #running = 0
  // A Set keeps the order in which they came, and lets go of one in the middle.
  readonly #waiting = new Set<Waiting>()

  constructor (private readonly options: TurnsOptions) {}

  get running (): number { return this.#running }
  get waiting (): number { return this.#waiting.size }

  /** Before anything is read that would have to be kept meanwhile. @throws GatewayError CORE_BUSY */
  assertRoom (): void {
    if (this.#running >= this.options.most && this.#waiting.size >= this.options.mostWaiting) throw full()
  }

  /** A turn at once, where there is one. Each that was taken is given back. */
  tryTake (): boolean {
    if (this.#running >= this.options.most) return false
    this.#running++
    return true
  }

  /**
   * Waits for a turn, in the order of coming.
   * @param signal ends the waiting of somebody who has left
   * @throws GatewayError CORE_BUSY where too many wait, and after `waitMs`
   */
  async wait (signal: AbortSignal): Promise<void> {
    this.assertRoom()
    await new Promise<void>((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(waiting)
        clearTimeout(late)
        signal.removeEventListener('abort', refuse)
      }
      const waiting: Waiting = () => {
        leave()
        resolve()
      }
      const refuse = (): void => {
        leave()
        reject(full())
      }
      const late = setTimeout(refuse, this.options.waitMs)
      signal.addEventListener('abort', refuse)
      this.#waiting.add(waiting)
    })
  }

  give (): void {
    const [next] = this.#waiting
    // A turn that is handed on is the same one.
    if (next === undefined) this.#running--
    else next()
  }
}
