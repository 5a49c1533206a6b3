import { parseTime } from '../json/time.js'
import { blank, validationText } from '../validation.js'
import type { RecordTransaction } from './request.js'

const isZero = (decimal: string): boolean => /^-?[0.]*$/.test(decimal)
const isNegative = (decimal: string): boolean => decimal.startsWith('-') && !isZero(decimal)

const amount = ({ amount, precise_amount: precise }: RecordTransaction): string | undefined => {
  const given = !isZero(amount)
  if (given && precise !== null) return 'either amount or precise_amount should be provided, not both'
  if (!given && precise === null) return 'either amount or precise_amount is required'
  if (given && amount.replace('.', '').replace(/^0+/, '').length > 15) return 'amount has more than 15 significant digits which may cause rounding errors; use precise_amount instead'
  if (isNegative(amount)) return 'amount cannot be negative'
  if (precise !== null && precise < 0n) return 'precise_amount cannot be negative'
  return undefined
}

const precision = ({ precision }: RecordTransaction): string | undefined =>
  precision.includes('.') ? 'precision must be an integer value' : isNegative(precision) ? 'precision cannot be negative' : undefined

/** The one of a pair that is to be given. */
const oneOf = (side: 'source' | 'destination', one: string, many: readonly unknown[]): string | undefined =>
  (one === '') === (many.length === 0) ? `either ${side} or ${side}s is required, not both` : undefined

const sameBalance = (request: RecordTransaction): string | undefined => {
  const { source, destination, sources, destinations } = request
  const same = (source !== '' && (source === destination || (destinations ?? []).some(({ identifier }) => identifier === source))) ||
    (destination !== '' && (sources ?? []).some(({ identifier }) => identifier === destination))
  if (same) return 'source and destination cannot be the same balance'
  // Core lets this pass and then finds no balance '' (spec/09 6.6, both sides split); refused here, as the console does.
  return (sources ?? []).length > 0 && (destinations ?? []).length > 0 ? 'either sources or destinations can be given, not both' : undefined
}

const date = (value: string): string | undefined => {
  if (value === '') return undefined
  try {
    parseTime(Buffer.from(value).toString('latin1'))
    return undefined
  } catch {
    return "please format the scheduled date as 'YYYY-MM-DDTHH:MM:SS+00:00' (e.g., 2024-04-22T15:28:03+00:00)"
  }
}

/** What is wrong with a transaction, in the words of Core's validator (spec/09 6.2): of each field the first rule that it breaks. */
export const validationMessage = (request: RecordTransaction): string | undefined => validationText({
  amount: amount(request),
  precision: precision(request),
  currency: blank(request.currency),
  reference: blank(request.reference),
  description: blank(request.description),
  source: oneOf('source', request.source, request.sources ?? []),
  destination: oneOf('destination', request.destination, request.destinations ?? []) ?? sameBalance(request),
  scheduled_for: date(request.scheduled_for),
  inflight_expiry_date: date(request.inflight_expiry_date),
  inflight_commit_date: date(request.inflight_commit_date)
})
