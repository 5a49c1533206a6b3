import { isUtf8 } from 'node:buffer'
import { redactForm, redactText } from './redact.js'

/** A body as it is kept. */
export interface KeptBody {
  /** All that passed, kept or not. */
  readonly bytes: number
  /** Its beginning, secrets removed; null: see `omitted`. */
  readonly text: string | null
  /** More passed than is kept. */
  readonly truncated: boolean
  /** Something was taken away as secret. */
  readonly redacted: boolean
  /** Why there is no text: of the admin API none is kept, nor of uploads, compressed or binary ones, or it is turned off. */
  readonly omitted: 'admin' | 'multipart' | 'encoded' | 'binary' | 'off' | null
}

/** Collects the beginning of a body while it passes. */
export class BodyKeeper {
  #chunks: Buffer[] = []
  #kept = 0
  #bytes = 0

  constructor (readonly most: number) {}

  get bytes (): number { return this.#bytes }

  /** The chunk is copied: it may be a piece of something much larger. */
  add (chunk: Buffer): void {
    this.#bytes += chunk.length
    const room = this.most - this.#kept
    if (room <= 0) return
    const piece = Buffer.from(room < chunk.length ? chunk.subarray(0, room) : chunk)
    this.#chunks.push(piece)
    this.#kept += piece.length
  }

  done (header: (name: string) => string | undefined, isAdmin: boolean): KeptBody {
    const bytes = this.#bytes
    const without = (omitted: KeptBody['omitted']): KeptBody => ({ bytes, text: null, truncated: false, redacted: false, omitted })
    if (bytes === 0) return { ...without(null), text: '' }
    if (isAdmin) return without('admin')
    if (this.most === 0) return without('off')
    const type = header('content-type') ?? ''
    if (/^\s*multipart\//i.test(type)) return without('multipart')
    if (!/^\s*(identity)?\s*$/i.test(header('content-encoding') ?? '')) return without('encoded')
    const truncated = bytes > this.#kept
    const text = utf8(this.#chunks.length === 1 ? this.#chunks[0] as Buffer : Buffer.concat(this.#chunks), truncated)
    if (text === undefined) return without('binary')
    const kept = /^\s*application\/x-www-form-urlencoded/i.test(type) ? redactForm(text) : redactText(text, truncated)
    return { bytes, text: kept, truncated, redacted: kept !== text, omitted: null }
  }
}

/** A character of UTF-8 has at most this many bytes that follow its first one (RFC 3629 3). */
const MOST_FOLLOWING = 3

function utf8 (bytes: Buffer, cut: boolean): string | undefined {
  if (bytes.includes(0)) return undefined
  // The cut may go through a character.
  for (let end = bytes.length; end >= bytes.length - (cut ? MOST_FOLLOWING : 0); end--) {
    const part = bytes.subarray(0, end)
    if (isUtf8(part)) return part.toString()
  }
  return undefined
}
