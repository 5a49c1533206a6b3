import { CliError } from './admin.js'

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 }

/**
 * A duration such as `90s`, `30m`, `1h` or `2d`, in seconds.
 * @throws CliError that names the option
 */
export function secondsOf (option: string, text: string): number {
  const match = /^(\d{1,7})([smhd])$/.exec(text)
  if (match === null) throw new CliError(`${option} must be a duration such as 30m, 1h or 2d, and is ${text}`)
  return Number(match[1]) * (SECONDS[match[2] as string] as number)
}

/**
 * When a key ends: `never`, a number of days such as `30d`, or a time, as the admin API takes it.
 * @throws CliError
 */
export function expiryMember (text: string): { expires_in_days: number } | { expires_at: string | null } {
  if (text === 'never') return { expires_at: null }
  const days = /^(\d{1,4})d$/.exec(text)?.[1]
  if (days !== undefined) return { expires_in_days: Number(days) }
  // A date alone is its beginning in UTC, whatever the machine's time zone.
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return { expires_at: `${text}T00:00:00Z` }
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return { expires_at: text }
  throw new CliError(`--expires must be never, a number of days such as 30d, a date or an RFC 3339 time, and is ${text}`)
}
