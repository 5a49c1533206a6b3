import { compareDecimals } from './decimal.js'

/** A JSON value whose numbers keep their digits. */
export type Json = null | boolean | string | Digits | readonly Json[] | { readonly [key: string]: Json }
export interface Digits { readonly '#': string }

export const digits = (text: string): Digits => ({ '#': text })
export const isDigits = (value: Json | undefined): value is Digits => value !== null && typeof value === 'object' && '#' in value
export const isScalar = (value: Json): boolean => value === null || typeof value !== 'object' || isDigits(value)
const isObject = (value: Json | undefined): value is { readonly [key: string]: Json } =>
  value !== null && typeof value === 'object' && !Array.isArray(value) && !isDigits(value)

/** @throws SyntaxError */
export function readJson (text: string): Json {
  JSON.parse(text)
  return JSON.parse(text.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) => token.startsWith('"') ? token : `{"#":"${token}"}`)) as Json
}

/** @param space between what a separator separates: Postgres writes one, an answer has none */
export function jsonText (value: Json, space = ''): string {
  if (isDigits(value)) return value['#']
  if (Array.isArray(value)) return `[${value.map((one: Json) => jsonText(one, space)).join(`,${space}`)}]`
  if (!isObject(value)) return JSON.stringify(value)
  return `{${keysOf(value).map((key) => `${JSON.stringify(key)}:${space}${jsonText(value[key] as Json, space)}`).join(`,${space}`)}}`
}

/** The order of jsonb: the shorter first, then by bytes (https://www.postgresql.org/docs/18/datatype-json.html). */
const keysOf = (value: object): string[] =>
  Object.keys(value).sort((a, b) => Buffer.byteLength(a) - Buffer.byteLength(b) || Buffer.compare(Buffer.from(a), Buffer.from(b)))

export function isEqual (a: Json, b: Json): boolean {
  if (isDigits(a) || isDigits(b)) return isDigits(a) && isDigits(b) && compareDecimals(a['#'], b['#']) === 0
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((one: Json, i) => isEqual(one, b[i] as Json))
  if (!isObject(a) || !isObject(b)) return a === b
  const keys = Object.keys(a)
  return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isEqual(a[key] as Json, b[key] as Json))
}

/** Containment (https://www.postgresql.org/docs/18/datatype-json.html#JSON-CONTAINMENT), within an object's member. */
export function contains (whole: Json, part: Json): boolean {
  if (Array.isArray(part)) return Array.isArray(whole) && part.every((one: Json) => whole.some((each: Json) => contains(each, one)))
  if (isObject(part)) return isObject(whole) && Object.keys(part).every((key) => Object.hasOwn(whole, key) && contains(whole[key] as Json, part[key] as Json))
  return isEqual(whole, part)
}

/** undefined: there is no such key. */
export function valueAt (value: Json, path: readonly string[]): Json | undefined {
  let found: Json | undefined = value
  for (const key of path) found = isObject(found) && Object.hasOwn(found, key) ? found[key] : undefined
  return found
}
