// Members of a JSON object, read as its bytes pass: ids out of answers that are never held. The bytes need not be JSON.

import { BACKSLASH, CLOSE_BRACE, CLOSE_BRACKET, COLON, COMMA, OPEN_BRACE, OPEN_BRACKET, QUOTE } from '../lib/json-bytes.js'

/** Bytes of a name or of a value that are held; a longer one is taken for none. Ids have 40 or so. */
const MOST_TEXT = 512

/** Bytes of one body that are looked at. */
const MOST_READ = 64 * 1024

/** The text of a JSON string's inside; undefined for what is none. */
function decoded (bytes: readonly number[]): string | undefined {
  const text = Buffer.from(bytes).toString('utf8')
  if (!text.includes('\\')) return text
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return undefined
  }
}

/** Infinity where there is none. */
function indexFrom (chunk: Buffer, byte: number, at: number): number {
  const found = chunk.indexOf(byte, at)
  return found === -1 ? Infinity : found
}

/**
 * Finds members whose values are text in the object that a body is, at its top level alone; of several of one name the
 * first. However long the body is, it holds one short text at a time.
 */
export class Members {
  /** Values, in the order of the names. */
  readonly #found: Array<string | undefined> = []
  #missing: number
  #left = MOST_READ
  #depth = 0
  #inString = false
  #escaped = false
  /** What the next string at the top level is. */
  #next: 'name' | 'value' = 'name'
  /** Bytes of the string that is read; null: it is of no interest. */
  #kept: number[] | null = null
  /** Which name's value comes; -1: one that is of no interest. */
  #wanted = -1

  readonly #lengths: readonly number[]

  /** @param names in ASCII */
  constructor (readonly names: readonly string[]) {
    this.#lengths = names.map(({ length }) => length)
    this.#missing = names.length
  }

  get (name: string): string | undefined { return this.#found[this.names.indexOf(name)] }

  add (chunk: Buffer): void {
    let escape = -1
    for (let i = 0; i < chunk.length && this.#left > 0; i++) {
      this.#left--
      const byte = chunk[i]!
      if (this.#inString) this.#inside(byte)
      else if (byte > 0x20) this.#outside(byte)
      if (byte !== QUOTE || !this.#inString) continue
      // Most strings are whole in their chunk and escape nothing: they are not looked at byte by byte.
      if (escape < i) escape = indexFrom(chunk, BACKSLASH, i)
      const end = indexFrom(chunk, QUOTE, i + 1)
      if (end === Infinity || end > escape || end - i > this.#left) continue
      this.#left -= end - i
      this.#inString = false
      this.#end(this.#isWanted(end - i - 1) ? chunk.toString('utf8', i + 1, end) : undefined)
      i = end
    }
  }

  /** Of a string that escapes nothing, by its bytes: most names are as long as none that is looked for, and never made a text. */
  #isWanted (length: number): boolean {
    if (this.#kept === null) return false
    return this.#next === 'name' ? this.#lengths.includes(length) : length <= MOST_TEXT
  }

  /** Nothing that follows is looked at. */
  #stop (): void { this.#left = 0 }

  #inside (byte: number): void {
    if (byte === QUOTE && !this.#escaped) {
      this.#inString = false
      this.#end(this.#kept === null ? undefined : decoded(this.#kept))
      return
    }
    this.#escaped = byte === BACKSLASH && !this.#escaped
    if (this.#kept === null) return
    if (this.#kept.length < MOST_TEXT) this.#kept.push(byte)
    else this.#kept = null
  }

  #end (text: string | undefined): void {
    if (this.#depth !== 1) return
    if (this.#next === 'name') {
      const index = text === undefined ? -1 : this.names.indexOf(text)
      this.#wanted = this.#found[index] === undefined ? index : -1
    } else if (this.#wanted !== -1 && text !== undefined) {
      this.#found[this.#wanted] = text
      this.#wanted = -1
      if (--this.#missing === 0) this.#stop()
    }
  }

  #outside (byte: number): void {
    // What is no object has no members, and what follows one is not read by anybody.
    if (this.#depth === 0 && byte !== OPEN_BRACE) return this.#stop()
    switch (byte) {
      case QUOTE:
        this.#inString = true
        this.#kept = this.#depth === 1 && (this.#next === 'name' || this.#wanted !== -1) ? [] : null
        break
      case OPEN_BRACE:
      case OPEN_BRACKET:
        this.#depth++
        break
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (--this.#depth === 0) this.#stop()
        break
      case COLON:
        if (this.#depth === 1) this.#next = 'value'
        break
      case COMMA:
        if (this.#depth === 1) this.#next = 'name'
        break
    }
  }
}
