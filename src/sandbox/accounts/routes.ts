import { findBalance } from '../balances/balance.js'
import type { Handler, Ledger, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { filterHandler, readPage } from '../filter/list.js'
import { queryInt, readFilterQuery } from '../filter/request.js'
import { findIdentity, identityJson } from '../identities/identity.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { metadataJson, parseMetadata } from '../json/metadata.js'
import { timestampJson, ZERO_TIME } from '../json/time.js'
import { findLedger, ledgerJson } from '../ledgers/ledger.js'
import { json } from '../reply.js'
import { ACCOUNT_LISTING, accountJson, findAccount, type AccountIncludes, type AccountRow } from './account.js'
import { create } from './create.js'

/** The balance of an account as Core loads it: what it does not read shows as nothing. */
async function includedBalance (ledger: Ledger, id: string): Promise<Encodable> {
  const row = await findBalance(ledger, id)
  if (row === undefined) return null
  return {
    balance: new RawJson(row.balance),
    version: 0,
    inflight_balance: null,
    credit_balance: new RawJson(row.credit_balance),
    inflight_credit_balance: null,
    debit_balance: new RawJson(row.debit_balance),
    inflight_debit_balance: null,
    ledger_id: row.ledger_id,
    identity_id: row.identity_id ?? '',
    balance_id: row.balance_id,
    currency: row.currency,
    created_at: timestampJson(row.created_at),
    inflight_expires_at: ZERO_TIME,
    meta_data: metadataJson(parseMetadata(row.meta_data)),
    track_fund_lineage: false
  }
}

async function includesOf (ledger: Ledger, row: AccountRow, wanted: readonly string[]): Promise<AccountIncludes> {
  const ledgerRow = wanted.includes('ledger') ? await findLedger(ledger, row.ledger_id) : undefined
  const identityRow = wanted.includes('identity') ? await findIdentity(ledger, row.identity_id) : undefined
  return {
    ...(ledgerRow === undefined ? {} : { ledger: ledgerJson({ ...ledgerRow, meta_data: null }) }),
    ...(wanted.includes('balance') ? { balance: await includedBalance(ledger, row.balance_id) } : {}),
    ...(identityRow === undefined ? {} : { identity: identityJson(identityRow) })
  }
}

const show: Handler = async (ledger, { params, query }) => {
  const id = params['id'] as string
  const row = await findAccount(ledger, id)
  if (row === undefined) throw new CoreError(404, 'ACC_NOT_FOUND', `account with ID '${id}' not found`)
  return json(200, accountJson(row, await includesOf(ledger, row, query.getAll('include'))))
}

/** Without filters all accounts are listed, and without what they belong to. */
const list: Handler = async (ledger, { query }) => {
  const limit = queryInt(query, 'limit', 20n) ?? 20n
  const offset = queryInt(query, 'offset', 0n) ?? 0n
  const wanted = readFilterQuery(query, { limit: limit <= 0n ? 20n : limit, offset: offset < 0n ? 0n : offset })
  if (wanted.filters.filters.length > 0) return json(200, (await readPage(ledger, ACCOUNT_LISTING, wanted)).items)
  const { limit: _none, ...unlimited } = ACCOUNT_LISTING
  const bare = { ...unlimited, encode: (row: AccountRow) => accountJson({ ...row, ledger_id: '', identity_id: '', balance_id: '' }) }
  return json(200, (await readPage(ledger, bare, { ...wanted, limit: null, offset: 0n })).items)
}

const NUMBERS = 10n ** 12n

/** A number of twelve digits, made as ids are, so that a seed makes it repeatable. */
const mocked: Handler = async ({ ids }) => {
  const number = BigInt(`0x${ids.next('acc').slice('acc_'.length).replaceAll('-', '')}`) % NUMBERS
  return json(200, { account_number: String(number).padStart(12, '0'), bank_name: 'Blnk Bank' })
}

export const accountRows: readonly Row[] = [
  { method: 'POST', path: '/accounts', handler: create },
  { method: 'GET', path: '/accounts', handler: list },
  { method: 'POST', path: '/accounts/filter', handler: filterHandler(ACCOUNT_LISTING) },
  { method: 'GET', path: '/accounts/:id', handler: show },
  { method: 'GET', path: '/mocked-account', handler: mocked }
]
