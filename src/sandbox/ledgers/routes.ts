import { bindBody, malformedUnderErrors } from '../bind.js'
import type { Handler, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { filterHandler, readPage } from '../filter/list.js'
import { queryInt, readFilterQuery } from '../filter/request.js'
import { field, struct } from '../json/bind.js'
import { metadata, text } from '../json/go-types.js'
import { json } from '../reply.js'
import { blank, refuseInvalid } from '../validation.js'
import { createLedger, findLedger, LEDGER_LISTING, ledgerJson, renameLedger, type LedgerRow } from './ledger.js'

const createRequest = struct('model.CreateLedger', { name: field(text), meta_data: field(metadata) })
const updateRequest = struct('model.UpdateLedger', { name: field(text) })

function found (row: LedgerRow | undefined): LedgerRow {
  if (row === undefined) throw new CoreError(404, 'LGR_NOT_FOUND', 'Ledger not found', { details: {} })
  return row
}

const create: Handler = async (ledger, request) => {
  const { name, meta_data: metadata } = bindBody(request, createRequest, malformedUnderErrors)
  refuseInvalid({ name: blank(name) })
  return json(201, ledgerJson(await createLedger(ledger, name, metadata)))
}

const show: Handler = async (ledger, { params }) => json(200, ledgerJson(found(await findLedger(ledger, params['id'] as string))))

const rename: Handler = async (ledger, request) => {
  const { name } = bindBody(request, updateRequest, malformedUnderErrors)
  refuseInvalid({ name: blank(name) })
  return json(200, ledgerJson(found(await renameLedger(ledger, request.params['id'] as string, name))))
}

const list: Handler = async (ledger, { query }) => {
  const limit = queryInt(query, 'limit', 10n)
  const offset = queryInt(query, 'offset', 0n)
  if (limit === undefined || limit < 1n) throw new CoreError(400, 'GEN_VALIDATION_ERROR', 'Invalid limit value')
  if (offset === undefined || offset < 0n) throw new CoreError(400, 'GEN_VALIDATION_ERROR', 'Invalid offset value')
  const { items } = await readPage(ledger, LEDGER_LISTING, readFilterQuery(query, { limit, offset }))
  return json(200, items)
}

export const ledgerRows: readonly Row[] = [
  { method: 'POST', path: '/ledgers', handler: create },
  { method: 'GET', path: '/ledgers', handler: list },
  { method: 'POST', path: '/ledgers/filter', handler: filterHandler(LEDGER_LISTING) },
  { method: 'GET', path: '/ledgers/:id', handler: show },
  { method: 'PUT', path: '/ledgers/:id', handler: rename }
]
