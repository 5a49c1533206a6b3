import { collectDefaultMetrics, Registry } from 'prom-client'

let registry: Registry | undefined

/**
 * What Prometheus' clients tell of any Node process: processor time, memory, event loop, garbage collection. One for the
 * process, however many gateways are in it, and from its first scrape on: once begun, it wakes the process up for good.
 */
export async function processMetrics (): Promise<string> {
  if (registry === undefined) {
    registry = new Registry()
    collectDefaultMetrics({ register: registry })
  }
  return await registry.metrics()
}
