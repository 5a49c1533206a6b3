import { pipeline, Readable } from 'node:stream'
import { parse } from 'csv-parse'
import { float64Text, plainDecimal } from '../json/numbers.js'
import { BindError } from '../../lib/json/text.js'
import { formatTime, parseTime, ZERO_TIME } from '../json/time.js'
import type { ExternalTransaction } from './external.js'

/** A quote that is never closed would otherwise take the whole file into memory. */
const MAX_RECORD_BYTES = 1024 * 1024

const REQUIRED = ['id', 'amount', 'date'] as const

/** Where each column is, by its name in small letters. */
function columnsOf (header: readonly string[]): ReadonlyMap<string, number> {
  const columns = new Map(header.map((name, i) => [name.trim().toLowerCase(), i]))
  for (const name of REQUIRED) if (!columns.has(name)) throw new BindError(`the column ${name} is missing`)
  return columns
}

/** strconv.ParseFloat, and 0 where it refuses (spec/09 9, Upload CSV). */
function amountOf (text: string): string {
  const number = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(text) ? float64Text(text) : undefined
  return number === undefined ? '0' : plainDecimal(number)
}

function dateOf (text: string): string {
  try {
    return formatTime(parseTime(text))
  } catch {
    return ZERO_TIME
  }
}

/** undefined: a row that a Core leaves out, since its width is not the header's or a member is empty. */
function rowOf (record: readonly string[], columns: ReadonlyMap<string, number>): ExternalTransaction | undefined {
  if (record.length !== columns.size) return undefined
  const at = (name: string): string => record[columns.get(name) ?? -1]?.trim() ?? ''
  const [id, amount, currency, reference, description, date] = [at('id'), at('amount'), at('currency'), at('reference'), at('description'), at('date')]
  if ([id, amount, currency, reference, description, date].includes('')) return undefined
  return { id, amount: amountOf(amount), currency, reference, description, date: dateOf(date), source: '' }
}

/**
 * The rows of a CSV file, undefined for each that is left out.
 * @throws at a header without ID, Amount or Date, and where the text is no CSV
 */
export async function * readCsv (chunks: AsyncIterable<Buffer>): AsyncGenerator<ExternalTransaction | undefined> {
  const parser = parse({ relax_column_count: true, skip_empty_lines: true, record_delimiter: ['\r\n', '\n'], max_record_size: MAX_RECORD_BYTES })
  // An error of either side ends the parser, which is where it is thrown from.
  pipeline(Readable.from(chunks), parser, () => {})
  let columns: ReadonlyMap<string, number> | undefined
  for await (const record of parser as AsyncIterable<string[]>) {
    if (columns === undefined) columns = columnsOf(record)
    else yield rowOf(record, columns)
  }
  if (columns === undefined) throw new BindError('EOF')
}
