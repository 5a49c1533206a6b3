import { Gauge, type Registry } from 'prom-client'
import type { Upstream } from '../gateway/row.js'
import { inTime } from '../health/handlers.js'
import type { Instances } from '../instances/registry.js'

/** What the gauges look at when they are asked. */
export interface Parts {
  readonly version: string
  readonly instances: Pick<Instances, 'find' | 'all'>
  /** Rejects, or answers false, where the database does not. */
  readonly database: () => Promise<boolean>
  /** undefined: there is no sandbox */
  readonly sandbox: () => Promise<boolean> | undefined
}

/** Of undici's Pool: https://undici.nodejs.org, Pool.stats. */
interface Stats { readonly connected: number, readonly running: number, readonly pending: number }

const statsOf = (upstream: Upstream | undefined): Stats | undefined => (upstream?.dispatcher as { stats?: Stats } | undefined)?.stats

/** Gauges of what lies behind the gateway, read when they are scraped and never before. */
export function watchParts (registry: Registry, { version, instances, database, sandbox }: Parts): void {
  const registers = [registry]
  const ofCores = (name: string, help: string, figure: keyof Stats): void => {
    const gauge = new Gauge({
      name,
      help,
      labelNames: ['instance_id'],
      registers,
      collect () {
        gauge.reset()
        for (const { instance, upstream } of instances.all()) {
          const stats = statsOf(upstream)
          if (stats !== undefined) gauge.set({ instance_id: instance.instanceId }, stats[figure])
        }
      }
    })
  }
  ofCores('blnk_gateway_core_connections', 'Open connections to the Core of an instance.', 'connected')
  ofCores('blnk_gateway_core_requests_running', 'Requests that the Core of an instance is working on.', 'running')
  ofCores('blnk_gateway_core_requests_waiting', 'Requests that wait for a connection to the Core of an instance.', 'pending')

  const isUp = (name: string, help: string, answer: () => Promise<boolean> | undefined): void => {
    const gauge = new Gauge({
      name,
      help,
      registers,
      async collect () {
        const answering = answer()
        gauge.set(answering === undefined ? 0 : await inTime(answering) === 'UP' ? 1 : 0)
      }
    })
  }
  isUp('blnk_gateway_database_up', "Whether the gateway's own database answers: 1 or 0.", database)
  isUp('blnk_gateway_sandbox_up', 'Whether the sandbox answers: 1, or 0 also where there is none.', sandbox)

  const build = new Gauge({ name: 'blnk_gateway_build_info', help: 'Always 1; the labels tell what runs.', labelNames: ['version', 'node'], registers })
  build.set({ version, node: process.version }, 1)
}
