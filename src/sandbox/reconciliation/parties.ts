import type { Queryable } from '../../lib/postgres.js'
import { SEPARATOR, type Bounds, type Party } from './match.js'

/** A row as a party, with what it is called and where it is in its table's order. */
export interface Named extends Party { readonly id: string, readonly at: Place }

/** Where a row is in an order; the row of this place is left out of what follows. */
export interface Place { readonly at: string, readonly tie: string }

interface PartyRow { readonly name: string, readonly amount: string, readonly date: string, readonly description: string, readonly reference: string, readonly currency: string, readonly tie: string }

/** Milliseconds with a fraction of a `timestamp` as text. */
function millis (timestamp: string): number {
  const [, seconds = '', fraction = ''] = /^([^.]*)(?:\.(\d+))?$/.exec(timestamp) ?? []
  return Date.parse(`${seconds.replace(' ', 'T')}Z`) + Number(`0.${fraction}0`) * 1000
}

const party = (row: PartyRow): Named => ({
  id: row.name, amount: Number(row.amount), date: millis(row.date), description: row.description, reference: row.reference, currency: row.currency, at: { at: row.date, tie: row.tie }
})

const EXTERNAL = "id AS name, id AS tie, amount, date, coalesce(description, '') AS description, reference, currency"
const INTERNAL = "transaction_id AS name, id::text AS tie, amount, created_at AS date, coalesce(description, '') AS description, coalesce(reference, '') AS reference, coalesce(currency, '') AS currency"

/** The next of an upload, the latest first as a Core reads them. */
export async function nextExternal (tx: Queryable, schema: string, { uploadId, after, most }: { uploadId: string, after: Place | null, most: number }): Promise<Named[]> {
  const { rows } = await tx.query<PartyRow>(`SELECT ${EXTERNAL} FROM ${schema}.external_transactions
    WHERE upload_id = $1 AND ($2::timestamp IS NULL OR (date, id) < ($2::timestamp, $3)) ORDER BY date DESC, id DESC LIMIT $4`, [uploadId, after?.at ?? null, after?.tie ?? '', most])
  return rows.map(party)
}

export async function externalByIds (tx: Queryable, schema: string, ids: readonly string[]): Promise<Named[]> {
  return (await tx.query<PartyRow>(`SELECT ${EXTERNAL} FROM ${schema}.external_transactions WHERE id = ANY ($1) ORDER BY date DESC, id DESC`, [ids])).rows.map(party)
}

/** Which of the ledger's transactions to look at; `currencies` null: all. */
export interface Window extends Bounds { readonly currencies: readonly string[] | null, readonly after: Place | null, readonly most: number }

const moment = (milliseconds: number | undefined): string | null => milliseconds === undefined || !(Math.abs(milliseconds) < 8.64e15) ? null : new Date(milliseconds).toISOString()

/** The next of the ledger's, the oldest first as a Core reads them. Bounds are rounded out by a millisecond; the caller compares again. */
export async function nextInternal (tx: Queryable, schema: string, { currencies, amount, date, after, most }: Window): Promise<Named[]> {
  const { rows } = await tx.query<PartyRow>(`SELECT ${INTERNAL} FROM ${schema}.transactions
    WHERE ($1::text[] IS NULL OR currency = ANY ($1)) AND ($2::float8 IS NULL OR (amount::float8 >= $2 AND amount::float8 <= $3))
      AND ($4::timestamp IS NULL OR created_at >= $4::timestamp - interval '1 millisecond') AND ($5::timestamp IS NULL OR created_at <= $5::timestamp + interval '1 millisecond')
      AND ($6::timestamp IS NULL OR (created_at, id) > ($6::timestamp, $7::bigint))
    ORDER BY created_at, id LIMIT $8`,
  [currencies, amount?.[0] ?? null, amount?.[1] ?? null, moment(date?.[0]), moment(date?.[1]), after?.at ?? null, after?.tie ?? '0', most])
  return rows.map(party)
}

/** Rows that count as one: the sum of their amounts, their earliest date, their texts joined. */
export interface Group extends Party { readonly members: readonly string[] }

// spec/09 9: what either side can be grouped by.
const INTERNAL_CRITERIA = ['transaction_id', 'parent_transaction', 'source', 'reference', 'currency', 'destination', 'status', 'created_at']
const EXTERNAL_CRITERIA = ['id', 'amount', 'reference', 'currency', 'description', 'date', 'source']

/** The groups in the order of their keys; none where the criterion is no column to group by. `uploadId` null: the ledger's own transactions. */
export async function groups (tx: Queryable, schema: string, { uploadId, criterion }: { uploadId: string | null, criterion: string }): Promise<Group[]> {
  if (!(uploadId === null ? INTERNAL_CRITERIA : EXTERNAL_CRITERIA).includes(criterion)) return []
  const source = uploadId === null
    ? `SELECT ${criterion}::text AS key, ${INTERNAL} FROM ${schema}.transactions WHERE $1::text IS NULL`
    : `SELECT ${criterion}::text AS key, ${EXTERNAL} FROM ${schema}.external_transactions WHERE upload_id = $1`
  const { rows } = await tx.query<Omit<PartyRow, 'name' | 'tie'> & { members: string[] }>(`
    SELECT sum(amount::float8 ORDER BY name) AS amount, min(date) AS date, string_agg(description, $2 ORDER BY name) AS description,
      string_agg(reference, $2 ORDER BY name) AS reference, CASE WHEN count(DISTINCT currency) = 1 THEN min(currency) ELSE 'MIXED' END AS currency,
      array_agg(name ORDER BY name) AS members
    FROM (${source}) AS each WHERE key <> '' GROUP BY key ORDER BY key COLLATE "C"`, [uploadId, SEPARATOR])
  return rows.map((row) => ({ amount: Number(row.amount), date: millis(row.date), description: row.description, reference: row.reference, currency: row.currency, members: row.members }))
}
