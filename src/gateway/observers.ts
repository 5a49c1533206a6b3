import type { FastifyRequest } from 'fastify'
import type { Logger } from 'pino'
import type { Observer, Outcome, Watch } from './record.js'
import type { Row } from './row.js'

/**
 * All who are told of requests. Their mistakes cost what they keep, and nothing else: they are called between the bytes of
 * requests and at their ends, where nobody is left to catch what they throw. The first mistake of each is logged.
 */
export class Observers {
  readonly #watching: readonly Observer[]
  readonly #told: readonly Observer[]
  readonly #mistaken = new Set<Observer>()

  constructor (all: readonly Observer[], private readonly log: Logger) {
    this.#watching = all.filter(({ watch }) => watch !== undefined)
    this.#told = all.filter(({ ended }) => ended !== undefined)
  }

  /** @returns undefined where nobody wants the bytes of this one */
  watch (request: FastifyRequest, row: Row | undefined): Watches | undefined {
    let watches: Watches | undefined
    for (const observer of this.#watching) {
      try {
        const watch = observer.watch?.(request, row)
        if (watch !== undefined) (watches ??= new Watches(this.failed)).add(watch, observer)
      } catch (error) {
        this.failed(observer, error)
      }
    }
    return watches
  }

  ended (outcome: Outcome): void {
    for (const observer of this.#told) {
      try { observer.ended?.(outcome) } catch (error) { this.failed(observer, error) }
    }
  }

  private readonly failed = (observer: Observer, error: unknown): void => {
    if (this.#mistaken.has(observer)) return
    this.#mistaken.add(observer)
    try {
      this.log.error({ err: error }, 'what follows requests has failed on one; the requests go on, and this is said once')
    } catch {
      // It may be the log itself.
    }
  }
}

/** Those who follow one request, as one. */
export class Watches implements Required<Watch> {
  readonly #all: Array<{ readonly watch: Watch, readonly observer: Observer }> = []

  constructor (private readonly failed: (observer: Observer, error: unknown) => void) {}

  add (watch: Watch, observer: Observer): void { this.#all.push({ watch, observer }) }

  sent (chunk: Buffer): void { this.#tell((watch) => { watch.sent?.(chunk) }) }
  forwarding (headers: string[], origin: string): void { this.#tell((watch) => { watch.forwarding?.(headers, origin) }) }
  answered (status: number, headers: readonly string[]): void { this.#tell((watch) => { watch.answered?.(status, headers) }) }
  received (chunk: Buffer): void { this.#tell((watch) => { watch.received?.(chunk) }) }
  ended (outcome: Outcome): void { this.#tell((watch) => { watch.ended?.(outcome) }) }

  #tell (of: (watch: Watch) => void): void {
    for (const { watch, observer } of this.#all) {
      try { of(watch) } catch (error) { this.failed(observer, error) }
    }
  }
}
