/**
 * Go's float64, held as text. JavaScript's shortest digits and its change to exponents (below 1e-6, from 1e21) are those of
 * encoding/json; only minus zero differs.
 * @returns undefined where the number is out of float64's range
 */
export function float64Text (number: string): string | undefined {
  const value = Number(number)
  if (!Number.isFinite(value)) return undefined
  return Object.is(value, -0) ? '-0' : String(value)
}

/** The same number without an exponent, as strconv.FormatFloat(x, 'f', -1, 64) writes it: `1e+21` gives 1 and 21 zeros. */
export function plainDecimal (number: string): string {
  const match = /^(-?)(\d+)(?:\.(\d+))?[eE]([+-]?\d+)$/.exec(number)
  if (match === null) return number
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = match
  const digits = whole + fraction
  const point = whole.length + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length)
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`
}
