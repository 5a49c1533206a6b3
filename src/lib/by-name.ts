const MOST_REMEMBERED = 1_000
const LONGEST_REMEMBERED = 64

/** `find`, remembered: names come again and again. Those of callers who make up new ones are found out each time, and take no memory. */
export function byName <T> (find: (name: string) => T): (name: string) => T {
  const remembered = new Map<string, T>()
  return (name) => {
    const known = remembered.get(name)
    if (known !== undefined) return known
    const found = find(name)
    if (remembered.size < MOST_REMEMBERED && name.length <= LONGEST_REMEMBERED) remembered.set(name, found)
    return found
  }
}
