import type { IncomingMessage } from 'node:http'
import { streamIn } from '../../lib/outbound.js'

/** A URL that is not fetched; the sentence is Core's. */
export class DownloadRefused extends Error {
  constructor (readonly code: 'RECON_UPLOAD_URL_INVALID' | 'RECON_UPLOAD_HOST_NOT_ALLOWED', sentence: string) { super(sentence) }
}

/** Core's `upload_url_timeout_sec`. */
const TIMEOUT_MS = 30_000

/** net/http's. */
const MAX_REDIRECTS = 10

const invalidUrl = (sentence = 'invalid upload URL'): DownloadRefused => new DownloadRefused('RECON_UPLOAD_URL_INVALID', sentence)

const hostOf = (url: URL): string => url.hostname.toLowerCase()

function checkedUrl (text: string, hosts: readonly string[]): URL {
  // eslint-disable-next-line no-control-regex
  if (/[\x00-\x1f\x7f]|^:/.test(text)) throw invalidUrl()
  const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme !== 'http' && scheme !== 'https') throw invalidUrl('upload URL must use http or https')
  if (!/^https?:\/\/[^/?#]/i.test(text) || !URL.canParse(text)) throw invalidUrl()
  const url = new URL(text)
  if (!hosts.includes(hostOf(url))) throw new DownloadRefused('RECON_UPLOAD_HOST_NOT_ALLOWED', 'upload host not allowed')
  return url
}

/** Follows redirects to hosts on the list; an answer that leads elsewhere is the last one, and no file. */
async function get<T> (url: URL, hosts: readonly string[], read: (answer: IncomingMessage) => Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  for (let left = MAX_REDIRECTS, at = url; ; left--) {
    const outgoing = { url: at.href, method: 'GET' as const, headers: { 'User-Agent': 'blnk-reconciliation/1.0' }, timeoutMs: TIMEOUT_MS, signal, destinations: () => true }
    const next = await streamIn<URL | { readonly done: T }>(outgoing, async (answer) => {
      const { statusCode = 0, headers: { location } } = answer
      const led = statusCode >= 300 && statusCode < 400 && location !== undefined && URL.canParse(location, at.href) ? new URL(location, at.href) : undefined
      return led === undefined || left === 0 || !/^https?:$/.test(led.protocol) || !hosts.includes(hostOf(led)) ? { done: await read(answer) } : led
    })
    if (!(next instanceof URL)) return next.done
    at = next
  }
}

async function * atMost (chunks: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let read = 0
  for await (const chunk of chunks) {
    read += chunk.length
    // Core cuts what is longer, and its rows are then one that is broken.
    if (read > limit) throw new Error('the file is too large')
    yield chunk
  }
}

/**
 * Fetches a file from a host on the list.
 * @param take gets the file's name, the last segment of the path, and its bytes as they come
 * @throws DownloadRefused, or an error of the connection
 */
export async function download<T> (text: string, hosts: readonly string[], limit: number, take: (filename: string, chunks: AsyncIterable<Buffer>) => Promise<T>): Promise<T> {
  const url = checkedUrl(text, hosts)
  const name = url.pathname.split('/').filter((segment) => segment !== '').at(-1) ?? 'download'
  return await get(url, hosts, async (answer) => {
    const { statusCode = 0 } = answer
    if (statusCode < 200 || statusCode > 299) throw new Error(`the host answered ${statusCode}`)
    return await take(name, atMost(answer as AsyncIterable<Buffer>, limit))
  })
}
