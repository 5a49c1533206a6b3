import { randomUUID } from 'node:crypto'
import type { Logger } from 'pino'
import { GatewayError } from '../errors.js'
import type { Seal } from '../instances/seal.js'
import { createScopes, type Scope, type Scopes } from './scope.js'
import { LEASE_S, type IdempotencyStore, type Standing } from './store.js'

/** A Core's answer as it is passed on, without the headers that are ours. */
export interface Answer {
  readonly status: number
  readonly reason: string
  /** Flat: name, value, name, value. */
  readonly headers: readonly string[]
  readonly body: Buffer
}

/** A request that has its key to itself for as long as it runs. */
export interface Hold {
  /** From now on nobody knows whether it was done, until its answer is kept. */
  sent(): void
  /** @throws DatabaseGone; the answer is right all the same */
  keep(answer: Answer): Promise<void>
  /** However it ended. */
  end(): Promise<void>
}

export interface Keyed {
  readonly scope: Buffer
  readonly instanceId: string
  /** Of the request's target, with its `?`; '' for none. */
  readonly query: string
  /** As it was sent. */
  readonly body: Buffer
  /** Whether Core refuses it a second time. */
  readonly repeatable: boolean
}

/** It was not begun: the next one is as good as the first. */
const NOT_BEGUN = new Set([401, 403, 408, 425, 429])
/** A server on the way has no answer of Core's. */
const NOT_CORES = new Set([502, 503, 504])

const RENEW_MS = LEASE_S * 1000 / 3

/** Rows may go while they are looked at. */
const TRIES = 3

/**
 * What requests with an Idempotency-Key came to (draft-ietf-httpapi-idempotency-key-header-07): the first answer is kept for
 * 24 hours, encrypted.
 */
export class Idempotency {
  readonly #scopes: Scopes
  readonly #running = new Set<string>()
  #renewing: NodeJS.Timeout | undefined

  constructor (private readonly store: IdempotencyStore, encryptionKey: Buffer, private readonly seal: Seal, private readonly log: Pick<Logger, 'error'>) {
    this.#scopes = createScopes(encryptionKey)
  }

  scope (scope: Scope): Buffer { return this.#scopes.of(scope) }

  /** References that are the same when the request is sent again: Core then refuses the double. */
  references (scope: Buffer): () => string {
    let n = 0
    return () => this.#scopes.reference(scope, n++)
  }

  /**
   * Begins a request, or gives the answer that it had.
   * @throws GatewayError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_RUNNING, IDEMPOTENCY_UNKNOWN; DatabaseGone, for without the database nobody knows whether it is the first
   */
  async begin ({ scope, instanceId, query, body, repeatable }: Keyed): Promise<Hold | Answer> {
    const fingerprint = this.#scopes.fingerprint(query, body)
    const attempt = randomUUID()
    for (let left = TRIES; left > 0; left--) {
      const found = await this.store.begin({ scope, instanceId, fingerprint, attempt, repeatable })
      if (found === 'begun' || found === 'again') return this.#hold(scope, attempt, found)
      if (found !== null) return this.#answerOf(found, fingerprint)
    }
    throw new GatewayError('IDEMPOTENCY_RUNNING', { headers: { 'Retry-After': '1' } })
  }

  /** At the start, where no other process can be at it. */
  async lapseAll (): Promise<void> { await this.store.lapseAll() }

  async forget (instanceId: string): Promise<void> { await this.store.forget(instanceId) }

  async sweep (): Promise<void> { await this.store.sweep() }

  #answerOf ({ fingerprint, answer, runs }: Standing, ours: Buffer): Answer {
    if (!fingerprint.equals(ours)) throw new GatewayError('IDEMPOTENCY_KEY_REUSED')
    if (answer === null) throw runs ? new GatewayError('IDEMPOTENCY_RUNNING', { headers: { 'Retry-After': '1' } }) : new GatewayError('IDEMPOTENCY_UNKNOWN')
    const { body, ...rest } = JSON.parse(this.seal.open(answer)) as Omit<Answer, 'body'> & { body: string }
    return { ...rest, body: Buffer.from(body, 'base64') }
  }

  #hold (scope: Buffer, attempt: string, begun: 'begun' | 'again'): Hold {
    this.#running.add(attempt)
    this.#renewing ??= setInterval(() => { this.#renew() }, RENEW_MS).unref()
    let state: 'begun' | 'sent' | 'settled' = 'begun'
    const settle = async (answer: Answer | undefined): Promise<void> => {
      if (answer !== undefined && !NOT_BEGUN.has(answer.status) && !NOT_CORES.has(answer.status)) await this.store.keep(scope, attempt, this.#sealed(answer))
      // That this try was not begun says nothing of the one before it.
      else if (begun === 'begun' && (state === 'begun' || NOT_BEGUN.has(answer?.status ?? 0))) await this.store.release(scope, attempt)
      else await this.store.lapse(scope, attempt)
      state = 'settled'
    }
    return {
      sent: () => { state = 'sent' },
      keep: settle,
      end: async () => {
        this.#running.delete(attempt)
        if (this.#running.size === 0) {
          clearInterval(this.#renewing)
          this.#renewing = undefined
        }
        // Where the database is gone, the lease ends by itself.
        if (state !== 'settled') await settle(undefined).catch((error: unknown) => { this.log.error({ err: error }, 'an Idempotency-Key is held until its lease ends') })
      }
    }
  }

  #sealed ({ body, ...rest }: Answer): Buffer { return this.seal.seal(JSON.stringify({ ...rest, body: body.toString('base64') })) }

  #renew (): void {
    this.store.renew([...this.#running]).catch((error: unknown) => { this.log.error({ err: error }, 'the leases of Idempotency-Keys were not renewed') })
  }
}
