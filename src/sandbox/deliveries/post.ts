import { Agent as HttpAgent, request as requestHttp, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as requestHttps } from 'node:https'
import { guardedLookup, hostOf, isLinkLocal } from '../../lib/addresses.js'

/** More of an answer is not read. */
const MOST_BYTES = 64 * 1024

export interface Outgoing { readonly url: string, readonly headers: Readonly<Record<string, string>>, readonly body: string, readonly timeoutMs: number, readonly signal: AbortSignal }
export interface Answered { readonly status: number, readonly body: string }

const agents = { 'http:': new HttpAgent({ keepAlive: true }), 'https:': new HttpsAgent({ keepAlive: true }) }

async function read (answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= MOST_BYTES) break
  }
  return Buffer.concat(chunks).subarray(0, MOST_BYTES).toString()
}

/**
 * Posts a body to an address that somebody else chose. Redirections are answers like others, link-local addresses are
 * not called, and the whole exchange has `timeoutMs`.
 * @throws an error whose message names no part of the URL but its host
 */
export async function post ({ url, headers, body, timeoutMs, signal }: Outgoing): Promise<Answered> {
  const target = URL.canParse(url) ? new URL(url) : undefined
  if (target === undefined || (target.protocol !== 'http:' && target.protocol !== 'https:')) throw new Error('the address is no http:// or https:// URL')
  if (isLinkLocal(hostOf(target))) throw new Error('a link-local address is not called')
  const late = AbortSignal.timeout(timeoutMs)
  const agent = agents[target.protocol]
  const open = target.protocol === 'http:' ? requestHttp : requestHttps
  try {
    return await new Promise<Answered>((resolve, reject) => {
      const sent = open(target, { method: 'POST', agent, lookup: guardedLookup, signal: AbortSignal.any([signal, late]), headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) } }, (answer) => {
        read(answer).then((text) => { resolve({ status: answer.statusCode ?? 0, body: text }) }, reject)
      })
      sent.on('error', reject).end(body)
    })
  } catch (error) {
    if (late.aborted) throw new Error(`no answer within ${timeoutMs / 1000} s`, { cause: error })
    const { code } = error as NodeJS.ErrnoException
    throw new Error(code === 'ELINKLOCAL' ? (error as Error).message : `${target.hostname} could not be reached${code === undefined ? '' : ` (${code})`}`, { cause: error })
  }
}
