import type { Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import type { Listing } from '../filter/list.js'
import { field, struct, type Bound } from '../json/bind.js'
import type { Encodable } from '../json/encode.js'
import { metadata, text, time } from '../json/go-types.js'
import { metadataJson, metadataText, parseMetadata } from '../json/metadata.js'
import { timestampJson, ZERO_TIME } from '../json/time.js'

/** Core's Identity in its order of members (spec/09 8). */
export const identityRequest = struct('model.Identity', {
  identity_id: field(text),
  identity_type: field(text),
  organization_name: field(text),
  category: field(text),
  first_name: field(text),
  last_name: field(text),
  other_names: field(text),
  gender: field(text),
  email_address: field(text),
  phone_number: field(text),
  nationality: field(text),
  street: field(text),
  country: field(text),
  state: field(text),
  post_code: field(text),
  city: field(text),
  dob: field(time),
  created_at: field(time),
  meta_data: field(metadata)
})
export type Identity = Bound<typeof identityRequest>

/** Columns of plain text, which an update sets where it has something to say. */
export const TEXT_COLUMNS = [
  'identity_type', 'organization_name', 'category', 'first_name', 'last_name', 'other_names', 'gender', 'email_address',
  'phone_number', 'nationality', 'street', 'country', 'state', 'post_code', 'city'
] as const

export interface IdentityRow extends Readonly<Record<typeof TEXT_COLUMNS[number], string | null>> {
  readonly identity_id: string
  readonly dob: string | null
  readonly created_at: string
  readonly meta_data: string | null
}

export const IDENTITY_COLUMNS = `identity_id, ${TEXT_COLUMNS.join(', ')}, dob, created_at, meta_data`

const textMembers = (row: Readonly<Record<typeof TEXT_COLUMNS[number], string | null>>): Record<string, string> =>
  Object.fromEntries(TEXT_COLUMNS.map((column) => [column, row[column] ?? '']))

const dateJson = (date: string | null): string => date === null ? ZERO_TIME : `${date}T00:00:00Z`

export const identityJson = (row: IdentityRow): Encodable => ({
  identity_id: row.identity_id,
  ...textMembers(row),
  dob: dateJson(row.dob),
  created_at: timestampJson(row.created_at),
  meta_data: metadataJson(parseMetadata(row.meta_data))
})

export const IDENTITY_LISTING: Listing<IdentityRow> = {
  table: 'identity',
  columns: IDENTITY_COLUMNS,
  encode: identityJson,
  limit: { max: 100n, instead: 20n },
  empty: 'null',
  failure: 'Failed to retrieve identities'
}

/** The column holds a date: the time of day and the zone that were sent are answered once and not kept. */
const dateColumn = (time: string): string => time.slice(0, 10)

/** @returns the identity as it was sent, with its id and moment of creation */
export async function createIdentity ({ db, schema, clock, ids }: Ledger, identity: Identity): Promise<Encodable> {
  const id = identity.identity_id === '' ? ids.next('idt') : identity.identity_id
  const created = clock.now()
  const values = [id, ...TEXT_COLUMNS.map((column) => identity[column]), dateColumn(identity.dob), created.column, metadataText(identity.meta_data)]
  const places = values.map((_, i) => `$${i + 1}`).join(', ')
  await db.query(`INSERT INTO ${schema}.identity (${IDENTITY_COLUMNS}) VALUES (${places})`, values)
  return { identity_id: id, ...textMembers(identity), dob: identity.dob, created_at: created.json, meta_data: metadataJson(identity.meta_data) }
}

export async function findIdentity ({ db, schema }: Ledger, id: string): Promise<IdentityRow | undefined> {
  return (await db.query<IdentityRow>(`SELECT ${IDENTITY_COLUMNS} FROM ${schema}.identity WHERE identity_id = $1`, [id])).rows[0]
}

/** @param details Core carries the cause of a read, and none of a write that met no row */
export const unknownIdentity = (id: string, code = 'IDT_NOT_FOUND', details?: unknown): CoreError =>
  new CoreError(404, code, `Identity with ID '${id}' not found`, { details })

/** @throws CoreError 404 where there is none */
export async function knownIdentity (ledger: Ledger, id: string): Promise<IdentityRow> {
  const row = await findIdentity(ledger, id)
  if (row === undefined) throw unknownIdentity(id, 'IDT_NOT_FOUND', {})
  return row
}

/** Sets what the request says something about: an empty text, the zero date and nil metadata leave the column alone. */
export async function updateIdentity ({ db, schema }: Ledger, id: string, identity: Identity): Promise<'updated' | 'nothing to set' | 'unknown'> {
  const set = new Map<string, string>(TEXT_COLUMNS.filter((column) => identity[column] !== '').map((column) => [column, identity[column]]))
  if (identity.dob !== ZERO_TIME) set.set('dob', dateColumn(identity.dob))
  if (identity.meta_data !== null) set.set('meta_data', metadataText(identity.meta_data))
  if (set.size === 0) return 'nothing to set'
  const assignments = [...set.keys()].map((column, i) => `${column} = $${i + 2}`).join(', ')
  const { rowCount } = await db.query(`UPDATE ${schema}.identity SET ${assignments} WHERE identity_id = $1`, [id, ...set.values()])
  return rowCount === 0 ? 'unknown' : 'updated'
}

export async function deleteIdentity ({ db, schema }: Ledger, id: string): Promise<boolean> {
  return (await db.query(`DELETE FROM ${schema}.identity WHERE identity_id = $1`, [id])).rowCount > 0
}
