import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors.js'
import type { Watches } from '../gateway/observers.js'

/** Bytes of a body that is filled, and so held in memory: what Core itself reads at most (spec/09 1, body limit). */
export const MOST_FILLED = 5 * 1024 * 1024

/** Told to a request whose body does not go on (src/gateway/slow-clients.ts): who listens answers it. */
export const LATE = 'late'

/**
 * Reads a whole body.
 * @returns undefined when the caller left before its end
 * @throws GatewayError GEN_PAYLOAD_TOO_LARGE once it is longer than `most` bytes, HTTP_REQUEST_TIMEOUT when it does not go on;
 * what was read is let go
 */
export function collectBody (request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const giveUp = (error: GatewayError): void => {
      request.off('data', onData).off(LATE, onLate)
      request.pause()
      reject(error)
    }
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      if (length > most) giveUp(new GatewayError('GEN_PAYLOAD_TOO_LARGE'))
      else chunks.push(chunk)
    }
    const onLate = (): void => { giveUp(new GatewayError('HTTP_REQUEST_TIMEOUT')) }
    // What comes after the first of these changes nothing, and to take them off costs as much as all else here.
    request.on('data', onData)
      .on('end', () => { resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length)) })
      .on('close', () => { resolve(undefined) })
      .on('error', () => {})
      .on(LATE, onLate)
  })
}

/**
 * A caller's body as a stream of its own. undici destroys the stream it was given when an answer comes before the body's
 * end; destroying the request itself would take the caller's connection, and the answer, with it.
 */
export function streamBody (request: IncomingMessage, watches?: Watches): Readable {
  const onData = (chunk: Buffer): void => {
    watches?.sent(chunk)
    if (!body.push(chunk)) request.pause()
  }
  const onEnd = (): void => { body.push(null) }
  const onClose = (): void => { if (!request.complete) body.destroy(new Error('the caller left before the end of its body')) }
  const onLate = (): void => { body.destroy(new GatewayError('HTTP_REQUEST_TIMEOUT')) }
  const body = new Readable({
    read () { request.resume() },
    destroy (error, done) {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose).off(LATE, onLate)
      done(error)
    }
  })
  body.on('error', () => {})
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose).on(LATE, onLate)
  return body
}
