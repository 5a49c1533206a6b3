import type { Ledger } from '../call.js'
import type { Listing } from '../filter/list.js'
import { RawJson, type Encodable } from '../json/encode.js'
import { metadataJson, metadataText, parseMetadata, type Metadata } from '../json/metadata.js'
import { timestampJson, ZERO_TIME } from '../json/time.js'

/** What a list reads of a balance. Amounts are text, in minor units. */
export interface ListedBalance {
  readonly balance_id: string
  readonly indicator: string | null
  readonly balance: string
  readonly credit_balance: string
  readonly debit_balance: string
  readonly inflight_balance: string
  readonly inflight_credit_balance: string
  readonly inflight_debit_balance: string
  readonly currency: string
  readonly ledger_id: string
  readonly identity_id: string | null
  readonly created_at: string
  readonly meta_data: string | null
}

export interface BalanceRow extends ListedBalance {
  readonly version: number
  readonly track_fund_lineage: boolean
  readonly allocation_strategy: string
}

const LISTED_COLUMNS = `balance_id, indicator, balance, credit_balance, debit_balance, inflight_balance, inflight_credit_balance,
  inflight_debit_balance, currency, ledger_id, identity_id, created_at, meta_data`
export const BALANCE_COLUMNS = `${LISTED_COLUMNS}, version, track_fund_lineage, allocation_strategy`

/** What GET /balances/:id adds on demand. */
export interface BalanceExtras { readonly queued?: { readonly debit: string, readonly credit: string }, readonly identity?: Encodable, readonly ledger?: Encodable }

const UNREAD = { version: 0, track_fund_lineage: false, allocation_strategy: '' }

/** Core's Balance (spec/09 5). Lists do not read version, lineage and strategy, which shows as zero, false and nothing. */
export function balanceJson (row: ListedBalance & Partial<BalanceRow>, extras: BalanceExtras = {}): Encodable {
  const { version, track_fund_lineage: lineage, allocation_strategy: strategy } = { ...UNREAD, ...row }
  return {
    balance: new RawJson(row.balance),
    version,
    inflight_balance: new RawJson(row.inflight_balance),
    credit_balance: new RawJson(row.credit_balance),
    inflight_credit_balance: new RawJson(row.inflight_credit_balance),
    debit_balance: new RawJson(row.debit_balance),
    inflight_debit_balance: new RawJson(row.inflight_debit_balance),
    queued_debit_balance: extras.queued === undefined ? undefined : new RawJson(extras.queued.debit),
    queued_credit_balance: extras.queued === undefined ? undefined : new RawJson(extras.queued.credit),
    ledger_id: row.ledger_id,
    identity_id: row.identity_id ?? '',
    balance_id: row.balance_id,
    indicator: row.indicator === null || row.indicator === '' ? undefined : row.indicator,
    currency: row.currency,
    identity: extras.identity,
    ledger: extras.ledger,
    created_at: timestampJson(row.created_at),
    inflight_expires_at: ZERO_TIME,
    meta_data: metadataJson(parseMetadata(row.meta_data)),
    track_fund_lineage: lineage,
    allocation_strategy: strategy === '' ? undefined : strategy
  }
}

export const BALANCE_LISTING: Listing<ListedBalance> = {
  table: 'balances',
  columns: LISTED_COLUMNS,
  encode: (row) => balanceJson(row),
  limit: { max: 1000n, instead: 1000n },
  empty: 'null',
  failure: 'Failed to retrieve balances'
}

export interface NewBalance {
  readonly ledgerId: string
  readonly identityId: string
  readonly currency: string
  readonly indicator: string
  readonly metadata: Metadata | null
  readonly lineage: boolean
  readonly strategy: string
}

/** The row as Core answers it: version 0, though 1 is stored. */
export async function createBalance ({ db, schema, clock, ids }: Ledger, balance: NewBalance): Promise<BalanceRow> {
  const row: BalanceRow = {
    balance_id: ids.next('bln'),
    indicator: balance.indicator === '' ? null : balance.indicator,
    balance: '0',
    credit_balance: '0',
    debit_balance: '0',
    inflight_balance: '0',
    inflight_credit_balance: '0',
    inflight_debit_balance: '0',
    currency: balance.currency,
    ledger_id: balance.ledgerId,
    identity_id: balance.identityId === '' ? null : balance.identityId,
    created_at: clock.now().column,
    meta_data: metadataText(balance.metadata),
    version: 0,
    track_fund_lineage: balance.lineage,
    allocation_strategy: balance.strategy
  }
  await db.query(`INSERT INTO ${schema}.balances
    (balance_id, indicator, balance, credit_balance, debit_balance, currency, ledger_id, identity_id, created_at, meta_data, track_fund_lineage, allocation_strategy)
    VALUES ($1, $2, 0, 0, 0, $3, $4, $5, $6, $7, $8, $9)`,
  [row.balance_id, row.indicator, row.currency, row.ledger_id, row.identity_id, row.created_at, row.meta_data, row.track_fund_lineage, row.allocation_strategy])
  return row
}

export async function findBalance ({ db, schema }: Ledger, id: string): Promise<BalanceRow | undefined> {
  return (await db.query<BalanceRow>(`SELECT ${BALANCE_COLUMNS} FROM ${schema}.balances WHERE balance_id = $1`, [id])).rows[0]
}

export async function findByIndicator ({ db, schema }: Ledger, indicator: string, currency: string): Promise<BalanceRow | undefined> {
  const sql = `SELECT ${BALANCE_COLUMNS} FROM ${schema}.balances WHERE indicator = $1 AND currency = $2`
  return (await db.query<BalanceRow>(sql, [indicator, currency])).rows[0]
}

/** Sums of what is queued and has no outcome yet (spec/09 5.1). Between a balance and itself counts as a debit. */
export async function queuedAmounts ({ db, schema }: Ledger, id: string): Promise<{ readonly debit: string, readonly credit: string }> {
  const waiting = `t.status = 'QUEUED' AND NOT EXISTS (SELECT FROM ${schema}.transactions AS child
    WHERE child.parent_transaction = t.transaction_id AND child.status IN ('APPLIED', 'REJECTED', 'VOID', 'INFLIGHT'))`
  const { rows } = await db.query<{ debit: string, credit: string }>(`SELECT
    (SELECT coalesce(sum(t.precise_amount), 0) FROM ${schema}.transactions AS t WHERE t.source = $1 AND ${waiting}) AS debit,
    (SELECT coalesce(sum(t.precise_amount), 0) FROM ${schema}.transactions AS t WHERE t.destination = $1 AND t.source <> $1 AND ${waiting}) AS credit`, [id])
  return rows[0] ?? { debit: '0', credit: '0' }
}

export async function setIdentity ({ db, schema }: Ledger, id: string, identityId: string): Promise<boolean> {
  return (await db.query(`UPDATE ${schema}.balances SET identity_id = $2 WHERE balance_id = $1`, [id, identityId])).rowCount > 0
}
