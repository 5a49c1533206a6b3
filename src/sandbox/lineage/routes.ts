import { findBalance } from '../balances/balance.js'
import { unknownBalance } from '../balances/routes.js'
import type { Handler, Row } from '../call.js'
import { CoreError } from '../errors.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { interfaceText, parseMetadata } from '../json/metadata.js'
import { parseJson } from '../../lib/json/parse.js'
import { json } from '../reply.js'
import { findTransaction } from '../transactions/read.js'
import { TRANSACTION_COLUMNS, transactionMembers, viewOf, type TransactionRow } from '../transactions/reply.js'

/** Amounts are text, in minor units. */
interface ProviderRow { readonly provider: string, readonly shadow_balance_id: string, readonly aggregate_balance_id: string, readonly amount: string, readonly spent: string, readonly available: string }

/** GET /balances/:id/lineage: what came in of each provider, and what of it is left (spec/09 7). */
const showBalance: Handler = async (ledger, { params: { id = '' } }) => {
  const balance = await findBalance(ledger, id)
  if (balance === undefined) throw unknownBalance(`Balance with ID '${id}' not found`)
  if (!balance.track_fund_lineage) throw new CoreError(400, 'GEN_BAD_REQUEST', `balance ${id} does not have fund lineage tracking enabled`)
  const { rows } = await ledger.db.query<ProviderRow>(`
    SELECT m.provider, m.shadow_balance_id, m.aggregate_balance_id, b.debit_balance AS amount, b.credit_balance AS spent, b.debit_balance - b.credit_balance AS available
    FROM ${ledger.schema}.lineage_mappings AS m JOIN ${ledger.schema}.balances AS b ON b.balance_id = m.shadow_balance_id
    WHERE m.balance_id = $1 ORDER BY m.created_at, m.id`, [id])
  return json(200, {
    balance_id: id,
    total_with_lineage: rows.reduce((total, { available }) => total + BigInt(available), 0n),
    aggregate_balance_id: rows[0]?.aggregate_balance_id ?? '',
    providers: rows.map((row) => ({
      provider: row.provider,
      amount: new RawJson(row.amount),
      available: new RawJson(row.available),
      spent: new RawJson(row.spent),
      shadow_balance_id: row.shadow_balance_id
    }))
  })
}

/** The objects of the list that the metadata holds, if it holds one. */
function allocationOf (metadata: string | null): Encodable | undefined {
  const allocation = parseMetadata(metadata)?.get('BLNK_FUND_ALLOCATION')
  if (allocation === undefined) return undefined
  const value = parseJson(Buffer.from(allocation))
  const parts = value.kind === 'array' ? value.items.filter(({ kind }) => kind === 'object') : []
  return parts.length === 0 ? undefined : parts.map((part) => new RawJson(interfaceText(part)))
}

/** GET /transactions/:id/lineage */
const showTransaction: Handler = async (ledger, { params: { id = '' } }) => {
  const row = await findTransaction(ledger, id)
  const { rows } = await ledger.db.query<TransactionRow>(
    `SELECT ${TRANSACTION_COLUMNS} FROM ${ledger.schema}.transactions WHERE meta_data ->> '_shadow_for' = $1 ORDER BY created_at, id`, [id])
  return json(200, {
    transaction_id: id,
    fund_allocation: allocationOf(row.meta_data),
    // Core does not read the parent here.
    shadow_transactions: rows.map((shadow) => transactionMembers({ ...viewOf(shadow), parent_transaction: '' }))
  })
}

export const lineageRows: readonly Row[] = [
  { method: 'GET', path: '/balances/:id/lineage', handler: showBalance },
  { method: 'GET', path: '/transactions/:id/lineage', handler: showTransaction }
]
