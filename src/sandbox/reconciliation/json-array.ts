import { bindJson } from '../json/bind.js'
import { BindError } from '../../lib/json/text.js'
import { externalTransaction, type ExternalTransaction } from './external.js'

/** The most that one element may take; a transaction has some hundred bytes. */
const MAX_ELEMENT_BYTES = 1024 * 1024

const [QUOTE, BACKSLASH, COMMA, OPEN, CLOSE] = [0x22, 0x5c, 0x2c, 0x5b, 0x5d]
const isSpace = (byte: number): boolean => byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
const opens = (byte: number): boolean => byte === OPEN || byte === 0x7b
const closes = (byte: number): boolean => byte === CLOSE || byte === 0x7d

const refused = (byte: number): BindError => new BindError(`invalid character ${JSON.stringify(String.fromCharCode(byte))} in an array of transactions`)

/** Cuts the text of a JSON array into its elements. What stands inside one is for the parser to judge. */
class Elements {
  private state: 'start' | 'first' | 'element' | 'inside' | 'after' | 'done' = 'start'
  private depth = 0
  private quoted = false
  private escaped = false
  private kept: Buffer[] = []
  private keptBytes = 0

  get done (): boolean { return this.state === 'done' }

  * take (chunk: Buffer): Generator<Buffer> {
    let start = 0
    for (let at = 0; at < chunk.length && this.state !== 'done'; at++) {
      const byte = chunk[at] as number
      if (this.state === 'inside') {
        if (this.stays(byte)) continue
        // A container ends with its last byte, a bare value before the byte behind it.
        const end = closes(byte) && this.depth === 0 && !this.bare ? at + 1 : at
        yield this.finish(chunk.subarray(start, end))
        if (end === at) at--
      } else if (!isSpace(byte)) {
        this.between(byte)
        if (this.state as string === 'inside') start = at
      }
    }
    if (this.state === 'inside') this.keep(chunk.subarray(start))
  }

  private bare = false

  /** Whether the element goes on behind this byte. */
  private stays (byte: number): boolean {
    if (this.quoted) {
      if (this.escaped) this.escaped = false
      else if (byte === BACKSLASH) this.escaped = true
      else if (byte === QUOTE) this.quoted = false
      return true
    }
    if (byte === QUOTE) this.quoted = true
    else if (opens(byte)) this.depth++
    else if (closes(byte)) {
      if (this.bare && this.depth === 0) return false
      this.depth--
      return this.depth > 0
    } else if (this.bare && this.depth === 0 && (byte === COMMA || isSpace(byte))) return false
    return true
  }

  /** A byte that is no space, outside of elements. */
  private between (byte: number): void {
    if (this.state === 'start') {
      if (byte !== OPEN) throw refused(byte)
      this.state = 'first'
    } else if (byte === CLOSE && this.state !== 'element') this.state = 'done'
    else if (this.state === 'after') {
      if (byte !== COMMA) throw refused(byte)
      this.state = 'element'
    } else {
      this.state = 'inside'
      this.bare = !opens(byte)
      this.depth = this.bare ? 0 : 1
      this.quoted = byte === QUOTE
    }
  }

  private keep (part: Buffer): void {
    this.keptBytes += part.length
    if (this.keptBytes > MAX_ELEMENT_BYTES) throw new BindError('an element is too large')
    this.kept.push(part)
  }

  private finish (part: Buffer): Buffer {
    this.keep(part)
    const element = Buffer.concat(this.kept, this.keptBytes)
    this.kept = []
    this.keptBytes = 0
    this.state = 'after'
    return element
  }
}

/**
 * The elements of a JSON array of transactions, as they come in.
 * @throws BindError where the text is no such array, after the elements before
 */
export async function * readJsonArray (chunks: AsyncIterable<Buffer>): AsyncGenerator<ExternalTransaction> {
  const elements = new Elements()
  for await (const chunk of chunks) {
    for (const body of elements.take(chunk)) yield bindJson({ body }, externalTransaction)
  }
  if (!elements.done) throw new BindError('unexpected EOF')
}
