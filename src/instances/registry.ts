import type { Upstream } from '../gateway/row.js'
import type { Instance } from './store.js'

export interface Routed {
  readonly instance: Instance
  /** undefined: no Core URL */
  readonly upstream: Upstream | undefined
}

/** All instances in memory, by id, each with the connections to its Core. */
export class Instances {
  #routed = new Map<string, Routed>()

  /** @param connect makes the connections of an instance, lazily opened */
  constructor (private readonly connect: (instance: Instance) => Upstream | undefined) {}

  find (instanceId: string): Routed | undefined { return this.#routed.get(instanceId) }

  all (): Routed[] { return [...this.#routed.values()] }

  /** Keeps the connections of instances that did not change; closes the others once their requests have ended. */
  replaceAll (instances: readonly Instance[]): void {
    const before = this.#routed
    this.#routed = new Map(instances.map((instance) => {
      const old = before.get(instance.instanceId)
      return [instance.instanceId, old !== undefined && sameRoute(old.instance, instance) ? { ...old, instance } : { instance, upstream: this.connect(instance) }]
    }))
    const kept = new Set([...this.#routed.values()].map((routed) => routed.upstream?.dispatcher))
    for (const { upstream } of before.values()) {
      if (upstream !== undefined && !kept.has(upstream.dispatcher)) upstream.dispatcher.close().catch(() => {})
    }
  }

  async close (): Promise<void> {
    const upstreams = this.all().flatMap(({ upstream }) => upstream ?? [])
    this.#routed = new Map()
    await Promise.all(upstreams.map(async ({ dispatcher }) => { await dispatcher.destroy() }))
  }
}

const sameRoute = (a: Instance, b: Instance): boolean =>
  a.coreUrl === b.coreUrl && a.coreKey === b.coreKey && a.coreCa === b.coreCa && a.sandboxSchema === b.sandboxSchema
