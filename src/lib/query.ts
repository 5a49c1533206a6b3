/**
 * A parsed query of which each name is known and given once; otherwise a sentence that names the first that is not.
 * @param of what the names are, as in `is no filter of keys`
 */
export function readQuery (query: unknown, names: readonly string[], of: string): Readonly<Record<string, string | undefined>> | string {
  for (const [name, value] of Object.entries(query as object)) {
    if (!names.includes(name)) return `${name} is no ${of}: there are ${names.join(', ')}`
    if (typeof value !== 'string') return `${name} is given more than once: send it once`
  }
  return query as Record<string, string | undefined>
}

/** A number of a query, or the standard one; a sentence where it is none of that range. */
export function readWhole (name: string, text: string | undefined, [standard, least, most]: readonly [number, number, number]): number | string {
  if (text === undefined) return standard
  const n = Number(text)
  return /^\d{1,9}$/.test(text) && n >= least && n <= most ? n : `${name} must be a whole number from ${least} to ${most}`
}

/** Digits of a page number: more pages than any table has. */
const LONGEST_PAGE = 12

/** A size or number of a page, by which nothing is refused (spec/02 2.2): undefined for what is none. */
export function readPositive (text: string): bigint | undefined {
  const value = /^\d+$/.test(text) && text.length <= LONGEST_PAGE ? BigInt(text) : 0n
  return value > 0n ? value : undefined
}
