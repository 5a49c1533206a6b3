import type { Ledger } from '../call.js'
import { field, struct, type Bound } from '../json/bind.js'
import { float64, text, time } from '../json/go-types.js'

/** What a bank or processor says happened. `amount` is a float64 as text, `date` RFC 3339. */
export const externalTransaction = struct('model.ExternalTransaction', {
  id: field(text),
  amount: field(float64),
  reference: field(text),
  currency: field(text),
  description: field(text),
  date: field(time),
  source: field(text)
})

export type ExternalTransaction = Bound<typeof externalTransaction>

const columnsOf = (rows: readonly ExternalTransaction[], uploadId: string): unknown[] => [
  rows.map(({ id }) => id), rows.map(({ amount }) => amount), rows.map(({ reference }) => reference), rows.map(({ currency }) => currency),
  rows.map(({ description }) => description), rows.map(({ date }) => date), rows.map(({ source }) => source), uploadId
]

const insertSql = (schema: string): string => `INSERT INTO ${schema}.external_transactions (id, amount, reference, currency, description, date, source, upload_id)
  SELECT *, $8 FROM unnest($1::text[], $2::numeric[], $3::text[], $4::text[], $5::text[], $6::timestamp[], $7::text[])`

/** @throws the database's error, with nothing of these written, where an id is taken by any upload before */
export async function insertExternal ({ db, schema }: Ledger, uploadId: string, rows: readonly ExternalTransaction[]): Promise<void> {
  if (rows.length > 0) await db.query(insertSql(schema), columnsOf(rows, uploadId))
}

/** As above, but what comes before the first that cannot be written stays, as in a Core. */
export async function insertUntilRefused (ledger: Ledger, uploadId: string, rows: readonly ExternalTransaction[]): Promise<void> {
  try {
    await insertExternal(ledger, uploadId, rows)
  } catch {
    for (const row of rows) await insertExternal(ledger, uploadId, [row])
  }
}
