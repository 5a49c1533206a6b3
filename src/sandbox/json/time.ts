import { BindError } from '../../lib/json/text.js'

const LAYOUT = '2006-01-02T15:04:05Z07:00'

/** time.Time's zero, which no answer omits (spec/09 1). */
export const ZERO_TIME = '0001-01-01T00:00:00Z'

/** Quotes as package time does: bytes outside ASCII and control characters as \xNN. */
function quote (text: string): string {
  let quoted = '"'
  for (const byte of Buffer.from(text, 'latin1')) {
    if (byte >= 0x80 || byte < 0x20) quoted += `\\x${byte.toString(16).padStart(2, '0')}`
    else quoted += byte === 0x22 || byte === 0x5c ? `\\${String.fromCharCode(byte)}` : String.fromCharCode(byte)
  }
  return quoted + '"'
}

const daysIn = (year: number, month: number): number => new Date(Date.UTC(year % 400 + 2000, month, 0)).getUTCDate()

interface Step { readonly prefix: string, readonly element: string, readonly digits: RegExp, readonly range?: readonly [string, number, number] }

// What time.Parse takes for each element of the layout: two digits, or for the hour one or two.
const STEPS: readonly Step[] = [
  { prefix: '', element: '2006', digits: /^\d{4}/ },
  { prefix: '-', element: '01', digits: /^\d\d/, range: ['month', 1, 12] },
  { prefix: '-', element: '02', digits: /^\d\d/ },
  { prefix: 'T', element: '15', digits: /^\d\d?/, range: ['hour', 0, 23] },
  { prefix: ':', element: '04', digits: /^\d\d/, range: ['minute', 0, 59] },
  { prefix: ':', element: '05', digits: /^\d\d/, range: ['second', 0, 59] }
]

/** A moment: its date and time of day as it was written, and its zone (`Z` or `+02:00`). */
export interface GoTime { readonly date: string, readonly clock: string, readonly fraction: string, readonly zone: string }

/**
 * time.Parse(time.RFC3339, text), over bytes: `text` is their latin1 reading.
 * @throws BindError with Go's text
 */
export function parseTime (text: string): GoTime {
  const cannot = (element: string, at: string): never => {
    throw new BindError(`parsing time ${quote(text)} as ${quote(LAYOUT)}: cannot parse ${quote(at)} as ${quote(element)}`)
  }
  const outOfRange = (what: string): never => { throw new BindError(`parsing time ${quote(text)}: ${what} out of range`) }
  let rest = text
  const numbers: number[] = []
  for (const { prefix, element, digits, range } of STEPS) {
    if (!rest.startsWith(prefix)) cannot(prefix, rest)
    rest = rest.slice(prefix.length)
    const match = digits.exec(rest)
    if (match === null) return cannot(element, rest)
    rest = rest.slice(match[0].length)
    const number = Number(match[0])
    if (range !== undefined && (number < range[1] || number > range[2])) outOfRange(range[0])
    numbers.push(number)
  }
  const fraction = /^[.,](\d+)/.exec(rest)?.[1] ?? ''
  if (fraction !== '') rest = rest.slice(fraction.length + 1)
  const zone = readZone(rest, cannot, outOfRange)
  if (rest.length > zone.length) throw new BindError(`parsing time ${quote(text)}: extra text: ${quote(rest.slice(zone.length))}`)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers
  if (day < 1 || day > daysIn(year, month)) outOfRange('day')
  const two = (n: number): string => String(n).padStart(2, '0')
  return {
    date: `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}`,
    clock: `${two(hour)}:${two(minute)}:${two(second)}`,
    fraction: fraction.slice(0, 9).replace(/0+$/, ''),
    zone: /^[+-]00:00$/.test(zone) ? 'Z' : zone
  }
}

function readZone (rest: string, cannot: (element: string, at: string) => never, outOfRange: (what: string) => never): string {
  if (rest.startsWith('Z')) return 'Z'
  const match = /^[+-](\d\d):(\d\d)/.exec(rest)
  if (match === null) return cannot('Z07:00', rest)
  // Go lets an offset of 24 hours or 60 minutes pass.
  if (Number(match[1]) > 24) outOfRange('time zone offset hour')
  if (Number(match[2]) > 60) outOfRange('time zone offset minute')
  return match[0]
}

/** RFC 3339 with as many digits of the fraction as it needs: how encoding/json writes a time. */
export function formatTime ({ date, clock, fraction, zone }: GoTime): string {
  return `${date}T${clock}${fraction === '' ? '' : `.${fraction}`}${zone}`
}

/** A `timestamp without time zone` as text becomes RFC 3339 in UTC: `2024-02-20 05:28:03.5582` to `2024-02-20T05:28:03.5582Z`. */
export const timestampJson = (timestamp: string): string => `${timestamp.replace(' ', 'T')}Z`
