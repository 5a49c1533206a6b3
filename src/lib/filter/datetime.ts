/**
 * A date or date-time that a filter named, in UTC as Postgres reads it: itself, and of what its precision covers the first
 * moment and the first one after.
 */
export interface TimeSpan { readonly at: string, readonly from: string, readonly until: string }

const DATE_TIME = /^(\d{4})([-/])(\d\d)\2(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d+))?)?(Z|[+-]\d\d:\d\d)?)?$/

const MICROSECOND = 1n
const MILLISECOND = 1_000n
const SECOND = 1_000_000n
const MINUTE = 60n * SECOND
const DAY = 24n * 60n * MINUTE

/** Microseconds since 1970 of a date, or undefined where there is no such date. */
function dateMicros (year: number, month: number, day: number): bigint | undefined {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? BigInt(date.getTime()) * MILLISECOND : undefined
}

/** undefined for one that Go's time.Parse, and so Core, does not take either: farther than a day away, or with more than 59 minutes. */
function zoneMicros (zone: string): bigint | undefined {
  if (!/^[+-]/.test(zone)) return 0n
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4, 6))]
  if (hours > 24 || minutes > 59) return undefined
  return BigInt(hours * 60 + minutes) * (zone[0] === '-' ? -MINUTE : MINUTE)
}

/** A zone, or the end of what is covered, may lead out of the years of four digits: Postgres has no year 0, and none is signed. */
function timestampText (micros: bigint): string {
  const millis = micros >= 0n ? micros / MILLISECOND : -((-micros + MILLISECOND - 1n) / MILLISECOND)
  const rest = String(micros - millis * MILLISECOND).padStart(3, '0')
  const date = new Date(Number(millis))
  const year = date.getUTCFullYear()
  const [, day = ''] = /^[+-]?\d+(-.*)Z$/.exec(date.toISOString()) ?? []
  return `${String(year > 0 ? year : 1 - year).padStart(4, '0')}${day.replace('T', ' ')}${rest}${year > 0 ? '' : ' BC'}`
}

/** How much a text of this precision covers (Core internal/filter: getDatePrecisionFromString): a day, a minute, a second, a milli- or a microsecond. */
function coverage (clock: boolean, seconds: boolean, fraction: string): bigint {
  if (fraction !== '') return fraction.length >= 6 ? MICROSECOND : MILLISECOND
  return seconds ? SECOND : clock ? MINUTE : DAY
}

/**
 * Reads the date forms that filters take (spec/02 2.3, value typing): RFC 3339, the same with a space or without zone, to
 * the minute, or a date alone with dashes or slashes. A zone needs seconds before it and a `T`.
 */
export function parseTimeSpan (text: string): TimeSpan | undefined {
  const match = DATE_TIME.exec(text)
  if (match === null) return undefined
  const [, year = '', dash, month = '', day = '', between, hour, minute, second, fraction = '', zone = ''] = match
  const clock = hour !== undefined
  if ((dash === '/' && clock) || (zone !== '' && (between !== 'T' || second === undefined))) return undefined
  if (Number(hour ?? 0) > 23 || Number(minute ?? 0) > 59 || Number(second ?? 0) > 59) return undefined
  const date = dateMicros(Number(year), Number(month), Number(day))
  const offset = zoneMicros(zone)
  if (date === undefined || offset === undefined) return undefined
  const whole = date + BigInt(hour ?? 0) * 60n * MINUTE + BigInt(minute ?? 0) * MINUTE + BigInt(second ?? 0) * SECOND - offset
  const covered = coverage(clock, second !== undefined, fraction)
  const sub = BigInt(fraction.slice(0, 6).padEnd(6, '0'))
  const from = whole + (covered < SECOND ? sub - sub % covered : 0n)
  // What is finer than a microsecond is rounded, as Postgres does.
  const finer = Number(fraction[6] ?? 0) >= 5 ? MICROSECOND : 0n
  return { at: timestampText(whole + sub + finer), from: timestampText(from), until: timestampText(from + covered) }
}
