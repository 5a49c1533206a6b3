import { isFetchable } from './settings.js'

/** Bytes: hundreds of keys with their certificates are less. */
const MOST_BYTES = 512 * 1024

const ANSWER_MS = 3_000

/** Why nothing could be had; a sentence for the log. */
export class FetchError extends Error {
  constructor (sentence: string, readonly status?: number) { super(sentence) }
}

/**
 * Fetches a JSON document of the issuer's: by https, or http on this machine, without following it elsewhere, and never
 * more than 512 KiB or for longer than 3 s.
 * @param ms milliseconds for the whole answer
 * @throws FetchError
 */
export async function fetchJson (address: string, ms = ANSWER_MS): Promise<unknown> {
  if (!isFetchable(address)) throw new FetchError(`${address} is neither https nor on this machine`)
  try {
    const answer = await fetch(address, { redirect: 'manual', signal: AbortSignal.timeout(ms), headers: { Accept: 'application/jwk-set+json, application/json' } })
    if (answer.status !== 200) {
      await answer.body?.cancel()
      throw new FetchError(`${address} answered ${answer.status}`, answer.status)
    }
    return JSON.parse(await bounded(answer, address)) as unknown
  } catch (error) {
    if (error instanceof FetchError) throw error
    if (error instanceof SyntaxError) throw new FetchError(`what ${address} answers is not JSON`)
    const { name, code, cause } = error as { name: string, code?: unknown, cause?: { code?: unknown } }
    throw new FetchError(name === 'TimeoutError' ? `${address} did not answer in ${ms / 1000} s` : `${address} cannot be reached (${String(cause?.code ?? code)})`)
  }
}

async function bounded (answer: Response, address: string): Promise<string> {
  const decoder = new TextDecoder()
  let [text, bytes] = ['', 0]
  for await (const chunk of answer.body ?? []) {
    bytes += (chunk as Uint8Array).length
    // Leaving the loop cancels the stream, and with it the connection.
    if (bytes > MOST_BYTES) throw new FetchError(`${address} answers with more than ${MOST_BYTES / 1024} KiB`)
    text += decoder.decode(chunk as Uint8Array, { stream: true })
  }
  return text + decoder.decode()
}
