/** What a date or a date-time says, in microseconds since 1970 in UTC: itself, and the first and the one after the last that its precision covers. */
export interface Moment { readonly at: bigint, readonly from: bigint, readonly until: bigint }

const DATE = String.raw`(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)`
const MINUTES = String.raw`(?<hour>[01]\d|2[0-3]):(?<minute>[0-5]\d)`
const SECONDS = String.raw`${MINUTES}:(?<second>[0-5]\d)(?:\.(?<fraction>\d+))?`
const ZONE = String.raw`(?<zone>Z|[+-]\d\d:\d\d)`

/** The forms of spec/02 2.3. */
const ASKED = [`${DATE}T${SECONDS}${ZONE}?`, `${DATE} ${SECONDS}`, `${DATE}[T ]${MINUTES}`, DATE, DATE.replaceAll('-', '/')]
/** In metadata a zone may stand behind any time of day. */
const STORED = [`${DATE}[T ]${SECONDS}${ZONE}?`, `${DATE}[T ]${MINUTES}${ZONE}?`, DATE, DATE.replaceAll('-', '/')]

const anyOf = (forms: readonly string[]): readonly RegExp[] => forms.map((form) => new RegExp(`^${form}$`))
const [asked, stored] = [anyOf(ASKED), anyOf(STORED)]

const SECOND = 1_000_000n
const SIZES = { day: 86_400n * SECOND, minute: 60n * SECOND, second: SECOND, millisecond: 1000n, microsecond: 1n }

/** The digits of a second as microseconds; Postgres rounds what is finer. */
const micros = (fraction: string): bigint => (BigInt(fraction.padEnd(7, '0').slice(0, 7)) + 5n) / 10n

function zoneMicros (zone: string, farthest: number): bigint | undefined {
  if (zone === '' || zone === 'Z') return 0n
  const [hours, minutes] = [Number(zone.slice(1, 3)), Number(zone.slice(4))]
  if (hours > farthest || minutes > 59) return undefined
  return BigInt(hours * 60 + minutes) * SIZES.minute * (zone[0] === '-' ? -1n : 1n)
}

function read (text: string, forms: readonly RegExp[], farthest: number): Moment | undefined {
  const found = forms.map((form) => form.exec(text)?.groups).find((groups) => groups !== undefined)
  if (found === undefined) return undefined
  const { year = '', month = '', day = '', hour, minute = '0', second, fraction = '', zone = '' } = found
  const date = new Date(Date.UTC(2000, Number(month) - 1, Number(day)))
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  const isDay = date.getUTCMonth() + 1 === Number(month) && date.getUTCDate() === Number(day)
  const offset = zoneMicros(zone, farthest)
  if (!isDay || offset === undefined) return undefined
  const whole = BigInt(date.getTime()) * 1000n + (BigInt(hour ?? 0) * 3600n + BigInt(minute) * 60n + BigInt(second ?? 0)) * SECOND - offset
  const size = hour === undefined ? SIZES.day : second === undefined ? SIZES.minute : fraction === '' ? SIZES.second : fraction.length < 6 ? SIZES.millisecond : SIZES.microsecond
  const cut = BigInt(fraction.padEnd(6, '0').slice(0, 6))
  const from = whole + cut - cut % (size < SECOND ? size : 1n)
  return { at: whole + micros(fraction), from, until: from + size }
}

/** What a filter names: a zone is at most 24 hours away. */
export const askedMoment = (text: string): Moment | undefined => read(text, asked, 24)
/** A text of metadata that is a date, or undefined; no place's time is more than 14 hours from UTC, and there is no year 0. */
export const storedMoment = (text: string): Moment | undefined => text.startsWith('0000') ? undefined : read(text, stored, 14)
