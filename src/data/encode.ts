import type { ColumnType, Resource } from './resources.js'

/** A row as lib/postgres.ts gives it: numeric, timestamps and JSON are text. */
export type Row = Readonly<Record<string, string | number | boolean | null | undefined>>

const TIMESTAMP = /^(\d{4,}-\d\d-\d\d)(?: (\d\d:\d\d:\d\d(?:\.\d+)?)(?:[+-]00)?)?$/
/** A string, or a separator with the space that Postgres writes behind it. */
const STRING_OR_SEPARATOR = /"(?:[^"\\]|\\.)*"|[:,] /g

/** Postgres' text of a moment in UTC as RFC 3339, with the digits that it has; a date alone is its midnight, as in Core. */
export function rfc3339 (text: string): string {
  const match = TIMESTAMP.exec(text)
  // `infinity` and years before Christ have no RFC 3339.
  return match === null ? text : `${match[1] as string}T${match[2] ?? '00:00:00'}Z`
}

const compact = (jsonb: string): string => jsonb.replace(STRING_OR_SEPARATOR, (part) => part.length === 2 && part[1] === ' ' ? part[0] as string : part)

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
