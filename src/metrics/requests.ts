import { Counter, Gauge, type Registry } from 'prom-client'
import type { Observer, Outcome } from '../gateway/record.js'
import type { Row } from '../gateway/row.js'
import { Durations, type Series as Durational } from './durations.js'

/** Seconds. A read through the gateway takes about 1 ms, a synchronous transaction 5 to 10, and a Core is given 60 s. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60]

/** A status' first digit; 0 for none. */
const CLASSES = ['none', '1xx', '2xx', '3xx', '4xx', '5xx'] as const

/** The requests of one row, instance and status class. */
interface Series {
  readonly labels: { readonly row: string, readonly instance_id: string, readonly status: string }
  readonly duration: Durational
  requests: number
}

/** Of one instance. */
interface Kept {
  readonly rows: Map<Row | undefined, Array<Series | undefined>>
  readonly core: Durational
}

/**
 * Counts requests. Labels come from what the gateway knows, never from what a caller writes: whoever could name a series
 * could fill the memory with them.
 * @param exists whether an instance is there; the series of one that was removed are removed
 */
export function observeRequests (registry: Registry, exists: (instanceId: string) => boolean): Observer {
  const registers = [registry]
  const kept = new Map<string, Kept>()
  let inFlight = 0

  const requests = new Counter({
    name: 'blnk_gateway_requests_total',
    help: 'Requests that ended, however they did.',
    labelNames: ['row', 'instance_id', 'status'],
    registers,
    // Their numbers are kept by us: one look-up a request in place of two. First of all, so that a scrape begins with forgetting.
    collect () {
      forget()
      requests.reset()
      for (const { rows } of kept.values()) for (const series of [...rows.values()].flat()) if (series !== undefined) requests.inc(series.labels, series.requests)
    }
  })
  const duration = new Durations({ name: 'blnk_gateway_request_duration_seconds', help: 'From the head of a request to the last byte of its answer.', labelNames: ['row', 'instance_id', 'status'], buckets: BUCKETS, registry })
  const core = new Durations({ name: 'blnk_gateway_core_duration_seconds', help: "From handing a request over to a Core to the head of the Core's answer.", labelNames: ['instance_id'], buckets: BUCKETS, registry })
  const refusals = new Counter({ name: 'blnk_gateway_refusals_total', help: "Answers of the gateway's own that say no, by the reason that the log has.", labelNames: ['reason'], registers })
  const fills = new Counter({ name: 'blnk_gateway_fills_total', help: 'Members that the gateway added to bodies.', labelNames: ['member'], registers })
  const unfinished = new Counter({ name: 'blnk_gateway_unfinished_total', help: 'Requests without a whole answer: the caller left, Core broke off, or a fault cut the connection.', labelNames: ['end'], registers })

  function forget (): void {
    for (const [instanceId, { rows }] of kept) {
      if (instanceId === '' || exists(instanceId)) continue
      kept.delete(instanceId)
      core.remove({ instance_id: instanceId })
      for (const series of [...rows.values()].flat()) if (series !== undefined) duration.remove(series.labels)
    }
  }

  const running = new Gauge({ name: 'blnk_gateway_requests_in_flight', help: 'Requests that have begun and not ended.', registers, collect () { running.set(inFlight) } })

  function keep (instanceId: string): Kept {
    // So that instances which come and go take no memory between two scrapes.
    forget()
    const made = { rows: new Map(), core: core.series({ instance_id: instanceId }) }
    kept.set(instanceId, made)
    return made
  }

  function seriesOf ({ row, status }: Outcome, instanceId: string, { rows }: Kept): Series {
    let classes = rows.get(row)
    if (classes === undefined) {
      classes = []
      rows.set(row, classes)
    }
    const first = Math.floor((status ?? 0) / 100)
    const at = first < CLASSES.length ? first : 0
    const found = classes[at]
    if (found !== undefined) return found
    const labels = { row: row === undefined ? 'unknown' : `${row.method} ${row.path}`, instance_id: instanceId, status: CLASSES[at] as string }
    const made = { labels, duration: duration.series(labels), requests: 0 }
    classes[at] = made
    return made
  }

  return {
    watch () {
      inFlight++
      return undefined
    },
    ended (outcome) {
      inFlight--
      const instanceId = outcome.instanceId !== undefined && exists(outcome.instanceId) ? outcome.instanceId : ''
      const instance = kept.get(instanceId) ?? keep(instanceId)
      const series = seriesOf(outcome, instanceId, instance)
      series.requests++
      series.duration.observe(outcome.ms / 1000)
      if (outcome.coreMs !== undefined) instance.core.observe(outcome.coreMs / 1000)
      if (outcome.refusal !== undefined && outcome.reason !== undefined) refusals.inc({ reason: outcome.reason })
      if (outcome.filled !== undefined) for (const member of outcome.filled) fills.inc({ member })
      if (outcome.end !== 'answered') unfinished.inc({ end: outcome.end })
    }
  }
}
