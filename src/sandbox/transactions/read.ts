import type { Handler, Ledger } from '../call.js'
import { CoreError } from '../errors.js'
import { filterHandler, readPage, type Listing } from '../filter/list.js'
import { queryInt, readFilterQuery } from '../filter/request.js'
import { listedTransaction, TRANSACTION_COLUMNS, transactionJson, transactionMembers, viewOf, type TransactionRow } from './reply.js'

const DEFAULT_LIMIT = 20n

async function findRow ({ db, schema }: Ledger, column: 'transaction_id' | 'reference', value: string): Promise<TransactionRow | undefined> {
  const { rows } = await db.query<TransactionRow>(`SELECT ${TRANSACTION_COLUMNS} FROM ${schema}.transactions WHERE ${column} = $1`, [value])
  return rows[0]
}

const notFound = (what: string): CoreError => new CoreError(404, 'TXN_NOT_FOUND', `Transaction with ${what} not found`, { details: {} })

/** @throws CoreError 404 */
export async function findTransaction (ledger: Ledger, id: string): Promise<TransactionRow> {
  const row = await findRow(ledger, 'transaction_id', id)
  if (row === undefined) throw notFound(`ID '${id}'`)
  return row
}

/** GET /transactions/:id */
export const getTransaction: Handler = async (ledger, { params: { id = '' } }) => ({ status: 200, body: transactionJson(viewOf(await findTransaction(ledger, id))) })

/** GET /transactions/reference/:reference: Core does not read precision and hash here (spec/09 6.5, read quirks). */
export const getTransactionByReference: Handler = async (ledger, { params: { reference = '' } }) => {
  const row = await findRow(ledger, 'reference', reference)
  if (row === undefined) throw notFound(`reference '${reference}'`)
  return { status: 200, body: transactionJson({ ...viewOf(row), precision: '0', hash: '' }) }
}

/** Core's list of transactions, for filters too. */
export const TRANSACTION_LISTING: Listing<TransactionRow> = {
  table: 'transactions',
  columns: TRANSACTION_COLUMNS,
  encode: (row) => transactionMembers(listedTransaction(row)),
  empty: '[]',
  failure: 'Failed to retrieve transactions'
}

const FILTERED: Listing<TransactionRow> = { ...TRANSACTION_LISTING, limit: { max: 1000n, instead: 1000n } }

/** GET /transactions: the newest first; no cap on the limit without filters (spec/09 6.5). */
export const listTransactions: Handler = async (ledger, { query }) => {
  const limit = queryInt(query, 'limit', DEFAULT_LIMIT)
  const offset = queryInt(query, 'offset', 0n)
  const wanted = readFilterQuery(query, {
    limit: limit === undefined || limit <= 0n ? DEFAULT_LIMIT : limit,
    offset: offset === undefined || offset < 0n ? 0n : offset
  })
  const { items } = await readPage(ledger, wanted.filters.filters.length > 0 ? FILTERED : TRANSACTION_LISTING, wanted)
  return { status: 200, body: items.text }
}

/** POST /transactions/filter */
export const filterTransactions: Handler = filterHandler(FILTERED)
