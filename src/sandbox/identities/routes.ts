import { bindBody } from '../bind.js'
import type { Handler, Row } from '../call.js'
import { FOREIGN_KEY_VIOLATION, sqlState, UNIQUE_VIOLATION, violationDetails } from '../database-error.js'
import { CoreError } from '../errors.js'
import { filterHandler, readPage } from '../filter/list.js'
import { queryInt, readFilterQuery } from '../filter/request.js'
import { json } from '../reply.js'
import { createIdentity, deleteIdentity, IDENTITY_LISTING, identityJson, identityRequest, knownIdentity, unknownIdentity, updateIdentity } from './identity.js'
import { tokenizationRows } from './tokenization.js'

// The forms that Core's UUID parser takes: plain, in braces, as a URN, or without dashes.
const UUID = /^(?:(?:urn:uuid:)?[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\{[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\}|[0-9a-f]{32})$/i

const invalid = (message: string, details?: unknown): CoreError => new CoreError(400, 'IDT_VALIDATION_ERROR', message, { details })

function checkId (id: string): void {
  if (id === '') return
  if (!id.startsWith('idt_')) throw invalid("identity_id must start with the 'idt_' prefix")
  if (!UUID.test(id.slice(4))) throw invalid("identity_id suffix after 'idt_' must be a valid UUID", {})
}

const create: Handler = async (ledger, request) => {
  const identity = bindBody(request, identityRequest)
  checkId(identity.identity_id)
  try {
    return json(201, await createIdentity(ledger, identity))
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION) throw invalid(`Identity already exists: ${identity.identity_id}`, violationDetails(error))
    throw error
  }
}

const show: Handler = async (ledger, { params }) => {
  return json(200, identityJson(await knownIdentity(ledger, params['id'] as string)))
}

const update: Handler = async (ledger, request) => {
  const id = request.params['id'] as string
  switch (await updateIdentity(ledger, id, bindBody(request, identityRequest))) {
    case 'nothing to set': throw new CoreError(400, 'GEN_BAD_REQUEST', 'No fields provided for update')
    case 'unknown': throw unknownIdentity(id)
    case 'updated': return json(200, { message: 'Identity updated successfully' })
  }
}

const remove: Handler = async (ledger, { params }) => {
  const id = params['id'] as string
  const removed = await deleteIdentity(ledger, id).catch((error: unknown) => {
    if (sqlState(error) === FOREIGN_KEY_VIOLATION) throw new CoreError(500, 'GEN_INTERNAL', 'Failed to delete identity', { details: violationDetails(error) })
    throw error
  })
  if (!removed) throw unknownIdentity(id)
  return json(200, { message: 'Identity deleted successfully' })
}

/** Without filters there is no paging (spec/09 8). */
const list: Handler = async (ledger, { query }) => {
  const limit = queryInt(query, 'limit', 20n) ?? 20n
  const offset = queryInt(query, 'offset', 0n) ?? 0n
  const wanted = readFilterQuery(query, { limit: limit <= 0n ? 20n : limit, offset: offset < 0n ? 0n : offset })
  if (wanted.filters.filters.length > 0) return json(200, (await readPage(ledger, IDENTITY_LISTING, wanted)).items)
  const { limit: _none, ...unlimited } = IDENTITY_LISTING
  return json(200, (await readPage(ledger, unlimited, { ...wanted, limit: null, offset: 0n })).items)
}

export const identityRows: readonly Row[] = [
  { method: 'POST', path: '/identities', handler: create },
  { method: 'GET', path: '/identities', handler: list },
  { method: 'POST', path: '/identities/filter', handler: filterHandler(IDENTITY_LISTING) },
  { method: 'GET', path: '/identities/:id', handler: show },
  { method: 'PUT', path: '/identities/:id', handler: update },
  { method: 'DELETE', path: '/identities/:id', handler: remove },
  ...tokenizationRows
]
