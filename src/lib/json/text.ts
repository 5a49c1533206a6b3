import { isUtf8 } from 'node:buffer'

/** What Go's decoder, binder or time parser would say. The message is API contract: it is answered as it stands. */
export class BindError extends Error {}

const REPLACEMENT = '\ufffd'

/** How many bytes of a valid sequence begin at `at`, or 0. Go's utf8.DecodeRune: surrogates and overlong forms are invalid. */
function sequenceLength (bytes: Buffer, at: number, end: number): number {
  const first = bytes[at] as number
  if (first < 0x80) return 1
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0
  if (length === 0 || at + length > end) return 0
  const second = bytes[at + 1] as number
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf
  if (second < low || second > high) return 0
  for (let i = 2; i < length; i++) if (((bytes[at + i] as number) & 0xc0) !== 0x80) return 0
  return length
}

/** Each byte that is no part of a valid sequence becomes one U+FFFD, as in Go (Buffer's own decoder joins some). */
export function decodeUtf8 (bytes: Buffer, start: number, end: number): string {
  const part = bytes.subarray(start, end)
  if (isUtf8(part)) return part.toString()
  let text = ''
  for (let at = start; at < end;) {
    const length = sequenceLength(bytes, at, end)
    text += length === 0 ? REPLACEMENT : bytes.toString('utf8', at, at + length)
    at += length === 0 ? 1 : length
  }
  return text
}

const SHORT_ESCAPES: Readonly<Record<string, string>> = { '\x07': '\\a', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t', '\v': '\\v', '\\': '\\\\' }

function quoteRune (rune: string, quote: string): string {
  if (rune === quote) return `\\${quote}`
  const short = SHORT_ESCAPES[rune]
  if (short !== undefined) return short
  if (/^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u.test(rune)) return rune
  const code = rune.codePointAt(0) as number
  const hex = code.toString(16)
  if (code < 0x20 || code === 0x7f) return `\\x${hex.padStart(2, '0')}`
  return code < 0x10000 ? `\\u${hex.padStart(4, '0')}` : `\\U${hex.padStart(8, '0')}`
}

/** Go's %q of these bytes. */
export function quoteBytes (bytes: Buffer): string {
  let text = '"'
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at, bytes.length)
    text += length === 0
      ? `\\x${(bytes[at] as number).toString(16).padStart(2, '0')}`
      : quoteRune(bytes.toString('utf8', at, at + length), '"')
    at += length === 0 ? 1 : length
  }
  return text + '"'
}

/** A byte as Go's JSON scanner names it; one above 0x7f is taken for the code point of that number. */
export const quoteByte = (byte: number): string => `'${quoteRune(String.fromCharCode(byte), "'")}'`
