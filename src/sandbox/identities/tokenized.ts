import type { Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { metadataText, parseMetadata, type Metadata } from '../json/metadata.js'
import { internalError } from '../reply.js'
import { knownIdentity, type IdentityRow } from './identity.js'
import { detokenize, tokenize } from './tokens.js'

type TextColumn = 'first_name' | 'last_name' | 'other_names' | 'email_address' | 'phone_number' | 'street' | 'post_code'

/** What can be tokenized, by the name of Core's struct field (spec/09 8). */
const COLUMNS: Readonly<Record<string, TextColumn>> = {
  FirstName: 'first_name',
  LastName: 'last_name',
  OtherNames: 'other_names',
  EmailAddress: 'email_address',
  PhoneNumber: 'phone_number',
  Street: 'street',
  PostCode: 'post_code'
}

/** Only the case of the first letter is free. */
const fieldName = (name: string): string => name.slice(0, 1).toUpperCase() + name.slice(1)

const columnOf = (name: string): TextColumn | undefined => Object.hasOwn(COLUMNS, fieldName(name)) ? COLUMNS[fieldName(name)] : undefined

/** The map `tokenized_fields` of the metadata: an entry counts where it is true. null: it is something else than a map. */
export function marksOf (metadata: Metadata | null): Readonly<Record<string, unknown>> | null {
  const text = metadata?.get('tokenized_fields')
  if (text === undefined) return {}
  return text.startsWith('{') ? JSON.parse(text) as Record<string, unknown> : null
}

function isTokenized (row: IdentityRow, name: string): boolean {
  const marks = marksOf(parseMetadata(row.meta_data)) ?? {}
  const boolean = [fieldName(name), name].find((each) => typeof marks[each] === 'boolean')
  return boolean !== undefined && marks[boolean] === true
}

/** Fields marked as tokenized, sorted by name; Core's order is random. */
export const tokenizedFields = (row: IdentityRow): string[] =>
  Object.entries(marksOf(parseMetadata(row.meta_data)) ?? {}).filter(([, marked]) => marked === true).map(([name]) => name)

/** Replaces a field's value by its token and marks it, unless it was changed or tokenized in the meantime. */
async function replaceByToken ({ db, schema, secret }: Ledger, row: IdentityRow, { column, name }: { readonly column: TextColumn, readonly name: string }): Promise<boolean> {
  const value = row[column]
  const { rowCount } = await db.query(`UPDATE ${schema}.identity SET ${column} = $2,
      meta_data = CASE WHEN jsonb_typeof(meta_data) = 'object' THEN meta_data ELSE '{}' END || jsonb_build_object('tokenized_fields',
        (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(CASE WHEN jsonb_typeof(meta_data -> 'tokenized_fields') = 'object' THEN meta_data -> 'tokenized_fields' ELSE '{}' END)
          WHERE jsonb_typeof(value) = 'boolean') || jsonb_build_object($3::text, true))
    WHERE identity_id = $1 AND ${column} IS NOT DISTINCT FROM $4 AND meta_data -> 'tokenized_fields' -> $3 IS DISTINCT FROM 'true'`,
  [row.identity_id, tokenize(value ?? '', secret), name, value])
  return rowCount > 0
}

/** @throws CoreError where the field cannot be tokenized, or is */
export async function tokenizeField (ledger: Ledger, id: string, field: string): Promise<void> {
  const column = columnOf(field)
  if (column === undefined) throw new CoreError(400, 'IDT_FIELD_NOT_TOKENIZABLE', `field ${field} is not tokenizable`)
  for (;;) {
    const row = await knownIdentity(ledger, id)
    if (isTokenized(row, field)) throw new CoreError(409, 'IDT_FIELD_ALREADY_TOKENIZED', `field ${field} is already tokenized`)
    if (await replaceByToken(ledger, row, { column, name: fieldName(field) })) return
  }
}

/** @returns a field's value as it was before it was tokenized; what is stored stays a token */
export function detokenizeField ({ secret }: Ledger, row: IdentityRow, field: string): string {
  if (!isTokenized(row, field)) {
    // Core shows the metadata here (recording tokenization, step 6).
    const metadata = parseMetadata(row.meta_data)
    throw new CoreError(400, 'IDT_FIELD_NOT_TOKENIZED', `field ${field} is not tokenized${metadata === null ? '' : `. Metadata: ${metadataText(metadata)}`}`)
  }
  const column = columnOf(field)
  if (column === undefined) throw new CoreError(400, 'IDT_FIELD_NOT_FOUND', `field ${field} not found`)
  try {
    return detokenize(row[column] ?? '', secret)
  } catch {
    // Another value was put in the token's place, or it is of another secret.
    throw internalError()
  }
}
