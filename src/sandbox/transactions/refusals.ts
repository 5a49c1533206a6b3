import { CoreError } from '../errors.js'

const STATUSES = {
  TXN_NOT_FOUND: 404,
  TXN_NOT_INFLIGHT: 400,
  TXN_ALREADY_COMMITTED: 409,
  TXN_ALREADY_VOIDED: 409,
  GEN_CONFLICT: 409,
  GEN_RESOURCE_LOCKED: 423,
  TXN_DUPLICATE_REFERENCE: 409,
  TXN_COMMIT_AMOUNT_EXCEEDED: 400,
  TXN_INSUFFICIENT_FUNDS: 400,
  TXN_INVALID_AMOUNT: 400,
  TXN_VALIDATION_ERROR: 400,
  GEN_BAD_REQUEST: 400
} as const

export type RefusalCode = keyof typeof STATUSES

// spec/09 2: Core knows the code of an error by its sentence; the first that matches.
const PATTERNS: ReadonlyArray<readonly [code: RefusalCode, ...parts: string[]]> = [
  ['TXN_NOT_FOUND', 'transaction', 'not found'],
  ['TXN_NOT_INFLIGHT', 'not in inflight status'],
  ['TXN_ALREADY_COMMITTED', 'Transaction already committed'],
  ['TXN_ALREADY_VOIDED', 'has already been voided'],
  ['GEN_CONFLICT', 'has already been refunded'],
  ['TXN_DUPLICATE_REFERENCE', 'has already been used'],
  ['TXN_COMMIT_AMOUNT_EXCEEDED', 'cannot commit more than'],
  ['TXN_INSUFFICIENT_FUNDS', 'insufficient funds'],
  ['TXN_INVALID_AMOUNT', 'transaction amount must be positive'],
  ['TXN_VALIDATION_ERROR', 'transaction validation failed'],
  ['TXN_VALIDATION_ERROR', 'reference is required'],
  ['GEN_RESOURCE_LOCKED', 'failed to acquire lock'],
  ['TXN_NOT_FOUND', 'not found']
]

export const codeOf = (message: string, otherwise: RefusalCode): RefusalCode =>
  PATTERNS.find(([, ...parts]) => parts.every((part) => message.includes(part)))?.[0] ?? otherwise

export const statusOf = (code: RefusalCode): number => STATUSES[code]

/** A sentence with the code that Core finds for it. */
export function refused (message: string, otherwise: RefusalCode): CoreError {
  const code = codeOf(message, otherwise)
  return new CoreError(STATUSES[code], code, message)
}

/** Of what was not found or changed meanwhile Core shows the innermost sentence, not what wraps it, unless several errors were joined. */
export function refusedByLedger (message: string, otherwise: RefusalCode): CoreError {
  const stale = /(?:^|: )(Optimistic locking failure: .*)$/s.exec(message)?.[1]
  if (stale !== undefined) return new CoreError(409, 'GEN_CONFLICT', stale)
  const inner = /(?:^|: )NOT_FOUND: (.*)$/s.exec(message)?.[1]
  return inner === undefined ? refused(message, otherwise) : new CoreError(404, 'TXN_NOT_FOUND', inner, { details: {} })
}

/** The errors of several rows that were worked on, as Go prints a list of them. */
export const joined = (messages: readonly string[]): CoreError => refused(`error occurred during processing: [${messages.join(' ')}]`, 'GEN_BAD_REQUEST')
