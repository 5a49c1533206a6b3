import { createTraceState, TraceFlags, type SpanContext } from '@opentelemetry/api'

/** version - trace id - parent id - flags, and what later versions add (https://www.w3.org/TR/trace-context/ 3.2.2). */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/

const values = (raw: readonly string[], name: string): string[] => {
  const found: string[] = []
  for (let i = 0; i < raw.length; i += 2) if (raw[i]!.toLowerCase() === name) found.push(raw[i + 1]!)
  return found
}

/**
 * The span of the caller's that a request belongs to; undefined for none, or one that is not readable, whose tracestate is
 * not read either (3.3.1.1).
 * @param raw Node's rawHeaders
 */
export function readTraceContext (raw: readonly string[]): SpanContext | undefined {
  const given = values(raw, 'traceparent')
  const [, version, traceId = '', spanId = '', flags = '', more] = (given.length === 1 ? TRACEPARENT.exec(given[0]!) : null) ?? []
  if (version === undefined || version === 'ff' || (version === '00' && more !== undefined) || /^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined
  const state = values(raw, 'tracestate')
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(state.length > 0 && { traceState: createTraceState(state.join(',')) })
  }
}

/**
 * Puts a span in the place of the caller's in headers that go out, flat: name, value.
 * @param continued whether it belongs to the caller's trace, whose tracestate then goes on with it
 */
export function writeTraceContext (headers: string[], { traceId, spanId, traceFlags }: SpanContext, continued: boolean): void {
  for (let i = headers.length - 2; i >= 0; i -= 2) {
    const name = headers[i]!.toLowerCase()
    if (name === 'traceparent' || (name === 'tracestate' && !continued)) headers.splice(i, 2)
  }
  headers.push('traceparent', `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`)
}
