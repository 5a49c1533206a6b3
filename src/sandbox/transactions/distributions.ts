import { float64Text, plainDecimal } from '../json/numbers.js'
import { add, compare, decimal, divide, multiply, subtract, truncate, whole, type Decimal } from './decimal.js'
import type { Distribution } from './request.js'

/** A split that Core refuses, with its sentence (spec/09 6.6). */
export class SplitError extends Error {}

/** The message of a split that cannot be made. */
export function splitRefusal (error: unknown): string {
  if (error instanceof SplitError) return `failed to split transaction: ${error.message}`
  throw error
}

const ZERO = whole(0n)
const HUNDRED = whole(100n)

const isLeft = (leg: Distribution): boolean => leg.distribution === 'left' || leg.precise_distribution === 'left'
const isPercent = (leg: Distribution): boolean => leg.distribution.endsWith('%')

/** strconv.ParseFloat of what people write: no hexadecimal, infinity or NaN. */
function parseFloat64 (text: string, refusal: string): Decimal {
  const number = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text) ? float64Text(text) : undefined
  if (number === undefined) throw new SplitError(refusal)
  return decimal(plainDecimal(number))
}

function fixedAmount (leg: Distribution, precision: Decimal): Decimal {
  if (leg.precise_distribution !== '') {
    const minor = /^[+-]?\d+$/.test(leg.precise_distribution) ? BigInt(leg.precise_distribution.replace('+', '')) : undefined
    if (minor === undefined || BigInt.asIntN(64, minor) !== minor) throw new SplitError('invalid precise_distribution format: must be an integer value in minor units')
    return whole(minor)
  }
  if (leg.distribution === '') return ZERO
  return multiply(parseFloat64(leg.distribution, 'invalid fixed amount format'), precision)
}

/** The first of the largest, as Core takes any of them. */
function largest (amounts: ReadonlyMap<string, Decimal>): string | undefined {
  let found: string | undefined
  let most = ZERO
  for (const [id, amount] of amounts) {
    if (compare(amount, most) <= 0) continue
    found = id
    most = amount
  }
  return found
}

const sum = (amounts: Iterable<Decimal>): Decimal => [...amounts].reduce(add, ZERO)

function percentAmounts (legs: readonly Distribution[], total: Decimal): { readonly amounts: Map<string, Decimal>, readonly percent: Decimal } {
  const amounts = new Map<string, Decimal>()
  let percent = ZERO
  for (const leg of legs) {
    if (isLeft(leg) || !isPercent(leg)) continue
    const share = parseFloat64(leg.distribution.slice(0, -1), 'invalid percentage format')
    percent = add(percent, share)
    const amount = divide(multiply(total, share), HUNDRED)
    amounts.set(leg.identifier, compare(amount, ZERO) > 0 && compare(amount, whole(1n)) < 0 ? ZERO : amount)
  }
  return { amounts, percent }
}

function fixedAmounts (legs: readonly Distribution[], total: Decimal, precision: Decimal): { readonly amounts: Map<string, Decimal>, readonly spent: Decimal } {
  const amounts = new Map<string, Decimal>()
  let spent = ZERO
  for (const leg of legs) {
    if (isLeft(leg) || isPercent(leg)) continue
    const amount = fixedAmount(leg, precision)
    if (amount.digits === 0n) continue
    if (compare(amount, subtract(total, spent)) > 0) throw new SplitError('fixed amount exceeds remaining transaction amount')
    amounts.set(leg.identifier, amount)
    spent = add(spent, amount)
  }
  return { amounts, spent }
}

/**
 * Divides an amount among the legs of a split: fixed ones, then percents of the total, then what is left; fractions of a
 * minor unit are cut and what remains goes to the largest leg (spec/09 6.6).
 * @param total minor units
 * @returns minor units by identifier, in the order of the request
 * @throws SplitError
 */
export function distribute (total: bigint, legs: readonly Distribution[], precision: string): Map<string, bigint> {
  const order = [...new Set(legs.map(({ identifier }) => identifier))]
  if (total === 0n) return new Map(order.map((id) => [id, 0n]))
  if (total === 1n) return new Map(order.map((id, i) => [id, i === 0 ? 1n : 0n]))

  const all = whole(total)
  const fixed = fixedAmounts(legs, all, decimal(precision))
  const shares = percentAmounts(legs, all)
  if (compare(shares.percent, HUNDRED) > 0 || compare(fixed.spent, all) > 0) throw new SplitError('total distributions exceed 100% or total amount')
  const short = subtract(divide(multiply(all, shares.percent), HUNDRED), sum(shares.amounts.values()))
  const mostShare = largest(shares.amounts)
  if (mostShare !== undefined) shares.amounts.set(mostShare, add(shares.amounts.get(mostShare) as Decimal, short))

  const result = new Map<string, bigint>()
  for (const [id, amount] of [...fixed.amounts, ...shares.amounts]) result.set(id, truncate(amount))
  const left = legs.find(isLeft)
  if (left !== undefined) {
    if (result.has(left.identifier)) throw new SplitError("multiple identifiers with 'left' distribution")
    result.set(left.identifier, truncate(subtract(subtract(all, fixed.spent), sum(shares.amounts.values()))))
  }
  const inOrder = new Map(order.filter((id) => result.has(id)).map((id) => [id, result.get(id) as bigint]))
  const most = largest(new Map([...inOrder].map(([id, amount]) => [id, whole(amount)])))
  if (most !== undefined) inOrder.set(most, (inOrder.get(most) as bigint) + total - [...inOrder.values()].reduce((a, b) => a + b, 0n))
  return inOrder
}
