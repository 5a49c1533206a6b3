import type { AuditStore, StoredRow } from './store.js'

/** Rows of one statement. */
const AT_ONCE = 1_000

/** Findings that are told one by one. */
const MOST_TOLD = 100

/** A row that is not as it was written, or a place without its row. */
export interface Finding { readonly what: 'altered' | 'missing', readonly writer: string, readonly seq: number, readonly id: string | null }

export interface Verification { readonly rows: number, readonly altered: number, readonly missing: number, readonly findings: readonly Finding[] }

/**
 * Goes through all rows, by writer and place. Not seen: rows that are gone from the beginning of a writer's, as by
 * retention, and from its end.
 */
export async function verify (store: Pick<AuditStore, 'inOrder'>, isGenuine: (row: StoredRow) => boolean): Promise<Verification> {
  const findings: Finding[] = []
  const sums = { rows: 0, altered: 0, missing: 0 }
  const tell = (finding: Finding, count: number): void => {
    sums[finding.what] += count
    if (findings.length < MOST_TOLD) findings.push(finding)
  }
  let last: StoredRow | undefined
  for (;;) {
    const rows = await store.inOrder(last, AT_ONCE)
    for (const row of rows) {
      sums.rows++
      const { writer, seq, id } = row
      if (last?.writer === writer && seq > last.seq + 1) tell({ what: 'missing', writer, seq: last.seq + 1, id: null }, seq - last.seq - 1)
      if (!isGenuine(row)) tell({ what: 'altered', writer, seq, id }, 1)
      last = row
    }
    if (rows.length < AT_ONCE) return { ...sums, findings }
  }
}
