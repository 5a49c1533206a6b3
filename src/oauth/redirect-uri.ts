import { isLoopback } from '../config.js'

// RFC 8252 7.1: a scheme of an app's own is the reverse of a name that its maker holds, so that it has a dot.
const PRIVATE_USE = /^[a-z][a-z\d+-]*(\.[a-z\d+-]+)+:$/

// RFC 3986 3.2.2 has more in a name, such as `;` and `,`, which in Content-Security-Policy end a directive and a policy.
const HOST = /^https?:\/\/(?:[a-z\d._-]+|\[[\da-f:.]+\])(?::\d{1,5})?(?=[/?]|$)/i

/** Why no answer may go to this address, or undefined where one may. */
export function redirectUriFault (uri: string): string | undefined {
  // What two parsers could read differently is not redirected to (RFC 9700 4.1.3).
  if (!/^[\x21-\x7e]+$/.test(uri) || /["<>\\^`{|}]/.test(uri)) return 'holds characters that a URI is without'
  if (uri.includes('#')) return 'must be without a fragment'
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  if (url === undefined || !/^[a-z][a-z\d+.-]*:/i.test(uri)) return 'must be an absolute URI'
  if (url.username !== '' || url.password !== '') return 'must be without a user'
  if (/^https?:$/.test(url.protocol) && !HOST.test(uri)) return 'must be an absolute URI, with a host of letters, digits, dots and hyphens, or an address'
  if (url.protocol === 'https:') return undefined
  if (url.protocol === 'http:') return isLoopback(url.hostname.replace(/^\[|\]$/g, '')) ? undefined : 'must be https, or http for this machine (127.0.0.1, [::1], localhost)'
  return PRIVATE_USE.test(url.protocol) ? undefined : 'must be https, http for this machine, or a scheme like com.example.app'
}

const LOOPBACK = /^http:\/\/(127\.0\.0\.1|\[::1\])(?::\d{1,5})?(?=[/?]|$)/

/** RFC 8252 7.3: a program on this machine is given its port only when it starts; not for `localhost` (8.3). */
const withoutLoopbackPort = (uri: string): string => uri.replace(LOOPBACK, 'http://$1')

/** Character for character (RFC 9700 2.1). */
export const isRegistered = (uri: string, registered: readonly string[]): boolean =>
  registered.includes(uri) || (LOOPBACK.test(uri) && registered.some((one) => LOOPBACK.test(one) && withoutLoopbackPort(one) === withoutLoopbackPort(uri)))

/** RFC 6749 4.1.2: what an address has in its query already stays. */
export function withParameters (uri: string, parameters: Readonly<Record<string, string | undefined>>): string {
  const sent = Object.entries(parameters).filter((pair): pair is [string, string] => pair[1] !== undefined)
  return `${uri}${uri.includes('?') ? (/[?&]$/.test(uri) ? '' : '&') : '?'}${new URLSearchParams(sent).toString()}`
}
