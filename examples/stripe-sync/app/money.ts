// https://docs.stripe.com/currencies#zero-decimal
const ZERO_DECIMAL = new Set(['bif', 'clp', 'djf', 'gnf', 'jpy', 'kmf', 'krw', 'mga', 'pyg', 'rwf', 'vnd', 'vuv', 'xaf', 'xof', 'xpf'])
// https://docs.stripe.com/currencies#three-decimal
const THREE_DECIMAL = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd'])

/**
 * How many of Stripe's units of a currency make one: Core's precision. ISK and UGX have no decimals and two in Stripe's amounts
 * (https://docs.stripe.com/currencies#special-cases).
 */
export function precisionOf (currency: string): 1 | 100 | 1000 {
  const code = currency.toLowerCase()
  if (ZERO_DECIMAL.has(code)) return 1
  return THREE_DECIMAL.has(code) ? 1000 : 100
}

/** An amount of Stripe's in minor units, which its package reads into a number. @throws Error where that has lost digits */
export function minorUnits (amount: number): bigint {
  if (!Number.isSafeInteger(amount)) throw new Error(`${amount} is no whole number of minor units that is exact`)
  return BigInt(amount)
}

/** `1234.50 USD` for 123450n. */
export function shown (amount: bigint, currency: string): string {
  const decimals = { 1: 0, 100: 2, 1000: 3 }[precisionOf(currency)]
  const digits = (amount < 0n ? -amount : amount).toString().padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  return `${amount < 0n ? '-' : ''}${whole}${decimals === 0 ? '' : `.${digits.slice(-decimals)}`} ${currency.toUpperCase()}`
}
