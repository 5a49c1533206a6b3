import { bindBody } from '../bind.js'
import type { Handler, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { field, required, struct } from '../json/bind.js'
import type { Encodable } from '../json/encode.js'
import { list, text } from '../json/go-types.js'
import { byBytes, metadataJson, parseMetadata } from '../json/metadata.js'
import { json } from '../reply.js'
import { knownIdentity } from './identity.js'
import { detokenizeField, marksOf, tokenizedFields, tokenizeField } from './tokenized.js'

const tokenizeRequest = struct('model.TokenizeRequest', { fields: required('Fields', list(text)) })
const detokenizeRequest = struct('model.DetokenizeRequest', { fields: field(list(text)) })

const tokenizeOne: Handler = async (ledger, { params }) => {
  await tokenizeField(ledger, params['id'] as string, params['field'] as string)
  return json(200, { message: 'Field tokenized successfully' })
}

/** One after the other: those before one that is refused stay tokenized, as in Core. */
const tokenizeSeveral: Handler = async (ledger, request) => {
  const fields = bindBody(request, tokenizeRequest).fields ?? []
  if (fields.length === 0) throw new CoreError(400, 'GEN_VALIDATION_ERROR', 'at least one field must be specified')
  for (const name of fields) await tokenizeField(ledger, request.params['id'] as string, name)
  return json(200, { message: 'Fields tokenized successfully' })
}

const detokenizeOne: Handler = async (ledger, { params }) => {
  const name = params['field'] as string
  return json(200, { field: name, value: detokenizeField(ledger, await knownIdentity(ledger, params['id'] as string), name) })
}

/** No fields are all that are tokenized. */
const detokenizeSeveral: Handler = async (ledger, request) => {
  const wanted = bindBody(request, detokenizeRequest).fields ?? []
  const row = await knownIdentity(ledger, request.params['id'] as string)
  const names = [...new Set(wanted.length === 0 ? tokenizedFields(row) : wanted)]
  const values = names.map((name) => [name, detokenizeField(ledger, row, name)] as const)
  return json(200, { fields: Object.fromEntries(values.sort(([a], [b]) => byBytes(a, b))) })
}

const listTokenized: Handler = async (ledger, { params }) => {
  const row = await knownIdentity(ledger, params['id'] as string)
  const metadata = parseMetadata(row.meta_data)
  if (marksOf(metadata) !== null) return json(200, { tokenized_fields: tokenizedFields(row) })
  const debug: Encodable = { has_metadata: true, raw_metadata: metadataJson(metadata), tokenized_field_type: goType(metadata?.get('tokenized_fields') ?? 'null') }
  return json(200, { debug_info: debug, tokenized_fields: [] })
}

/** What Go's %T prints of a JSON value. */
function goType (jsonText: string): string {
  const first = jsonText[0] as string
  return first === 'n' ? '<nil>' : first === '"' ? 'string' : first === '[' ? '[]interface {}' : first === 't' || first === 'f' ? 'bool' : 'float64'
}

export const tokenizationRows: readonly Row[] = [
  { method: 'GET', path: '/identities/:id/tokenized-fields', handler: listTokenized },
  { method: 'POST', path: '/identities/:id/tokenize/:field', handler: tokenizeOne },
  { method: 'GET', path: '/identities/:id/detokenize/:field', handler: detokenizeOne },
  { method: 'POST', path: '/identities/:id/tokenize', handler: tokenizeSeveral },
  { method: 'POST', path: '/identities/:id/detokenize', handler: detokenizeSeveral }
]
