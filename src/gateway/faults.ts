import { newId } from '../lib/ids.js'

/** What happens to a matching request in place of, before or after its way to the Core. */
export type Effect =
  /** This status from the gateway; the Core sees nothing. */
  | { readonly status: number }
  /** Milliseconds of waiting, then as ever. */
  | { readonly delay_ms: number }
  /** The connection is cut: before the Core sees the request, or after it has answered. */
  | { readonly drop: 'before' | 'after' }

export interface NewFault {
  /** `path` is Core's, without `/proxy`: `*` stands for anything, `:name` for one segment. Left out: any. */
  readonly match?: { readonly method?: string, readonly path?: string }
  /** How often it happens; left out: once. */
  readonly times?: number
  readonly then: Effect
}

export interface Fault extends Required<NewFault> { readonly id: string }

interface Armed { readonly fault: Fault, readonly path: RegExp, left: number }

const ESCAPED = /[.+?^${}()|[\]\\]/g

const patternOf = (path: string): RegExp => new RegExp(`^${path.replace(ESCAPED, '\\$&').replaceAll('*', '.*').replace(/:\w+/g, '[^/]+')}$`)

/** Faults that tests have asked for, by instance; in the memory of this process alone. */
export class Faults {
  readonly #armed = new Map<string, Armed[]>()

  add (instanceId: string, { match = {}, times = 1, then }: NewFault): Fault {
    const fault = { id: newId('fault'), match, times, then }
    const armed = { fault, path: patternOf(match.path ?? '*'), left: times }
    this.#armed.set(instanceId, [...this.#armed.get(instanceId) ?? [], armed])
    return fault
  }

  list (instanceId: string): Array<Fault & { readonly left: number }> {
    return (this.#armed.get(instanceId) ?? []).map(({ fault, left }) => ({ ...fault, left }))
  }

  clear (instanceId: string): void { this.#armed.delete(instanceId) }

  clearAll (): void { this.#armed.clear() }

  /** The effect that meets this request; it is used up by that. @param path Core's, without the query */
  take (instanceId: string, method: string, path: string): Effect | undefined {
    const all = this.#armed.get(instanceId)
    const met = all?.find(({ fault, path: pattern }) => (fault.match.method ?? method) === method && pattern.test(path))
    if (met === undefined) return undefined
    if (--met.left === 0) this.#armed.set(instanceId, all!.filter((one) => one !== met))
    return met.fault.then
  }
}
