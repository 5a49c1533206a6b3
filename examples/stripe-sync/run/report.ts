import { shown } from '../app/money.js'
import { all } from './calls.js'

interface Balance { readonly indicator: string | null, readonly currency: string, readonly balance: string, readonly credit_balance: string, readonly debit_balance: string, readonly identity_id: string }
interface Identity { readonly identity_id: string, readonly first_name: string, readonly last_name: string }
interface Alert { readonly title: string, readonly description: string }

export interface Ledger { readonly url: string, readonly apiKey: string, readonly instanceId: string }

export interface Report {
  readonly lines: readonly string[]
  /** APPLIED transactions. */
  readonly transactions: number
}

/** Node 20 has no Map.groupBy. */
function byIndicator (balances: readonly Balance[]): Map<string, Balance[]> {
  const groups = new Map<string, Balance[]>()
  for (const one of balances) groups.set(one.indicator ?? '', [...groups.get(one.indicator ?? '') ?? [], one])
  return groups
}

const byCurrency = (a: Balance, b: Balance): number => a.currency.localeCompare(b.currency)

/** What the ledger says after a sync, by the Data API alone. */
export async function reportOf ({ url, apiKey, instanceId }: Ledger): Promise<Report> {
  const list = async <T>(path: string): Promise<T[]> => await all<T>(apiKey, `${url}${path}${path.includes('?') ? '&' : '?'}instance_id=${instanceId}`)
  const balances = (await list<Balance>('/data/balances')).filter(({ indicator }) => indicator?.startsWith('@') === true).sort(byCurrency)
  const names = new Map((await list<Identity>('/data/identities')).map((one) => [one.identity_id, `${one.first_name} ${one.last_name}`]))
  const transactions = await list('/data/transactions?status_eq=APPLIED')
  const alerts = await list<Alert>('/alerts')

  const owners = byIndicator(balances.filter(({ indicator }) => indicator !== '@stripe' && indicator !== '@bank'))
  const customers = [...owners].map(([indicator, held]) => {
    const name = names.get(held[0]?.identity_id ?? '') ?? 'guests'
    return `  ${name.padEnd(18)} ${indicator.padEnd(20)} ${held.map(({ balance, currency }) => shown(BigInt(balance), currency)).join(', ')}`
  }).sort()
  const totals = balances.filter(({ indicator }) => indicator === '@stripe').map(({ currency, balance, credit_balance: paidOut, debit_balance: received }) =>
    `  ${currency}  received ${shown(BigInt(received), currency).padStart(18)}   paid out ${shown(BigInt(paidOut), currency).padStart(18)}   at Stripe ${shown(-BigInt(balance), currency).padStart(18)}`)
  return {
    transactions: transactions.length,
    lines: [
      `Customers (${customers.length}):`, ...customers,
      'Totals:', ...totals,
      `Alerts (${alerts.length}):`, ...alerts.map(({ title, description }) => `  ${title}: ${description}`),
      `Transactions in the ledger: ${transactions.length}`
    ]
  }
}
