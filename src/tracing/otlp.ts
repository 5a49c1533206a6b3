import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { BasicTracerProvider, BatchSpanProcessor, type ReadableSpan, type SpanExporter } from '@opentelemetry/sdk-trace-base'
import type { Logger } from 'pino'
import type { Observer } from '../gateway/record.js'
import { traceRequests } from './spans.js'

/** Milliseconds between two lines that say that a collector does not take spans. */
const SAY_EVERY_MS = 60_000

export interface Tracing {
  readonly observer: Observer
  /** Sends what is left, within `flushMs`. */
  close(): Promise<void>
}

/** Says now and then why spans are lost; requests never learn of it. */
function telling (exporter: SpanExporter, log: Logger): SpanExporter {
  let said = -Infinity
  return {
    export (spans: ReadableSpan[], done) {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && performance.now() - said > SAY_EVERY_MS) {
          said = performance.now()
          // Its message alone: the error carries what the collector answered.
          log.warn(`the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no spans: ${result.error.message}`)
        }
        done(result)
      })
    },
    shutdown: async () => { await exporter.shutdown() }
  }
}

export interface TracingOptions {
  /** Of the collector, with its path. */
  readonly url: string
  readonly service: string
  readonly version: string
  /** Milliseconds that the collector is given at the stop. */
  readonly flushMs: number
  readonly log: Logger
}

/**
 * Spans of requests, sent in batches by OTLP over HTTP, as JSON. The SDK reads its own variables: sampler, headers, time-outs,
 * sizes of batches. Loaded only where an endpoint is set.
 */
export function startTracing ({ url, service, version, flushMs, log }: TracingOptions): Tracing {
  const attributes = { 'service.name': service, 'service.version': version }
  const resource = { attributes, merge: () => resource, getRawAttributes: () => Object.entries(attributes) }
  const processor = new BatchSpanProcessor(telling(new OTLPTraceExporter({ url }), log))
  const provider = new BasicTracerProvider({ resource, spanProcessors: [processor] })
  return {
    observer: traceRequests(provider.getTracer('blnk-gateway', version)),
    async close () {
      let late: NodeJS.Timeout | undefined
      const enough = new Promise<void>((resolve) => { late = setTimeout(resolve, flushMs) })
      // Why it failed was said.
      await Promise.race([provider.shutdown().catch(() => {}), enough])
      clearTimeout(late)
    }
  }
}
