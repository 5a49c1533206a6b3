/** JSON text that goes into an answer as it is: a number of any length, metadata, a part encoded before. */
export class RawJson {
  constructor (readonly text: string) {}
}

/** Members of an object are written in the order they have; one that is undefined is left out (Go's omitempty). */
export type Encodable = null | boolean | number | bigint | string | RawJson | readonly Encodable[] | { readonly [key: string]: Encodable | undefined }

// encoding/json, appendString with escapeHTML: what JSON.stringify leaves alone. It writes a lone surrogate as \udXXX, which parsed text never has.
const GO_ESCAPED = /[<>&\u2028\u2029]/g
const escapeForGo = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`

export function encodeString (text: string): string {
  const json = JSON.stringify(text)
  // A regular expression object with `g` keeps lastIndex only in exec and test, so replace is safe to share it.
  return json.replace(GO_ESCAPED, escapeForGo)
}

/** Compact JSON as gin writes it: spec/09 1. Numbers are counts and sizes; amounts are bigint or RawJson. */
export function encodeJson (value: Encodable): string {
  if (value === null) return 'null'
  if (typeof value === 'string') return encodeString(value)
  if (typeof value !== 'object') return String(value)
  if (value instanceof RawJson) return value.text
  if (isList(value)) return `[${value.map(encodeJson).join(',')}]`
  let text = ''
  for (const key of Object.keys(value)) {
    const member = value[key]
    if (member === undefined) continue
    text += `${text === '' ? '' : ','}${encodeString(key)}:${encodeJson(member)}`
  }
  return `{${text}}`
}

const isList = (value: object): value is readonly Encodable[] => Array.isArray(value)
