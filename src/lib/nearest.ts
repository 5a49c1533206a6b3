/** How many characters must be added, taken away, replaced, or swapped with the next. */
function distance (a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, j) => j)]
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1]
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (rows[i - 2]?.[j - 2] ?? 0) + 1 : Infinity
      row.push(Math.min((rows[i - 1]?.[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (rows[i - 1]?.[j - 1] ?? 0) + (same ? 0 : 1), swapped))
    }
    rows.push(row)
  }
  return rows[a.length]?.[b.length] ?? 0
}

const MOST_NAMED = 8

/** What to write in place of a name that there is not. */
export function suggestion (given: string, known: readonly string[]): string {
  const [nearest] = known.map((name) => ({ name, far: distance(given.toLowerCase(), name.toLowerCase()) })).sort((a, b) => a.far - b.far)
  if (nearest !== undefined && nearest.far <= Math.max(1, Math.floor(given.length / 3))) return `did you mean ${JSON.stringify(nearest.name)}?`
  if (known.length === 0) return 'there are none'
  return `there ${known.length === 1 ? 'is' : 'are'} ${known.slice(0, MOST_NAMED).join(', ')}${known.length > MOST_NAMED ? ' and more' : ''}`
}
