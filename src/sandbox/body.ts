import type { IncomingMessage } from 'node:http'

/** Core's `max_request_body_size_mb` (spec/09 1, body limit). */
const LIMIT = 5 * 1024 * 1024

export interface CollectedBody { readonly body: Buffer, readonly truncated: boolean }

/**
 * Reads a body up to Core's limit. What comes after is let through unread: whether the cut matters is for the JSON
 * decoder to say, since only the first value counts.
 */
export async function collectBody (payload: IncomingMessage): Promise<CollectedBody> {
  const chunks: Buffer[] = []
  let kept = 0
  let truncated = false
  for await (const chunk of payload as AsyncIterable<Buffer>) {
    if (truncated) continue
    const room = LIMIT - kept
    truncated = chunk.length > room
    const part = truncated ? chunk.subarray(0, room) : chunk
    kept += part.length
    chunks.push(part)
  }
  return { body: chunks.length === 1 ? chunks[0] as Buffer : Buffer.concat(chunks, kept), truncated }
}
