import type { Upstream } from '../gateway/row.js'

/** A Core that is asked beside the requests that are forwarded: it takes none of their turns. */
export type Asked = Omit<Upstream, 'turns'>

export interface CoreAnswer { readonly status: number, readonly beginning: string }

/** Enough of an answer to tell what it is; the rest is not read, however long it is. */
const ENOUGH = 4_096

/**
 * Asks a Core for something by GET, with its own key.
 * @param path with its query, below the Core's base path
 * @param ms milliseconds until it is given up
 * @throws an error of the connection, or a time-out
 */
export async function askCore ({ dispatcher, origin, basePath, key }: Asked, path: string, ms: number): Promise<CoreAnswer> {
  const headers = key === undefined ? {} : { 'X-Blnk-Key': key }
  const { statusCode, body } = await dispatcher.request({ origin, path: basePath + path, method: 'GET', headers, signal: AbortSignal.timeout(ms) })
  let beginning = ''
  for await (const chunk of body as AsyncIterable<Buffer>) {
    beginning += chunk.toString('latin1')
    if (beginning.length >= ENOUGH) break
  }
  return { status: statusCode, beginning }
}
