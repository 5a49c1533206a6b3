import { sendOut, type Outgoing } from '../../lib/outbound.js'

/** More of an answer is not read. */
const MOST_BYTES = 64 * 1024

export interface Answered { readonly status: number, readonly body: string }

/**
 * Posts a body to an address that somebody else chose: on this machine and in its networks too, where receivers under
 * development are, and never to a link-local one. The whole exchange has `timeoutMs`.
 * @throws an error whose message names no part of the URL but its host
 */
export async function post (outgoing: Pick<Outgoing, 'url' | 'headers' | 'timeoutMs'> & { readonly body: string, readonly signal: AbortSignal }): Promise<Answered> {
  const { status, body } = await sendOut({ ...outgoing, method: 'POST', destinations: () => true }, MOST_BYTES)
  return { status, body: body.toString() }
}
