import type { ColumnType, Resource } from './resources.js'

/** A row as lib/postgres.ts gives it: numeric, timestamps and JSON are text. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>

const TIMESTAMP = /^(\d{4,}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:[+-]00)?)?$/

/** Postgres' text of a moment in UTC as RFC 3339, with the digits that it has; a date alone is its midnight, as in Core. */
export function rfc3339 (text: string): string {
  const match = TIMESTAMP.exec(text)
  // `infinity` and years before Christ have no RFC 3339.
  return match === null ? text : `${match[1] as string}T${match[2] ?? '00:00:00'}Z`
}

/** Where the string ends that begins at `from`: behind its quote. */
function endOfString (json: string, from: number): number {
  for (let quote = json.indexOf('"', from + 1); quote !== -1; quote = json.indexOf('"', quote + 1)) {
    let at = quote
    while (json[at - 1] === '\\') at--
    if ((quote - at) % 2 === 0) return quote + 1
  }
  return json.length
}

/** Without the space that Postgres writes behind a separator. One expression for strings fails on one of 16 MB: it keeps a place to go back to for each character. */
export function compact (jsonb: string): string {
  const parts: string[] = []
  for (let at = 0; at < jsonb.length;) {
    const quote = jsonb.indexOf('"', at)
    parts.push(jsonb.slice(at, quote === -1 ? undefined : quote).replace(/(?<=[:,]) /g, ''))
    if (quote === -1) break
    at = endOfString(jsonb, quote)
    parts.push(jsonb.slice(quote, at))
  }
  return parts.join('')
}

/** The JSON text of a value; numbers keep their digits. */
export function encodeValue (value: Row[string], type: ColumnType): string {
  if (value === null || value === undefined) return 'null'
  switch (type) {
    case 'text': return JSON.stringify(value)
    case 'boolean': return String(value)
    // NaN and Infinity, which a numeric column may hold, are no JSON.
    case 'number': return /^-?\d/.test(String(value)) ? String(value) : 'null'
    case 'timestamp': return JSON.stringify(rfc3339(String(value)))
    case 'json': return compact(String(value))
  }
}

/** A row as JSON, its keys in the order of the resource. */
export function encodeRow (row: Row, { columns }: Resource): string {
  let text = ''
  for (const [name, type] of Object.entries(columns)) text += `${text === '' ? '{' : ','}"${name}":${encodeValue(row[name], type as ColumnType)}`
  return `${text}}`
}
