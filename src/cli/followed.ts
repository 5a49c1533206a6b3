import type { RequestSummary } from '../requests/entry.js'
import { CliError, openAdmin, type Where } from './admin.js'

/** A line of `GET /admin/requests?follow=true`; the one with `ended` is the last. */
export type Told = RequestSummary | { readonly missed: number, readonly ended?: undefined } | { readonly missed?: undefined, readonly ended: string }

type Body = NonNullable<Awaited<ReturnType<typeof openAdmin>>['body']>

async function * linesOf (body: Body): AsyncGenerator<string> {
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

async function * toldIn (body: Body): AsyncGenerator<Told> {
  for await (const line of linesOf(body)) if (line !== '') yield * toldBy(line)
}

/**
 * Requests as they end, until the gateway stops.
 * @param path of the request log, with `follow=true`
 * @returns once it is open
 * @throws CliError as openAdmin(), and while it is read where the connection breaks
 */
export async function openFollowed (where: Where, path: string, signal?: AbortSignal): Promise<AsyncGenerator<Told>> {
  const { body } = await openAdmin(where, path, signal)
  return (async function * () {
    try {
      for await (const told of toldIn(body as Body)) {
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
