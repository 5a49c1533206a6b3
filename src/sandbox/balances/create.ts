import { bindBody } from '../bind.js'
import type { Handler } from '../call.js'
import { constraintOf, FOREIGN_KEY_VIOLATION, sqlState, UNIQUE_VIOLATION, violationDetails } from '../database-error.js'
import { CoreError } from '../errors.js'
import { field, struct, type Bound } from '../json/bind.js'
import { bool, float64, metadata, text } from '../json/go-types.js'
import { json } from '../reply.js'
import { blank, refuseInvalid } from '../validation.js'
import { balanceJson, createBalance, type BalanceRow, type NewBalance } from './balance.js'

/** Seeded by the migration; the only ledger whose balances have names (spec/09 1). */
export const GENERAL_LEDGER = 'general_ledger_id'

const createRequest = struct('model.CreateBalance', {
  ledger_id: field(text),
  identity_id: field(text),
  currency: field(text),
  precision: field(float64),
  meta_data: field(metadata),
  track_fund_lineage: field(bool),
  allocation_strategy: field(text),
  indicator: field(text)
})

const STRATEGIES = ['', 'FIFO', 'LIFO', 'PROPORTIONAL']
// Go's \S, which knows no white space outside ASCII.
const INDICATOR = /^@[^\t\n\f\r ]+$/

function indicatorError (indicator: string, ledgerId: string): string | undefined {
  if (indicator === '') return undefined
  if (ledgerId !== GENERAL_LEDGER) return 'indicator is only allowed for General Ledger balances (ledger_id = general_ledger_id)'
  return INDICATOR.test(indicator) ? undefined : "indicator must start with '@' and contain no whitespace (e.g. '@cash')"
}

function readBalance (request: Bound<typeof createRequest>): NewBalance {
  const strategy = request.allocation_strategy.toUpperCase().trim()
  const indicator = request.indicator.trim()
  refuseInvalid({
    ledger_id: blank(request.ledger_id),
    currency: blank(request.currency),
    identity_id: request.track_fund_lineage && request.identity_id === '' ? 'identity_id is required when track_fund_lineage is enabled' : undefined,
    allocation_strategy: STRATEGIES.includes(strategy) ? undefined : 'allocation_strategy must be one of: FIFO, LIFO, PROPORTIONAL',
    indicator: indicatorError(indicator, request.ledger_id)
  })
  return {
    ledgerId: request.ledger_id,
    identityId: request.identity_id,
    currency: request.currency,
    indicator,
    metadata: request.meta_data,
    lineage: request.track_fund_lineage,
    strategy: strategy === '' ? 'FIFO' : strategy
  }
}

function refused (error: unknown, { indicator, currency }: NewBalance): unknown {
  const details = violationDetails(error)
  // An unknown identity is worded as an unknown ledger too (recording balances, step 5).
  if (sqlState(error) === FOREIGN_KEY_VIOLATION) return new CoreError(400, 'GEN_BAD_REQUEST', 'Invalid ledger ID', { details })
  if (sqlState(error) === UNIQUE_VIOLATION && constraintOf(error) === 'unique_indicator_currency') {
    return new CoreError(409, 'GEN_CONFLICT', `Balance already exists for indicator '${indicator}' and '${currency}'`, { details })
  }
  return error
}

export const create: Handler = async (ledger, request) => {
  const balance = readBalance(bindBody(request, createRequest))
  const row: BalanceRow = await createBalance(ledger, balance).catch((error: unknown) => { throw refused(error, balance) })
  return json(201, balanceJson(row))
}
