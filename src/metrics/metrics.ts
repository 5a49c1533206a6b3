import { Registry } from 'prom-client'
import type { Observer } from '../gateway/record.js'
import { watchParts, type Parts } from './parts.js'
import { processMetrics } from './process.js'
import { observeRequests } from './requests.js'

export interface Metrics {
  readonly observer: Observer
  /** Of the gateway, without those of the process. */
  readonly registry: Registry
  /** In Prometheus' text format 0.0.4. */
  text(): Promise<string>
}

/** The metrics of one gateway, in a registry of its own. */
export function createMetrics (parts: Parts): Metrics {
  const registry = new Registry()
  const observer = observeRequests(registry, (instanceId) => parts.instances.find(instanceId) !== undefined)
  watchParts(registry, parts)
  return { observer, registry, text: async () => `${await registry.metrics()}\n${await processMetrics()}` }
}
