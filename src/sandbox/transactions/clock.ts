let last = 0

function text (microseconds: number): string {
  const fraction = String(microseconds % 1_000_000).padStart(6, '0').replace(/0+$/, '')
  const seconds = new Date(Math.floor(microseconds / 1000)).toISOString().slice(0, 19)
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`
}

/**
 * The time now as RFC 3339 in UTC with microseconds, which is what the database keeps. No two calls in this process answer
 * the same, so rows sort in the order they were made.
 */
export const timeNow = (): string => timesNow(1)[0] as string

/** As many times as there are legs in a split, the latest first: lists, which begin with the latest, then keep the legs' order (recording multiple-sources, step 14). */
export function timesNow (count: number): string[] {
  last = Math.max(Date.now() * 1000, last + 1) + count - 1
  return Array.from({ length: count }, (_, i) => text(last - i))
}
