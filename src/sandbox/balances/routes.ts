import { bindBody } from '../bind.js'
import type { Handler, Ledger, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { filterHandler, readPage } from '../filter/list.js'
import { queryInt, readFilterQuery } from '../filter/request.js'
import { findIdentity, identityJson, unknownIdentity } from '../identities/identity.js'
import { required, struct } from '../json/bind.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { text } from '../json/go-types.js'
import { formatTime, parseTime, ZERO_TIME } from '../json/time.js'
import { findLedger, ledgerJson } from '../ledgers/ledger.js'
import { json } from '../reply.js'
import { BALANCE_LISTING, balanceJson, findBalance, findByIndicator, queuedAmounts, setIdentity, type BalanceExtras, type BalanceRow } from './balance.js'
import { create } from './create.js'
import { balanceAt, takeSnapshots } from './history.js'

const invalid = (message: string): CoreError => new CoreError(400, 'GEN_VALIDATION_ERROR', message)

export const unknownBalance = (message: string): CoreError => new CoreError(404, 'BAL_NOT_FOUND', message, { details: {} })

/** Both are read without their metadata, the identity without its type too; a balance without identity has none to show. */
async function included (ledger: Ledger, row: BalanceRow, include: readonly string[]): Promise<BalanceExtras> {
  const identity = include.includes('identity') && row.identity_id !== null ? await findIdentity(ledger, row.identity_id) : undefined
  const owner = include.includes('ledger') ? await findLedger(ledger, row.ledger_id) : undefined
  return {
    ...(identity === undefined ? {} : { identity: identityJson({ ...identity, identity_type: '', meta_data: null }) }),
    ...(owner === undefined ? {} : { ledger: ledgerJson({ ...owner, meta_data: null }) })
  }
}

const show: Handler = async (ledger, { params, query }) => {
  const id = params['id'] as string
  const row = await findBalance(ledger, id)
  if (row === undefined) throw unknownBalance(`Balance with ID '${id}' not found`)
  const extras = await included(ledger, row, query.getAll('include'))
  const queued = query.get('with_queued') === 'true' ? { queued: await queuedAmounts(ledger, id) } : {}
  return json(200, balanceJson(row, { ...extras, ...queued }))
}

const list: Handler = async (ledger, { query }) => {
  const limit = queryInt(query, 'limit', 10n)
  const offset = queryInt(query, 'offset', 0n)
  if (limit === undefined || limit <= 0n) throw invalid('invalid limit value')
  if (offset === undefined || offset < 0n) throw invalid('invalid offset value')
  return json(200, (await readPage(ledger, BALANCE_LISTING, readFilterQuery(query, { limit, offset }))).items)
}

/** This read leaves metadata out (spec/09 5). */
const showNamed: Handler = async (ledger, { params }) => {
  const indicator = params['indicator'] as string
  const row = await findByIndicator(ledger, indicator, params['currency'] as string)
  if (row === undefined) throw new CoreError(404, 'BAL_NOT_FOUND', `balance with indicator '${indicator}' not found`)
  return json(200, balanceJson({ ...row, meta_data: null }))
}

const identityRequest = struct('model.UpdateBalanceIdentity', { identity_id: required('IdentityId', text) })

const changeIdentity: Handler = async (ledger, request) => {
  const { identity_id: identityId } = bindBody(request, identityRequest)
  const id = request.params['id'] as string
  if (await findIdentity(ledger, identityId) === undefined) throw unknownIdentity(identityId, 'BAL_NOT_FOUND', {})
  if (!await setIdentity(ledger, id, identityId)) throw unknownBalance(`Balance with ID '${id}' not found`)
  return json(200, { message: 'Balance identity updated successfully' })
}

const badTimestamp = (): CoreError => new CoreError(400, 'BAL_INVALID_TIMESTAMP', 'invalid timestamp format. Please use ISO 8601 format (e.g., 2024-01-01T15:04:05Z)')

function readMoment (timestamp: string): string {
  try {
    return formatTime(parseTime(timestamp))
  } catch {
    throw badTimestamp()
  }
}

const showAt: Handler = async (ledger, { params, query }) => {
  const id = params['id'] as string
  const timestamp = query.get('timestamp') ?? ''
  const moment = timestamp === '' ? ledger.clock.now().json : readMoment(timestamp)
  if (moment === ZERO_TIME) throw new CoreError(400, 'GEN_BAD_REQUEST', 'Target time cannot be zero')
  const fromSource = ['true', '1'].includes(query.get('from_source') ?? '')
  const at = await balanceAt(ledger, id, { moment, fromSource }).catch((error: unknown) => {
    // Go takes the year 0 and offsets of a day, Postgres does not.
    throw (error as { code?: string }).code?.startsWith('22') === true ? badTimestamp() : error
  })
  if (at === undefined) throw unknownBalance(`Balance '${id}' not found`)
  const balance: Encodable = {
    balance: new RawJson(at.balance), balance_id: id, credit_balance: new RawJson(at.credit), currency: at.currency, debit_balance: new RawJson(at.debit)
  }
  return json(200, { balance, from_source: fromSource, timestamp: moment.replace(/\.\d+/, '') })
}

const snapshot: Handler = async (ledger, { query }) => {
  const size = queryInt(query, 'batch_size', 1000n)
  if (size === undefined || size <= 0n) throw invalid('invalid batch_size value')
  await takeSnapshots(ledger)
  return json(200, { message: 'Snapshotting in progress. should be completed shortly' })
}

export const balanceRows: readonly Row[] = [
  { method: 'POST', path: '/balances', handler: create },
  { method: 'GET', path: '/balances', handler: list },
  { method: 'POST', path: '/balances/filter', handler: filterHandler(BALANCE_LISTING) },
  { method: 'GET', path: '/balances/indicator/:indicator/currency/:currency', handler: showNamed },
  { method: 'GET', path: '/balances/:id', handler: show },
  { method: 'GET', path: '/balances/:id/at', handler: showAt },
  { method: 'PUT', path: '/balances/:id/identity', handler: changeIdentity },
  { method: 'POST', path: '/balances-snapshots', handler: snapshot }
]
