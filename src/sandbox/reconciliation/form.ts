import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { Busboy } from '@fastify/busboy'

/** Core's `max_upload_size_mb`. */
export const MAX_UPLOAD_BYTES = 256 * 1024 * 1024

/** The body was longer than MAX_UPLOAD_BYTES. */
export class TooLarge extends Error {}

export interface Form {
  /** The first of each name. */
  readonly fields: ReadonlyMap<string, string>
  /** Whether there was a part `file` with a file name. */
  readonly hasFile: boolean
}

/** Chunks of a body, which is left open when one stops reading: the answer goes out on the same connection. */
export const chunksOf = (body: Readable): AsyncIterable<Buffer> => body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>

/**
 * Reads a form with flat memory.
 * @param onFile takes the part `file` while it comes in; what it leaves unread is passed over
 * @throws TooLarge, the parser's error, or that of a connection that broke
 */
export async function readForm (body: IncomingMessage, onFile: (file: Readable, filename: string) => Promise<void>): Promise<Form> {
  const fields = new Map<string, string>()
  let taken: Promise<void> | undefined
  let current: Readable | undefined
  const parser = new Busboy({
    headers: { 'content-type': body.headers['content-type'] ?? '' },
    limits: { fieldSize: 1024 * 1024, fields: 1000 },
    isPartAFile: (_name, _type, filename) => filename !== undefined
  })
  parser.on('field', (name, value) => { if (!fields.has(name)) fields.set(name, value) })
  parser.on('file', (name, file, filename) => {
    file.on('error', () => {})
    if (name !== 'file' || taken !== undefined) {
      file.resume()
      return
    }
    current = file
    taken = onFile(file, filename).finally(() => { file.resume() })
    taken.catch(() => {})
  })
  const ended = new Promise<void>((resolve, reject) => { parser.once('finish', resolve).once('error', reject) })
  ended.catch(() => {})
  try {
    let read = 0
    for await (const chunk of chunksOf(body)) {
      read += chunk.length
      if (read > MAX_UPLOAD_BYTES) throw new TooLarge()
      await Promise.race([new Promise<void>((resolve) => { parser.write(chunk, () => { resolve() }) }), ended])
    }
    parser.end()
    await ended
  } catch (error) {
    current?.destroy(error as Error)
    await taken?.catch(() => {})
    throw error
  }
  await taken
  return { fields, hasFile: taken !== undefined }
}
