/**
 * Exact decimals, as digits and the number of them behind the point: `{ digits: 1005n, scale: 3 }` is 1.005. Core computes
 * with such decimals (shopspring/decimal) between its float64 fields and its big integers.
 */
export interface Decimal { readonly digits: bigint, readonly scale: number }

/** Core's divisions keep 16 places. */
const DIVISION_SCALE = 16

const power = (scale: number): bigint => 10n ** BigInt(scale)

/** @param text digits with at most one point and a minus sign, no exponent */
export function decimal (text: string): Decimal {
  const point = text.indexOf('.')
  if (point === -1) return { digits: BigInt(text), scale: 0 }
  return { digits: BigInt(text.slice(0, point) + text.slice(point + 1)), scale: text.length - point - 1 }
}

export const whole = (digits: bigint): Decimal => ({ digits, scale: 0 })

const at = ({ digits, scale }: Decimal, wanted: number): bigint => digits * power(wanted - scale)

export function add (a: Decimal, b: Decimal): Decimal {
  const scale = Math.max(a.scale, b.scale)
  return { digits: at(a, scale) + at(b, scale), scale }
}

export const subtract = (a: Decimal, b: Decimal): Decimal => add(a, { digits: -b.digits, scale: b.scale })
export const multiply = (a: Decimal, b: Decimal): Decimal => ({ digits: a.digits * b.digits, scale: a.scale + b.scale })

/** Negative, 0 or positive, as a is less than, equal to or more than b. */
export function compare (a: Decimal, b: Decimal): number {
  const { digits } = subtract(a, b)
  return digits < 0n ? -1 : digits > 0n ? 1 : 0
}

function divideHalfAway (dividend: bigint, divisor: bigint): bigint {
  const doubled = 2n * (dividend < 0n ? -dividend : dividend)
  const absolute = divisor < 0n ? -divisor : divisor
  const quotient = (doubled + absolute) / (2n * absolute)
  return (dividend < 0n) === (divisor < 0n) ? quotient : -quotient
}

/** Rounded half away from zero to 16 places. */
export function divide (a: Decimal, b: Decimal): Decimal {
  const scale = DIVISION_SCALE + b.scale
  if (a.scale > scale) return { digits: divideHalfAway(a.digits, b.digits * power(a.scale - scale)), scale: DIVISION_SCALE }
  return { digits: divideHalfAway(at(a, scale), b.digits), scale: DIVISION_SCALE }
}

/** Rounded half away from zero. */
export const round = ({ digits, scale }: Decimal): bigint => divideHalfAway(digits, power(scale))

/** Cut towards zero. */
export const truncate = ({ digits, scale }: Decimal): bigint => digits / power(scale)

/** Without zeros at the end of the fraction. */
export function decimalText ({ digits, scale }: Decimal): string {
  const sign = digits < 0n ? '-' : ''
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  const fraction = text.slice(text.length - scale).replace(/0+$/, '')
  const integer = text.slice(0, text.length - scale)
  return scale === 0 || fraction === '' ? sign + integer : `${sign}${integer}.${fraction}`
}

/** An amount in major units to minor ones (spec/09 5.1, precision): 1.005 of 100 to the unit is 101. */
export const minorUnits = (amount: string, precision: string): bigint => round(multiply(decimal(amount), decimal(precision)))

export const majorUnits = (minor: bigint, precision: string): string => decimalText(divide(whole(minor), decimal(precision)))
