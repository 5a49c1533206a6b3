import fc from 'fast-check'
import { digits, jsonText, type Json } from './json.js'
import type { Row, Rows } from './evaluate.js'
import { TABLES, type Column, type ResourceName, type Table } from './tables.js'

const COUNTS: Readonly<Record<ResourceName, number>> = { ledgers: 50, balances: 70, transactions: 120, identities: 60, reconciliations: 50, matchingRules: 50, externalTransactions: 60 }

/** Few and awkward, so that rows have texts in common; half of the pairs are told apart only by case, by normal form or by the order of code points. */
export const TEXTS = ['', 'a', 'A', 'ab', 'Ab', 'b', "o'clock", '"quoted"', 'back\\slash', '100%', '100', 'under_score', 'underXscore', 'é', 'e\u0301', 'É', 'ß', '😀', '😀x', '𝒜', '\uffee',
  '\ue000', ' lead', 'trail ', 'true', '123', '007', '1.50', '2024-01-02', '2024-02-29T10:00:00Z', 'a,b', 'a|b', 'null', '{"a":1}', '[1]', 'line\nbreak', 'tab\t', 'Straße', 'İı', '\u212a', '%', '_', '\\',
  'x\\%y', '\u0001', '\u007f', '$1', 'مرحبا', '👩‍👩‍👧', 'USD', 'APPLIED'] as const

const NUMERICS = ['0', '1', '-1', '1.0', '1.50', '1.5', '-1.5', '10', '100', '100.00', '99.99', '0.1', '0.10', '0.000000000000000000000000000001', '-0.01', '1000000', '9007199254740993', '9007199254740992',
  '1234567890123456789012345678901234567890', '-1234567890123456789012345678901234567890', '1234567890123456789012345678901234567891', '12345678901234567890.123456789012345678901234567890']

const TIMES = ['2024-01-02 00:00:00', '2024-01-01 23:59:59.999999', '2024-01-02 00:00:00.000001', '2024-01-02 10:00:00', '2024-01-02 10:00:30', '2024-01-02 10:00:30.1', '2024-01-02 10:00:30.12',
  '2024-01-02 10:00:30.123', '2024-01-02 10:00:30.1234', '2024-01-02 10:00:30.12345', '2024-01-02 10:00:30.123456', '2024-01-02 10:00:59.999999', '2024-01-02 10:01:00', '2024-01-02 23:59:59.999999',
  '2024-01-03 00:00:00', '2024-02-29 12:00:00', '2023-12-31 23:59:59.999', '2000-02-29 00:00:00', '1970-01-01 00:00:00', '1969-12-31 23:59:59.999999', '0001-01-01 00:00:00', '9999-12-31 23:59:59.999999']

/** Texts that are dates, or nearly. */
const DATES = ['2024-01-02', '2024/01/02', '2024-01-02T10:00:00Z', '2024-01-02T10:00', '2024-01-02 10:00:30', '2024-01-02 10:00:30Z', '2024-01-02T10:00:30.123Z', '2024-01-02T10:00:30.123456+02:00', '2024-01-01T23:30:00-05:30',
  '2024-02-29', '2023-02-29', '2000-02-29T00:00:00Z', '1900-02-29', '2024-02-30', '2024-04-31', '2024-13-01', '2024-00-10', '2024-01-02T24:00:00Z', '2024-01-02T10:60', '2024-01-02T', 'x2024-01-02', '2024-01-02Z',
  '0001-01-01T00:00:00Z', '0000-01-01', '9999-12-31', '2024-1-2', '20240102', '2024-01-02T10:00:00+14:00', '2024-01-02T10:00:00+99:00']

/** `k_eq` looks like a field and its operator; the last ones no path reaches. */
export const KEYS = ['a', 'b', 'n', 'when', 'A1', 'k_eq', 'deep'] as const
const FAR_KEYS = ['', 'ü', 'with space', 'a.b', '1st', '"q"', '😀']

const scalar: fc.Arbitrary<Json> = fc.oneof(
  { arbitrary: fc.constantFrom(...TEXTS), weight: 4 },
  { arbitrary: fc.constantFrom(...NUMERICS).map(digits), weight: 4 },
  { arbitrary: fc.constantFrom(...NUMERICS, '1e2', '1e', '.5', '5.', '+1', ' 1', '1e3', 'NaN', '0x10'), weight: 2 },
  { arbitrary: fc.constantFrom(...DATES), weight: 4 },
  { arbitrary: fc.constantFrom(true, false, null), weight: 2 })

function nested (depth: number): fc.Arbitrary<Json> {
  const inner = depth === 0 ? scalar : fc.oneof({ arbitrary: scalar, weight: 2 }, { arbitrary: nested(depth - 1), weight: 1 })
  const key = fc.oneof({ arbitrary: fc.constantFrom<string>(...KEYS), weight: 12 }, { arbitrary: fc.constantFrom(...FAR_KEYS), weight: 1 })
  return fc.oneof(
    { arbitrary: fc.dictionary(key, inner, { maxKeys: 5, noNullPrototype: true }), weight: 5 },
    { arbitrary: fc.array(inner, { maxLength: 3 }), weight: depth === 3 ? 0 : 1 })
}

const metadata: fc.Arbitrary<Json> = fc.oneof({ arbitrary: nested(3), weight: 30 }, { arbitrary: fc.constantFrom<Json>({}, [], null, 'text', digits('1'), [{ a: digits('1') }]), weight: 1 })

// Whatever a Postgres text holds.
const anyText = fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.replaceAll('\0', ''))

const CELLS: Readonly<Record<string, fc.Arbitrary<Json>>> = {
  text: fc.oneof({ arbitrary: fc.constantFrom(...TEXTS), weight: 8 }, { arbitrary: anyText, weight: 1 }),
  numeric: fc.oneof({ arbitrary: fc.constantFrom(...NUMERICS), weight: 5 }, { arbitrary: fc.bigInt({ min: -(10n ** 40n), max: 10n ** 40n }).map(String), weight: 1 }),
  integer: fc.oneof(fc.constantFrom('0', '1', '-1', '10', '2147483647', '-2147483648'), fc.integer({ min: -20, max: 20 }).map(String)),
  bigint: fc.constantFrom('1', '10', '100', '1000000000000000000', '9223372036854775807', '-1'),
  timestamp: fc.constantFrom(...TIMES),
  date: fc.constantFrom('2024-01-02', '2024-02-29', '2023-12-31', '1970-01-01', '1969-12-31', '2000-02-29', '0001-01-01', '9999-12-31'),
  boolean: fc.boolean(),
  jsonb: metadata
}

const columnCell = ({ type, nullable }: Column): fc.Arbitrary<Json | undefined> => {
  const cell = CELLS[type === 'varchar' ? 'text' : type] as fc.Arbitrary<Json>
  return nullable ? fc.oneof({ arbitrary: cell, weight: 5 }, { arbitrary: fc.constant(undefined), weight: 1 }) : cell
}

/** The column of the id that callers know: no two rows have the same. */
const namedBy = ({ columns }: Table): string => Object.keys(columns).find((name) => columns[name]?.kind === 'text' && /(?:_id|^id)$/.test(name)) as string

function rowsOf (table: Table, count: number): fc.Arbitrary<readonly Row[]> {
  const cells = Object.fromEntries(Object.entries(table.columns).filter(([, { type }]) => type !== 'serial').map(([name, column]) => [name, columnCell(column)]))
  const name = namedBy(table)
  return fc.array(fc.record(cells, { noNullPrototype: true }), { minLength: count, maxLength: count })
    .map((rows) => rows.map((row, at): Row => ({ ...row, ...(table.key === 'id' && table.columns['id']?.type === 'serial' && { id: String(at + 1) }), [name]: `${[...String(row[name])].slice(0, 2).join('')}${at + 1}` })))
}

/** Ends of transactions are balances, mostly. */
function connected (rows: Rows, picks: readonly number[]): Rows {
  const end = (at: number, given: Json | undefined): Json | undefined => {
    const pick = picks[at % picks.length] as number
    return pick < rows.balances.length ? rows.balances[pick]?.['balance_id'] : given
  }
  return { ...rows, transactions: rows.transactions.map((row, at) => ({ ...row, source: end(2 * at, row['source']), destination: end(2 * at + 1, row['destination']) })) }
}

export function generateRows (seed: number): Rows {
  const names = Object.keys(TABLES) as ResourceName[]
  const all = fc.record(Object.fromEntries(names.map((name) => [name, rowsOf(TABLES[name], COUNTS[name])])), { noNullPrototype: true }) as unknown as fc.Arbitrary<Rows>
  const picks = fc.array(fc.nat({ max: 100 }), { minLength: 240, maxLength: 240 })
  const [made] = fc.sample(fc.tuple(all, picks), { seed, numRuns: 1 })
  return connected(...(made as [Rows, number[]]))
}

/** One statement for all rows of a table: each value is sent as text, a column of it at a time. */
export function insertSql ({ name, columns }: Table, schema: string, rows: readonly Row[]): { text: string, values: unknown[] } {
  const list = Object.entries(columns)
  const types = list.map(([, { type }], at) => `$${at + 1}::text[]::${type === 'serial' ? 'integer' : type}[]`)
  const values = list.map(([column, { kind }]) => rows.map((row) => {
    const cell = row[column]
    return cell === undefined ? null : kind === 'json' ? jsonText(cell) : String(cell)
  }))
  return { text: `INSERT INTO ${schema}.${name} (${list.map(([column]) => `"${column}"`).join(', ')}) SELECT * FROM unnest(${types.join(', ')})`, values }
}
