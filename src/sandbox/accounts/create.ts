import { findBalance } from '../balances/balance.js'
import { bindBody } from '../bind.js'
import type { Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { findIdentity, unknownIdentity } from '../identities/identity.js'
import { field, struct, type Bound } from '../json/bind.js'
import { metadata, text } from '../json/go-types.js'
import { metadataText } from '../json/metadata.js'
import { json } from '../reply.js'
import { refuseInvalid } from '../validation.js'
import { ACCOUNT_COLUMNS, accountJson, type AccountRow } from './account.js'

const createRequest = struct('model.CreateAccount', {
  bank_name: field(text),
  number: field(text),
  currency: field(text),
  identity_id: field(text),
  ledger_id: field(text),
  balance_id: field(text),
  meta_data: field(metadata)
})
type NewAccount = Bound<typeof createRequest>

function check ({ balance_id: balance, ledger_id: ledger, identity_id: identity, currency }: NewAccount): void {
  const missing = (value: string, sentence: string): string | undefined => balance === '' && value === '' ? sentence : undefined
  const twice = (value: string, sentence: string): string | undefined => balance !== '' && value !== '' ? sentence : undefined
  refuseInvalid({
    ledger_id: missing(ledger, 'Ledger ID is required when Balance ID is not provided') ?? twice(ledger, 'either LedgerId or BalanceId must be provided, not both'),
    identity_id: missing(identity, 'Identity ID is required when Balance ID is not provided'),
    currency: missing(currency, 'currency is required when Balance ID is not provided') ?? twice(currency, 'either Currency or BalanceId must be provided, not both')
  })
}

/** The name of whom the account belongs to. */
async function holderName (ledger: Ledger, identityId: string): Promise<string> {
  const identity = await findIdentity(ledger, identityId)
  if (identity === undefined) throw unknownIdentity(identityId, 'GEN_NOT_FOUND', {})
  return identity.identity_type === 'organization' ? identity.organization_name ?? '' : `${identity.first_name ?? ''} ${identity.last_name ?? ''}`
}

/** POST /accounts. What the request may not say comes from the balance, which must be there even where it is optional (spec/09 14). */
export const create: Handler = async (ledger, request) => {
  const account = bindBody(request, createRequest)
  check(account)
  const balance = await findBalance(ledger, account.balance_id)
  if (balance === undefined) throw new CoreError(404, 'GEN_NOT_FOUND', `Balance with ID '${account.balance_id}' not found`, { details: {} })
  const identityId = balance.identity_id ?? account.identity_id
  const row: AccountRow = {
    account_id: ledger.ids.next('acc'),
    name: await holderName(ledger, identityId),
    number: account.number,
    bank_name: account.bank_name,
    currency: balance.currency,
    ledger_id: balance.ledger_id,
    identity_id: identityId,
    balance_id: balance.balance_id,
    created_at: ledger.clock.now().column,
    meta_data: metadataText(account.meta_data)
  }
  await ledger.db.query(`INSERT INTO ${ledger.schema}.accounts (${ACCOUNT_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    ACCOUNT_COLUMNS.split(', ').map((column) => row[column as keyof AccountRow]))
  return json(201, accountJson(row))
}
