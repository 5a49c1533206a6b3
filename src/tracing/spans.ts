import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Attributes, type Span, type Tracer } from '@opentelemetry/api'
import type { FastifyRequest } from 'fastify'
import type { Observer, Outcome } from '../gateway/record.js'
import type { Row } from '../gateway/row.js'
import { readTraceContext, writeTraceContext } from './trace-context.js'

/** From which status on a span has failed: https://opentelemetry.io/docs/specs/semconv/http/http-spans/, Status. */
const SERVER_FAILS = 500
const CLIENT_FAILS = 400

function finish (span: Span, { status, end, reason }: Outcome, failsFrom: number): void {
  if (status !== undefined) span.setAttribute('http.response.status_code', status)
  const failed = end === 'answered' ? status !== undefined && status >= failsFrom : true
  if (failed) {
    span.setAttribute('error.type', end === 'answered' ? reason ?? String(status) : end)
    span.setStatus({ code: SpanStatusCode.ERROR })
  }
  span.end()
}

/** Where a request came in; never its path, which may hold a reference, nor its query. */
function attributesOf ({ method, protocol, raw }: FastifyRequest, row: Row | undefined): Attributes {
  return {
    'http.request.method': method,
    'url.scheme': protocol,
    'network.protocol.version': raw.httpVersion,
    ...(row !== undefined && { 'http.route': row.path }),
    ...(raw.socket.localPort !== undefined && { 'server.port': raw.socket.localPort })
  }
}

/** Which Core a request goes to. */
function attributesOfCore ({ method, path }: Row, origin: string): Attributes {
  const { hostname, port, protocol } = new URL(origin)
  return {
    'http.request.method': method,
    'url.template': path.replace(/^\/proxy/, ''),
    'server.address': hostname,
    'server.port': Number(port === '' ? protocol === 'https:' ? 443 : 80 : port)
  }
}

/** A span for each request, a child of the caller's, and one below it for the request to a Core, which is told of it. */
export function traceRequests (tracer: Tracer): Observer {
  return {
    watch (request, row) {
      const parent = readTraceContext(request.raw.rawHeaders)
      const from = parent === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parent)
      const span = tracer.startSpan(row === undefined ? request.method : `${row.method} ${row.path}`, { kind: SpanKind.SERVER, attributes: attributesOf(request, row) }, from)
      let toCore: Span | undefined
      return {
        forwarding (headers, origin) {
          const attributes = span.isRecording() && row !== undefined ? attributesOfCore(row, origin) : {}
          toCore = tracer.startSpan(request.method, { kind: SpanKind.CLIENT, attributes }, trace.setSpan(from, span))
          writeTraceContext(headers, toCore.spanContext(), parent !== undefined)
        },
        ended (outcome) {
          if (toCore !== undefined) finish(toCore, outcome, CLIENT_FAILS)
          const instanceId = request.call?.instanceId
          if (instanceId !== undefined) span.setAttribute('blnk.instance_id', instanceId)
          if (outcome.reason !== undefined) span.setAttribute('blnk.reason', outcome.reason)
          finish(span, outcome, SERVER_FAILS)
        }
      }
    }
  }
}
