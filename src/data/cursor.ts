import { createHash } from 'node:crypto'

/** A place in a sorted list: behind this row. Values are Postgres' own text. */
export interface Place {
  /** Of the column that is sorted by. */
  readonly value: string | null
  /** Of the unique column. */
  readonly key: string
}

/** How many rows there were when the list was begun. */
export interface Total { readonly total: string, readonly isEstimate: boolean }

export interface Cursor { readonly place: Place, readonly total: Total }

/** What a cursor belongs to: the list's instance, filters and order. Another list's is refused. */
export const listDigest = (what: unknown): string => createHash('sha256').update(JSON.stringify(what)).digest('base64url').slice(0, 16)

export const writeCursor = ({ place, total }: Cursor, digest: string): string =>
  Buffer.from(JSON.stringify([1, digest, place.value, place.key, total.total, total.isEstimate])).toString('base64url')

const LONGEST = 10_000

/** undefined for what is no cursor, and for one of another list. */
export function readCursor (text: string, digest: string): Cursor | undefined {
  if (text.length > LONGEST || !/^[\w-]+$/.test(text)) return undefined
  try {
    const [version, of, value, key, total, isEstimate] = JSON.parse(Buffer.from(text, 'base64url').toString()) as unknown[]
    if (version !== 1 || of !== digest || typeof key !== 'string' || (value !== null && typeof value !== 'string')) return undefined
    if (typeof total !== 'string' || !/^(?:0|[1-9]\d{0,17})$/.test(total) || typeof isEstimate !== 'boolean') return undefined
    return { place: { value, key }, total: { total, isEstimate } }
  } catch {
    return undefined
  }
}
