/** What Go's time.ParseDuration would say. */
export class DurationError extends Error {}

const UNITS: Readonly<Record<string, bigint>> = { ns: 1n, us: 1_000n, µs: 1_000n, μs: 1_000n, ms: 1_000_000n, s: 1_000_000_000n, m: 60_000_000_000n, h: 3_600_000_000_000n }

const MOST = 2n ** 63n - 1n

/** @returns nanoseconds of a text such as `1h30m` or `1.5s` */
export function parseDuration (text: string): bigint {
  const quoted = JSON.stringify(text)
  const invalid = new DurationError(`time: invalid duration ${quoted}`)
  const negative = text.startsWith('-')
  let rest = text.replace(/^[+-]/, '')
  if (rest === '0') return 0n
  if (rest === '') throw invalid
  let total = 0n
  while (rest !== '') {
    const [number = '', whole = '', fraction = ''] = /^(\d*)(?:\.(\d*))?/.exec(rest) ?? []
    if (whole === '' && fraction === '') throw invalid
    rest = rest.slice(number.length)
    const unit = /^[^\d.]*/.exec(rest)?.[0] ?? ''
    if (unit === '') throw new DurationError(`time: missing unit in duration ${quoted}`)
    const scale = Object.hasOwn(UNITS, unit) ? UNITS[unit] as bigint : undefined
    if (scale === undefined) throw new DurationError(`time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`)
    rest = rest.slice(unit.length)
    total += BigInt(whole === '' ? '0' : whole) * scale + BigInt(fraction === '' ? '0' : fraction) * scale / 10n ** BigInt(fraction.length)
    if (total > MOST) throw invalid
  }
  return negative ? -total : total
}

const withFraction = (nanoseconds: bigint, unit: bigint): string => {
  const fraction = String(nanoseconds % unit).padStart(String(unit).length - 1, '0').replace(/0+$/, '')
  return `${nanoseconds / unit}${unit === 1n || fraction === '' ? '' : `.${fraction}`}`
}

/** Go's Duration.String: `2m0s`, `1h0m0.5s`, `1.5ms`. */
export function durationText (nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  const sign = nanoseconds < 0n ? '-' : ''
  const absolute = nanoseconds < 0n ? -nanoseconds : nanoseconds
  for (const [unit, name, next] of [[1n, 'ns', 1_000n], [1_000n, 'µs', 1_000_000n], [1_000_000n, 'ms', 1_000_000_000n]] as const) {
    if (absolute < next) return sign + withFraction(absolute, unit) + name
  }
  const minutes = absolute / 60_000_000_000n
  const seconds = `${withFraction(absolute % 60_000_000_000n, 1_000_000_000n)}s`
  if (minutes === 0n) return sign + seconds
  return `${sign}${minutes >= 60n ? `${minutes / 60n}h` : ''}${minutes % 60n}m${seconds}`
}
