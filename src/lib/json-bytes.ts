// JSON as Go's encoding/json reads it, on bytes and in one pass: https://go.dev/src/encoding/json/scanner.go

/** Go refuses deeper nesting (`maxNestingDepth`), so no stack larger than this is ever needed. */
export const MAX_DEPTH = 10_000

/** What a scan answers when the value is broken, or deeper than Go reads. */
export const BROKEN = -1

export const QUOTE = 0x22
export const BACKSLASH = 0x5c
export const COMMA = 0x2c
export const COLON = 0x3a
export const OPEN_BRACE = 0x7b
export const CLOSE_BRACE = 0x7d
export const OPEN_BRACKET = 0x5b
export const CLOSE_BRACKET = 0x5d
const MINUS = 0x2d
const ZERO = 0x30

// One scan at a time: nothing here awaits, so the stack of open containers can be shared.
const inObject = new Uint8Array(MAX_DEPTH + 1)

/** Called for each member of an object, in order. The key's range is between its quotes, still escaped. */
export type OnMember = (keyStart: number, keyEnd: number, valueStart: number, valueEnd: number) => void

export type OnItem = (valueStart: number, valueEnd: number) => void

export function skipSpace (bytes: Uint8Array, at: number): number {
  for (;;) {
    const c = bytes[at]
    if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return at
    at++
  }
}

/**
 * Reads the object whose opening brace is at `at`.
 * @param depth how many containers are open around it
 * @returns the offset after its closing brace, or BROKEN
 */
export function scanObject (bytes: Uint8Array, at: number, onMember: OnMember, depth = 0): number {
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_BRACE) return at + 1
  for (;;) {
    if (bytes[at] !== QUOTE) return BROKEN
    const keyStart = at + 1
    at = skipString(bytes, at)
    if (at === BROKEN) return BROKEN
    const keyEnd = at - 1
    at = skipSpace(bytes, at)
    if (bytes[at] !== COLON) return BROKEN
    const valueStart = skipSpace(bytes, at + 1)
    at = skipValue(bytes, valueStart, depth + 1)
    if (at === BROKEN) return BROKEN
    onMember(keyStart, keyEnd, valueStart, at)
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    if (bytes[at] !== COMMA) return BROKEN
    at = skipSpace(bytes, at + 1)
  }
}

/** Reads the array whose opening bracket is at `at`; as scanObject. */
export function scanArray (bytes: Uint8Array, at: number, onItem: OnItem, depth = 0): number {
  at = skipSpace(bytes, at + 1)
  if (bytes[at] === CLOSE_BRACKET) return at + 1
  for (;;) {
    const valueStart = at
    at = skipValue(bytes, valueStart, depth + 1)
    if (at === BROKEN) return BROKEN
    onItem(valueStart, at)
    at = skipSpace(bytes, at)
    if (bytes[at] === CLOSE_BRACKET) return at + 1
    if (bytes[at] !== COMMA) return BROKEN
    at = skipSpace(bytes, at + 1)
  }
}

/**
 * Passes over one value, without recursion, and checks all of it.
 * @param depth how many containers are open around it
 * @returns the offset after it, or BROKEN
 */
export function skipValue (bytes: Uint8Array, at: number, depth: number): number {
  const base = depth
  for (;;) {
    const c = bytes[at]
    if (c === OPEN_BRACE || c === OPEN_BRACKET) {
      if (++depth > MAX_DEPTH) return BROKEN
      inObject[depth] = c === OPEN_BRACE ? 1 : 0
      at = skipSpace(bytes, at + 1)
      if (bytes[at] !== (c === OPEN_BRACE ? CLOSE_BRACE : CLOSE_BRACKET)) {
        if (c === OPEN_BRACE && (at = skipKey(bytes, at)) === BROKEN) return BROKEN
        continue
      }
      depth--
      at++
    } else if ((at = skipScalar(bytes, at)) === BROKEN) return BROKEN

    // A value has ended: close what ends with it, then go on to the next one.
    for (;;) {
      if (depth === base) return at
      at = skipSpace(bytes, at)
      const next = bytes[at]
      const object = inObject[depth] === 1
      if (next === COMMA) {
        at = skipSpace(bytes, at + 1)
        if (object && (at = skipKey(bytes, at)) === BROKEN) return BROKEN
        break
      }
      if (next !== (object ? CLOSE_BRACE : CLOSE_BRACKET)) return BROKEN
      depth--
      at++
    }
  }
}

function skipKey (bytes: Uint8Array, at: number): number {
  if (bytes[at] !== QUOTE || (at = skipString(bytes, at)) === BROKEN) return BROKEN
  at = skipSpace(bytes, at)
  return bytes[at] === COLON ? skipSpace(bytes, at + 1) : BROKEN
}

function skipScalar (bytes: Uint8Array, at: number): number {
  switch (bytes[at]) {
    case QUOTE: return skipString(bytes, at)
    case 0x74: return skipWord(bytes, at, 'true')
    case 0x66: return skipWord(bytes, at, 'false')
    case 0x6e: return skipWord(bytes, at, 'null')
    default: return skipNumber(bytes, at)
  }
}

function skipWord (bytes: Uint8Array, at: number, word: string): number {
  for (let i = 0; i < word.length; i++) {
    if (bytes[at + i] !== word.charCodeAt(i)) return BROKEN
  }
  return at + word.length
}

/** Invalid UTF-8 is allowed (Go reads U+FFFD in its place); control characters are not. */
function skipString (bytes: Uint8Array, at: number): number {
  const end = bytes.length
  for (at++; at < end; at++) {
    const c = bytes[at]!
    if (c === QUOTE) return at + 1
    if (c < 0x20) return BROKEN
    if (c !== BACKSLASH) continue
    switch (bytes[++at]) {
      case QUOTE: case BACKSLASH: case 0x2f: case 0x62: case 0x66: case 0x6e: case 0x72: case 0x74: break
      case 0x75:
        for (let i = 0; i < 4; i++) if (hexDigit(bytes[++at]) < 0) return BROKEN
        break
      default: return BROKEN
    }
  }
  return BROKEN
}

/** https://www.rfc-editor.org/rfc/rfc8259#section-6 */
function skipNumber (bytes: Uint8Array, at: number): number {
  if (bytes[at] === MINUS) at++
  if (bytes[at] === ZERO) at++
  else if ((at = skipDigits(bytes, at)) === BROKEN) return BROKEN
  if (bytes[at] === 0x2e && (at = skipDigits(bytes, at + 1)) === BROKEN) return BROKEN
  if (bytes[at] === 0x65 || bytes[at] === 0x45) {
    const signed = bytes[at + 1] === 0x2b || bytes[at + 1] === MINUS
    return skipDigits(bytes, at + (signed ? 2 : 1))
  }
  return at
}

/** At least one. */
function skipDigits (bytes: Uint8Array, at: number): number {
  const start = at
  while (isDigit(bytes[at])) at++
  return at === start ? BROKEN : at
}

const isDigit = (c: number | undefined): boolean => c !== undefined && c >= ZERO && c <= 0x39

function hexDigit (c: number | undefined): number {
  if (c === undefined) return -1
  if (c >= ZERO && c <= 0x39) return c - ZERO
  const lower = c | 0x20
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1
}

/** The letters that Go's folding makes equal to an ASCII one: U+017F is an s, U+212A a k. */
const LONG_S = 0x17f
const KELVIN = 0x212a

/**
 * Whether Go's encoding/json takes this key for the field `name`: unescaped, and folded without case
 * (https://go.dev/src/encoding/json/fold.go).
 * @param start of the key's bytes between its quotes; the string has been checked before
 * @param name in lower-case ASCII letters and underscores
 */
export function isKey (bytes: Uint8Array, start: number, end: number, name: string): boolean {
  const length = end - start
  // Six bytes (\u0070) are the longest spelling of a letter.
  if (length < name.length || length > name.length * 6) return false
  let at = start
  for (let i = 0; i < name.length; i++) {
    if (at >= end) return false
    let c = bytes[at]!
    if (c === BACKSLASH) {
      // The short escapes are all controls, quotes and slashes: no letter.
      if (bytes[at + 1] !== 0x75) return false
      c = 0
      for (let digit = 2; digit < 6; digit++) c = c * 16 + hexDigit(bytes[at + digit])
      at += 6
    } else if (c === 0xc5 && bytes[at + 1] === 0xbf) {
      c = LONG_S
      at += 2
    } else if (c === 0xe2 && bytes[at + 1] === 0x84 && bytes[at + 2] === 0xaa) {
      c = KELVIN
      at += 3
    } else at++
    if (fold(c) !== name.charCodeAt(i)) return false
  }
  return at === end
}

function fold (c: number): number {
  if (c >= 0x41 && c <= 0x5a) return c + 0x20
  if (c === LONG_S) return 0x73
  return c === KELVIN ? 0x6b : c
}

/** Whether the value that starts here is null; the value has been checked before. */
export const isNull = (bytes: Uint8Array, at: number): boolean => bytes[at] === 0x6e

export const isObject = (bytes: Uint8Array, at: number): boolean => bytes[at] === OPEN_BRACE

export const isArray = (bytes: Uint8Array, at: number): boolean => bytes[at] === OPEN_BRACKET
