import { lookup, type LookupAddress, type LookupOptions } from 'node:dns'
import { Agent as HttpAgent, request as requestHttp, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { BlockList, isIP } from 'node:net'
import { isLinkLocal, hostOf } from './addresses.js'
import { plainAddress } from './address-list.js'

export type Scheme = 'https:' | 'http:'

/** Where a request that somebody else words may go: whether an address may be called by a scheme. Link-local addresses, where clouds keep their machines' secrets, never are. */
export type Destinations = (address: string, scheme: Scheme) => boolean

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

const family = (address: string): 'ipv4' | 'ipv6' => isIP(address) === 6 ? 'ipv6' : 'ipv4'

/** 127/8 and ::1. */
export const isLoopbackAddress = (address: string): boolean => LOOPBACK.check(plainAddress(address), family(plainAddress(address)))

/** The blocks that are not globally reachable: https://www.iana.org/assignments/iana-ipv4-special-registry and -ipv6-. */
const NOT_PUBLIC = new BlockList()
for (const [block, prefix] of [
  ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24], ['192.0.2.0', 24],
  ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24], ['224.0.0.0', 4], ['240.0.0.0', 4]
] as const) NOT_PUBLIC.addSubnet(block, prefix)

const GLOBAL_IPV6 = new BlockList()
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6')
// Within it: tunnels that lead to an IPv4 address of any kind (Teredo, 6to4), documentation, benchmarks, ORCHID.
const NOT_PUBLIC_IPV6 = new BlockList()
for (const [block, prefix] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) NOT_PUBLIC_IPV6.addSubnet(block, prefix, 'ipv6')

/** Whether an address is one of the Internet's; IPv4 inside IPv6 counts as what it is. */
export function isPublicAddress (address: string): boolean {
  const plain = plainAddress(address)
  switch (isIP(plain)) {
    case 4: return !NOT_PUBLIC.check(plain) && !isLinkLocal(plain)
    case 6: return GLOBAL_IPV6.check(plain, 'ipv6') && !NOT_PUBLIC_IPV6.check(plain, 'ipv6') && !isLinkLocal(plain)
    default: return false
  }
}

const mayCall = (address: string, scheme: Scheme, destinations: Destinations): boolean => {
  const plain = plainAddress(address)
  return !isLinkLocal(plain) && destinations(plain, scheme)
}

/** Where not to go. The sentence names the host, and no address that its name stands for. */
export class DestinationRefused extends Error {}

export type Lookup = (hostname: string, options: LookupOptions & { all: true }, answer: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void

const isScheme = (protocol: string): protocol is Scheme => protocol === 'https:' || protocol === 'http:'

const refusal = (host: string, addresses: readonly string[]): DestinationRefused =>
  new DestinationRefused(addresses.some((address) => isLinkLocal(plainAddress(address))) ? 'a link-local address is not called' : `${host} leads to no address that is called`)

/**
 * A name's addresses for a socket, which connects to what was looked at and to nothing else: a name that stands for
 * something else a moment later (DNS rebinding) leads nowhere.
 */
const guarded = (scheme: Scheme, destinations: Destinations, resolve: Lookup) =>
  (hostname: string, options: LookupOptions, answer: (error: Error | null, address: string | LookupAddress[], family?: number) => void): void => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      if (error !== null) return answer(error, '')
      const [first] = addresses
      if (first === undefined || !addresses.every(({ address }) => mayCall(address, scheme, destinations))) {
        return answer(refusal(hostname, addresses.map(({ address }) => address)), '')
      }
      if (options.all === true) return answer(null, addresses)
      answer(null, first.address, first.family)
    })
  }

/**
 * A URL that may be called as far as it says itself.
 * @throws DestinationRefused
 */
export function checkedUrl (text: string, destinations: Destinations): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !isScheme(url.protocol)) throw new DestinationRefused('the address is no http:// or https:// URL')
  if (url.username !== '' || url.password !== '') throw new DestinationRefused('the address must be without user and password')
  const host = hostOf(url)
  // A literal address does not pass the look-up.
  if (isIP(host) !== 0 && !mayCall(host, url.protocol, destinations)) throw refusal(host, [host])
  return url
}

export interface Outgoing {
  readonly url: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** For the whole exchange, the answer's body too. */
  readonly timeoutMs: number
  readonly destinations: Destinations
  readonly signal?: AbortSignal
  /** In place of the system's. */
  readonly resolveName?: Lookup
}

/** Answers with a status of 1xx, of which there may be any number (RFC 9110 15.2). */
const MOST_INTERIM = 16

const agents = { 'http:': new HttpAgent({ keepAlive: false }), 'https:': new HttpsAgent({ keepAlive: false }) }

const systemLookup: Lookup = (hostname, options, answer) => { lookup(hostname, options, answer) }

function failure (error: unknown, { hostname, late, timeoutMs }: { readonly hostname: string, readonly late: AbortSignal, readonly timeoutMs: number }): Error {
  if (error instanceof DestinationRefused) return error
  if (late.aborted) return new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error })
  const { code = '' } = error as NodeJS.ErrnoException
  // It was reached, and mostly has the request: whoever looks for a wrong address or port looks in vain.
  if (code === 'ECONNRESET') return new Error(`${hostname} closed the connection before it answered (ECONNRESET)`, { cause: error })
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_')) return new Error(`${hostname} could not be reached (${code}): it does not speak https`, { cause: error })
  return new Error(`${hostname} could not be reached${code === '' ? '' : ` (${code})`}`, { cause: error })
}

/** Sends one request, and hands over the answer with what brings errors of its body into the form of those of its head. */
async function exchange <T> ({ url: text, method, headers, body, timeoutMs, destinations, signal, resolveName = systemLookup }: Outgoing, read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
  const url = checkedUrl(text, destinations)
  const scheme = url.protocol as Scheme
  const late = AbortSignal.timeout(timeoutMs)
  const open = scheme === 'http:' ? requestHttp : requestHttps
  try {
    let interim = 0
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      open(url, {
        method,
        agent: agents[scheme],
        lookup: guarded(scheme, destinations, resolveName),
        signal: signal === undefined ? late : AbortSignal.any([signal, late]),
        headers: { ...headers, ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }) }
      }, resolve).on('error', reject).on('information', function (this: ClientRequest) {
        if (++interim > MOST_INTERIM) this.destroy(new Error('too many interim answers'))
      // Of what is no answer, such as 101, node:http tells nothing but the end.
      }).on('close', () => { reject(new Error('closed without an answer')) }).end(body)
    })
    return await read(answer).finally(() => { answer.destroy() })
  } catch (error) {
    throw error instanceof OfReader ? error.cause : failure(error, { hostname: url.hostname, late, timeoutMs })
  }
}

/** What the reader of an answer threw by itself. */
class OfReader extends Error {}

export interface Answered {
  readonly status: number
  readonly body: Buffer
  /** Whether there was more of it. */
  readonly isCut: boolean
}

/**
 * Sends one request to an address that somebody else chose. It is not tried again, and a redirection is an answer like
 * others.
 * @param mostBytes more of the answer is not read
 * @throws DestinationRefused; an error whose message names no part of the URL but its host
 */
export async function sendOut (outgoing: Outgoing, mostBytes: number): Promise<Answered> {
  return await exchange(outgoing, async (answer) => {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size > mostBytes) break
    }
    return { status: answer.statusCode ?? 0, body: Buffer.concat(chunks).subarray(0, mostBytes), isCut: size > mostBytes }
  })
}

/** The same, for an answer that is read as it comes. What `read` throws is thrown as it is. @throws as sendOut */
export async function streamIn <T> (outgoing: Outgoing, read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
  return await exchange(outgoing, async (answer) => await read(answer).catch((error: unknown) => {
    throw answer.errored === null ? new OfReader('', { cause: error }) : error
  }))
}
