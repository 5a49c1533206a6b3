import { encodeValue } from './encode.js'
import type { Listed } from './list.js'
import type { Resource } from './resources.js'
import { statsStatement } from './statements.js'

interface Wanted { readonly status?: true, readonly sums?: readonly string[] }

/** What is counted and summed of a resource; amounts are summed by currency, in the units that the rows have. */
const WANTED: Readonly<Record<string, Wanted>> = {
  transactions: { status: true, sums: ['amount', 'precise_amount'] },
  balances: { sums: ['balance', 'credit_balance', 'debit_balance', 'inflight_balance', 'inflight_credit_balance', 'inflight_debit_balance'] },
  reconciliations: { status: true }
} satisfies Partial<Record<Resource['name'], Wanted>>

type Group = Readonly<Record<string, string | null>> & { readonly group: string }

const grouped = (rows: readonly Group[], encode: (row: Group) => string): string =>
  `{${rows.map((row) => `${JSON.stringify(row.group)}:${encode(row)}`).join(',')}}`

/**
 * Of all rows that match: `count_by_status`, and `sum_by_currency` with a count and the sums. An empty object for resources
 * that have neither (spec/03 3.4 leaves open what it holds).
 */
export async function readStats ({ source, resource, filters }: Listed): Promise<string> {
  const { status, sums } = WANTED[resource.name] ?? {}
  const groups = async (by: string, summed: readonly string[]): Promise<Group[]> =>
    await source.read<Group>(resource, (from) => statsStatement(from, filters, { by, sums: summed }))
  const parts: string[] = []
  if (status === true) parts.push(`"count_by_status":${grouped(await groups('status', []), ({ count }) => String(count))}`)
  if (sums !== undefined) {
    parts.push(`"sum_by_currency":${grouped(await groups('currency', sums), (row) =>
      `{"count":${String(row['count'])},${sums.map((name) => `"${name}":${encodeValue(row[name] ?? '0', 'number')}`).join(',')}}`)}`)
  }
  return `{${parts.join(',')}}`
}
