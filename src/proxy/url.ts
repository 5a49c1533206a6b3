import { takeInstanceId } from '../lib/instance-id.js'

/** What of a request's target is forwarded. */
export interface Target {
  /** Decoded; undefined when the query does not have it. */
  readonly instanceId: string | undefined
  /** Path and query for the Core, as sent: `/balances/x?include=ledger` */
  readonly path: string
}

export type TargetRefusal = 'PATH_REFUSED' | 'INSTANCE_ID_REPEATED'

const PREFIX = '/proxy'

/**
 * A target that two parsers could read as different routes. Bytes: controls, spaces and backslashes, and the `#` that some
 * take for the end. Encoded: controls, slash and backslash, which Core decodes before it routes. Segments: empty ones, and dots that
 * someone on the way may resolve (RFC 3986 5.2.4), also before a `;parameter` (RFC 3986 3.3).
 */
// eslint-disable-next-line no-control-regex
const UNSAFE_PATH = /[\x00-\x20\x7f\\#]|%(?:[01][0-9a-f]|7f|2f|5c)|\/\/|\/(?:\.|%2e){1,2}(?:[/;]|%3b|$)/i
// eslint-disable-next-line no-control-regex
const UNSAFE_QUERY = /[\x00-\x20\x7f#]/

/**
 * Bytes that RFC 3986 does not have. Go takes them and others refuse them, so they go on in the one form that all read the
 * same, as browsers send them (https://url.spec.whatwg.org/#path-state).
 */
const NOT_ASCII = /[\x80-\xff]/g

const encoded = (target: string): string => target.replace(NOT_ASCII, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`)

/**
 * Reads the raw target of a request line, never a decoded one: strips `/proxy` and takes `instance_id` out of the query.
 * Both the router and Core decode what is left, in the same way.
 */
export function readTarget (raw: string): Target | TargetRefusal {
  const mark = raw.indexOf('?')
  const path = mark === -1 ? raw : raw.slice(0, mark)
  // Anything else is an absolute URL, an authority, or an encoded spelling that only the router resolved.
  if (!path.startsWith('/proxy/') || UNSAFE_PATH.test(path)) return 'PATH_REFUSED'
  if (mark === -1) return { instanceId: undefined, path: encoded(path.slice(PREFIX.length)) }

  const query = raw.slice(mark + 1)
  if (UNSAFE_QUERY.test(query)) return 'PATH_REFUSED'
  const taken = takeInstanceId(query)
  if (taken === undefined) return 'INSTANCE_ID_REPEATED'
  return { instanceId: taken.instanceId, path: encoded(path.slice(PREFIX.length) + taken.rest) }
}
