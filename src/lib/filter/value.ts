import { parseTimeSpan, type TimeSpan } from './datetime.js'

/**
 * What a filter compares with. `text` is the value for a database parameter, `json` the same as JSON text for metadata,
 * which tells 1 from "1". A query parameter that reads as a date has a span; in a JSON body no text is taken for a date.
 */
export interface FilterValue { readonly text: string | null, readonly json: string, readonly span?: TimeSpan }

const INTEGER = /^[+-]?\d+$/
/** What Postgres reads as a number. */
export const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A number as JSON writes it, with all its digits. */
const jsonNumber = (text: string): string =>
  text.replace('+', '').replace(/^(-?)0*(?=\d)/, '$1').replace(/^(-?)\./, '$10.').replace(/\.(?!\d)/, '')

function jsonOf (text: string): string {
  // What is too large for a float is a text in Core.
  if (INTEGER.test(text) || (NUMBER.test(text) && Number.isFinite(Number(text)))) return jsonNumber(text)
  return text === 'true' || text === 'false' ? text : JSON.stringify(text)
}

/** A value out of a query, typed in order: integer, float, boolean, date, text (spec/02 2.3). Its own text is kept for columns of text. */
export function queryValue (text: string): FilterValue {
  const span = parseTimeSpan(text)
  return { text, json: jsonOf(text), ...(span === undefined ? {} : { span }) }
}
