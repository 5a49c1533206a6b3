import { Readable } from 'node:stream'
import type { RequestSummary } from '../requests/entry.js'
import { CliError, openAdmin, type Where } from './admin.js'

/** A line of `GET /admin/requests?follow=true`; the one with `ended` is the last. */
export type Told = RequestSummary | { readonly missed: number, readonly ended?: undefined } | { readonly missed?: undefined, readonly ended: string }

/**
 * The body of an answer that is read later and for long. By itself, fetch lets go of its signal once the memory of the
 * request is collected (nodejs/undici#3644), and cancels a body that nobody has begun to read once that of the answer is.
 */
function held (body: Response['body'], signal?: AbortSignal): Readable {
  const stream = Readable.fromWeb(body as Parameters<typeof Readable.fromWeb>[0], { ...(signal !== undefined && { signal }) })
  // It is thrown to whoever reads, who may not have begun.
  return stream.on('error', () => {})
}

async function * linesOf (body: Readable): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of body) {
    const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n')
    rest = lines.pop() ?? ''
    yield * lines
  }
}

function toldBy (line: string): readonly Told[] {
  const { missed, ended, ...one } = JSON.parse(line) as { missed?: number, ended?: string }
  return [...missed === undefined ? [] : [{ missed }], ...ended === undefined ? [] : [{ ended }], ...'id' in one ? [one as RequestSummary] : []]
}

async function * toldIn (body: Readable): AsyncGenerator<Told> {
  for await (const line of linesOf(body)) if (line !== '') yield * toldBy(line)
}

/**
 * Requests as they end, until the gateway stops.
 * @param path of the request log, with `follow=true`
 * @returns once it is open
 * @throws CliError as openAdmin(), and while it is read where the connection breaks
 */
export async function openFollowed (where: Where, path: string, signal?: AbortSignal): Promise<AsyncGenerator<Told>> {
  const body = held((await openAdmin(where, path, signal)).body, signal)
  return (async function * () {
    try {
      for await (const told of toldIn(body)) {
        yield told
        if ('ended' in told) return
      }
    } catch (error) {
      throw new CliError('the connection to the gateway is lost: it was stopped hard, or something between closed it', { cause: error })
    }
    throw new CliError('the gateway ended the stream without a word')
  })()
}

export const leftOut = (missed: number): string => `${missed} requests came faster than they could be shown, and are left out`
