import type { Filter } from '../lib/filter/query.js'
import type { Listed } from './list.js'
import { namedBalancesStatement } from './statements.js'

/** An `in` may name no more. */
const FEW = 100

/**
 * A filter of transactions on `indicator` as one on the balances that it names, where those are few: of balances that
 * stand in the statement the planner knows how many rows they have, of those that a subquery finds it does not.
 * @throws GatewayError, FilterError
 */
export async function withNamedBalances (listed: Listed): Promise<Listed> {
  const { resource, filters: { filters, logicalOperator } } = listed
  if (resource.table !== 'transactions' || !filters.some(({ field }) => field === 'indicator')) return listed
  const resolved: Filter[] = []
  // One after the other, so that a list takes one connection.
  for (const filter of filters) resolved.push(filter.field === 'indicator' ? await named(listed, filter) : filter)
  return { ...listed, filters: { filters: resolved, logicalOperator } }
}

async function named ({ source, resource }: Listed, filter: Filter): Promise<Filter> {
  const rows = await source.read<{ balance_id: string }>(resource, (from) => namedBalancesStatement(from, filter, FEW + 1))
  if (rows.length === 0 || rows.length > FEW) return filter
  return { field: 'balance_id', operator: 'in', values: rows.map(({ balance_id: id }) => ({ text: id, json: JSON.stringify(id) })) }
}
