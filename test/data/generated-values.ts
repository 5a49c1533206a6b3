import fc from 'fast-check'
import { KEYS, TEXTS } from './generated-rows.js'
import type { Row } from './evaluate.js'
import { digits, isScalar, jsonText, valueAt, type Json } from './json.js'
import { askedMoment } from './moment.js'
import type { Kind } from './tables.js'

const pad = (value: number, length = 2): string => String(value).padStart(length, '0')

/** A moment in one of the forms that filters take: to the day, the minute, the second or a part of it, in some zone. */
const momentText = (at: bigint): fc.Arbitrary<string> => fc.record({
  precision: fc.constantFrom('day', 'slashes', 'minute', 'second', 1, 2, 3, 4, 5, 6, 7, 9),
  zone: fc.constantFrom('', 'Z', '+00:00', '+02:00', '-05:30', '+14:00'),
  space: fc.boolean(),
  off: fc.constantFrom(0n, 0n, 0n, 1n, -1n, 1000n, 60_000_000n)
}).map(({ precision, zone, space, off }) => {
  const isZoned = zone !== '' && !space && (precision === 'second' || typeof precision === 'number')
  const shift = /^[+-]/.test(zone) && isZoned ? Number(`${zone[0] as string}1`) * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))) : 0
  const micros = at + off + BigInt(shift) * 60_000_000n
  const date = new Date(Number((micros - ((micros % 1000n) + 1000n) % 1000n) / 1000n))
  const day = [pad(date.getUTCFullYear(), 4), pad(date.getUTCMonth() + 1), pad(date.getUTCDate())]
  if (precision === 'day' || precision === 'slashes') return day.join(precision === 'day' ? '-' : '/')
  const minute = `${day.join('-')}${space ? ' ' : 'T'}${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}`
  if (precision === 'minute') return minute
  const fraction = pad(Number(((micros % 1_000_000n) + 1_000_000n) % 1_000_000n), 6)
  // What lies halfway between two microseconds is not asked for: the server reads it as a double.
  const part = typeof precision === 'string' ? '' : `.${(fraction + '372').slice(0, precision)}`
  return `${minute}:${pad(date.getUTCSeconds())}${part}${isZoned ? zone : ''}`
})

const NO_MOMENTS = ['2023-02-29', '2024-13-01', '2024-01-02T24:00:00Z', '2024-1-2', 'now', 'infinity', '2024-01-02T10:00Z', '2024-01-02 10:00:00Z', '2024-01-02T10', '2024-01-02T10:00:60Z', '2024/01-02', '2024-01-02T10:00:00+25:00',
  '2024-01-02T10:00:00+02:75', '', '2024', '2024-01-02T10:00:00z', ' 2024-01-02', '2024-01-02T10:00:00.Z']
const EDGES = ['0000-01-01', '0001-01-01T00:00:00+02:00', '9999-12-31', '9999-12-31T23:59:59.999999', '9999-12-31T23:59:59-05:00', '2024-02-29', '2024-01-02T10:00:00+24:00', '2024-01-02T10:00:30.1234563Z']

/** A number in other ways to write it, or one beside it. */
const numberText = (text: string): fc.Arbitrary<string> => fc.constantFrom(text, text, text.includes('.') ? `${text}0` : `${text}.0`, text.startsWith('-') ? text : `+${text}`, `${text}e0`, text.replace(/^(-?)/, '$100'),
  text.includes('.') ? text.replace(/.$/, '') : `${text}.`, text.replace(/^(-?)0\./, '$1.'), text.includes('.') ? text : `${text}0e-1`, `${text}1`)

const NO_NUMBERS = ['', 'abc', '1,5', '0x10', 'NaN', 'Infinity', '1e', '.', '1_000', ' 1', '--1', '1e131072', '1e-16384', '١']
const FAR_NUMBERS = ['1e131071', '1e-16383', '1e400', '-1e400', '0e200000', '1e5', '1E2', '15e-1', '.5', '5.', '0.1000000000000000055511151231257827', '9007199254740993']

/** A pattern that may fit a text. */
const pattern = (text: string): fc.Arbitrary<string> => {
  const characters = [...text]
  return fc.tuple(fc.nat({ max: characters.length }), fc.nat({ max: 2 }), fc.constantFrom('%', '_', '__', '%_', '', '\\', '\\%', '%%'), fc.nat({ max: 5 })).map(([at, cut, wild, form]) => {
    const wildered = characters.slice(0, at).join('') + wild + characters.slice(at + cut).join('')
    return form === 0 ? text.replace(/[\\%_]/g, '\\$&') : form === 1 ? `%${wildered}%` : form === 2 ? wildered.toUpperCase() : form === 3 && at % 4 === 0 ? `${wildered}\\` : wildered
  })
}

const oneOf = <T>(values: readonly T[], otherwise: T): fc.Arbitrary<T> => fc.constantFrom(...(values.length === 0 ? [otherwise] : values))

/** Texts to ask a column of some kind for, most of them near to what its rows have. */
export function columnText (rows: readonly Row[], name: string, kind: Kind, isPattern: boolean): fc.Arbitrary<string> {
  const cells = [...new Set(rows.map((row) => row[name]).filter((cell) => cell !== undefined).map((cell) => kind === 'json' ? jsonText(cell) : String(cell)))]
  const hostile = fc.constantFrom('\0', 'a\0', 'x'.repeat(1000), 'é'.repeat(501), "' OR true --", '$1', 'null')
  const near: Readonly<Record<Kind, fc.Arbitrary<string>>> = {
    text: oneOf([...cells, ...TEXTS], '').chain((text) => isPattern ? pattern(text) : fc.constant(text)),
    number: fc.oneof({ arbitrary: oneOf(cells, '0').chain(numberText), weight: 24 }, { arbitrary: fc.constantFrom(...FAR_NUMBERS), weight: 4 }, { arbitrary: fc.constantFrom(...NO_NUMBERS), weight: 1 }),
    timestamp: fc.oneof({ arbitrary: oneOf(cells, '2024-01-02').chain((text) => momentText((askedMoment(text) as { at: bigint }).at)), weight: 20 }, { arbitrary: fc.constantFrom(...EDGES), weight: 2 }, { arbitrary: fc.constantFrom(...NO_MOMENTS), weight: 1 }),
    json: fc.oneof({ arbitrary: oneOf(cells, '{}'), weight: 8 }, { arbitrary: fc.constantFrom('{}', '{}', '{', '[1.00]', '"text"', '"x"', '1', '1.0', '[]', '{"a":1}', '{"a": 1.0}', 'null', ''), weight: 3 }),
    boolean: fc.constantFrom('true', 'false')
  }
  return fc.oneof({ arbitrary: near[kind], weight: 90 }, { arbitrary: hostile, weight: 1 }, { arbitrary: fc.string({ unit: 'binary', maxLength: 8 }), weight: kind === 'text' ? 4 : 1 })
}

/** A path into metadata, mostly one that some row has. */
export const path = (rows: readonly Row[]): fc.Arbitrary<readonly string[]> => {
  const known: string[][] = []
  const walk = (value: Json | undefined, at: string[]): void => {
    if (at.length > 0) known.push(at)
    if (value === null || value === undefined || isScalar(value)) return
    for (const [key, inner] of Object.entries(value)) if (/^[a-zA-Z]\w*$/.test(key)) walk(inner as Json, [...at, key])
  }
  for (const row of rows) walk(row['meta_data'], [])
  return fc.oneof({ arbitrary: oneOf(known, ['a']), weight: 6 }, { arbitrary: fc.array(fc.constantFrom<string>(...KEYS), { minLength: 1, maxLength: 3 }), weight: 1 })
}

const NUMERIC = ['gt', 'gte', 'lt', 'lte', 'between']
const isNumber = (text: string): boolean => /^-?(?:0|[1-9]\d*)(?:\.\d+)?$/.test(text)

const SCALARS: readonly Json[] = [digits('1'), '1', digits('1.50'), '1.5', digits('100'), true, 'true', false, '2024-01-02', '2024-02-29', 'a', '', '0.1000000000000000055511151231257827', digits('15e-1')]
const OTHERS: readonly Json[] = [null, 'a\0', { a: digits('1') }, [], {}, 'x']

/** A value, or another way to write it. */
function variant (value: Json): fc.Arbitrary<Json> {
  const text = typeof value === 'string' ? value : jsonText(value)
  const moment = askedMoment(text)
  if (moment !== undefined) return fc.oneof(momentText(moment.at), fc.constant(value))
  return isNumber(text) ? fc.oneof(fc.constant(value), numberText(text), fc.constant<Json>(digits(text))) : fc.constant(value)
}

/** What to ask a path for: something that a row has there, or near it. */
export function pathValue (rows: readonly Row[], at: readonly string[], operator: string): fc.Arbitrary<Json> {
  const values = rows.map((row) => row['meta_data'] === undefined ? undefined : valueAt(row['meta_data'], at)).filter((value) => value !== undefined)
  const text = (value: Json): string => typeof value === 'string' ? value : jsonText(value, ' ')
  const fitting = (all: readonly Json[]): readonly Json[] => NUMERIC.includes(operator) ? all.filter((value) => isNumber(text(value))) : operator === 'eq' ? all : all.map((value) => value === null || !isScalar(value) ? text(value) : value)
  const near = oneOf<Json>(fitting(values), digits('1')).chain((value) => operator.endsWith('like') ? pattern(text(value)) : variant(value))
  return fc.oneof({ arbitrary: near, weight: 20 }, { arbitrary: oneOf(fitting(SCALARS), 'a'), weight: 6 }, { arbitrary: fc.constantFrom(...OTHERS), weight: operator === 'eq' ? 4 : 1 })
}
