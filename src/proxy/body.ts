import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { GatewayError } from '../errors.js'
import type { Watch } from '../gateway/record.js'

/** Bytes of a body that is filled, and so held in memory: what Core itself reads at most (spec/09 1, body limit). */
export const MOST_FILLED = 5 * 1024 * 1024

/**
 * Reads a whole body.
 * @returns undefined when the caller left before its end
 * @throws GatewayError GEN_PAYLOAD_TOO_LARGE once it is longer than `most` bytes; what was read is let go
 */
export function collectBody (request: IncomingMessage, most: number): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let length = 0
    const done = (): void => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
    }
    const onData = (chunk: Buffer): void => {
      length += chunk.length
      if (length > most) {
        done()
        request.pause()
        reject(new GatewayError('GEN_PAYLOAD_TOO_LARGE'))
      } else chunks.push(chunk)
    }
    const onEnd = (): void => {
      done()
      resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))
    }
    const onClose = (): void => {
      done()
      resolve(undefined)
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  })
}

/**
 * A caller's body as a stream of its own. undici destroys the stream it was given when an answer comes before the body's
 * end; destroying the request itself would take the caller's connection, and the answer, with it.
 */
export function streamBody (request: IncomingMessage, watches?: readonly Watch[]): Readable {
  const onData = (chunk: Buffer): void => {
    if (watches !== undefined) for (const watch of watches) watch.sent?.(chunk)
    if (!body.push(chunk)) request.pause()
  }
  const onEnd = (): void => { body.push(null) }
  const onClose = (): void => { if (!request.complete) body.destroy(new Error('the caller left before the end of its body')) }
  const body = new Readable({
    read () { request.resume() },
    destroy (error, done) {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', onClose)
      done(error)
    }
  })
  body.on('error', () => {})
  request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', onClose)
  return body
}
