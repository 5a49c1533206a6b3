/** A number as it was written: the sign, the digits from the first to the last that is not 0, and how many of them are before the point. */
interface Decimal { readonly sign: -1 | 0 | 1, readonly digits: string, readonly magnitude: number }

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d+))?$/

/** An integer or a float (spec/02 2.3), in any of the ways that they are written. */
export const isDecimal = (text: string): boolean => FORM.test(text) && /^[+-]?\.?\d/.test(text)

function decimal (text: string): Decimal {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = FORM.exec(text) ?? []
  const all = whole + fraction
  const zeros = /^0*/.exec(all)?.[0].length ?? 0
  const digits = all.slice(zeros).replace(/0+$/, '')
  return { sign: digits === '' ? 0 : sign === '-' ? -1 : 1, digits, magnitude: whole.length - zeros + Number(exponent) }
}

/** What a numeric holds: 131072 digits before the point and 16383 behind it (https://www.postgresql.org/docs/18/datatype-numeric.html). */
export function fitsNumeric (text: string): boolean {
  const { sign, magnitude } = decimal(text)
  const [, , , fraction = '', exponent = '0'] = FORM.exec(text) ?? []
  if (Math.abs(Number(exponent)) > 1e9) return false
  return fraction.length - Number(exponent) <= 16383 && (sign === 0 || magnitude <= 131072)
}

export function compareDecimals (a: string, b: string): number {
  const [x, y] = [decimal(a), decimal(b)]
  if (x.sign !== y.sign || x.sign === 0) return x.sign - y.sign
  const larger = x.magnitude !== y.magnitude ? x.magnitude - y.magnitude : x.digits === y.digits ? 0 : x.digits < y.digits ? -1 : 1
  return larger * x.sign
}
