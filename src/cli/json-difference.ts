import { BROKEN, isArray, isObject, scanArray, scanObject, skipSpace, skipValue } from '../lib/json-bytes.js'

/** Each scalar of a JSON text with its path, as it is spelled: an amount is never read as a number. null: no JSON. */
function scalarsOf (text: string): Map<string, string> | null {
  const bytes = Buffer.from(text)
  const found = new Map<string, string>()
  const read = (start: number, end: number, path: string): void => {
    const before = found.size
    if (isObject(bytes, start)) {
      scanMembers(bytes, start, (name, from, to) => { read(from, to, path === '' ? name : `${path}.${name}`) })
    } else if (isArray(bytes, start)) {
      let index = 0
      scanItems(bytes, start, (from, to) => { read(from, to, `${path}[${index++}]`) })
    }
    if (found.size === before) found.set(path, bytes.toString('utf8', start, end))
  }
  const start = skipSpace(bytes, 0)
  const end = skipValue(bytes, start, 0)
  if (end === BROKEN || skipSpace(bytes, end) < bytes.length) return null
  read(start, end, '')
  return found
}

function scanMembers (bytes: Buffer, at: number, onMember: (name: string, start: number, end: number) => void): void {
  // The scanner works on one value at a time.
  const members: Array<readonly [string, number, number]> = []
  scanObject(bytes, at, (keyStart, keyEnd, valueStart, valueEnd) => { members.push([bytes.toString('utf8', keyStart, keyEnd), valueStart, valueEnd]) })
  for (const member of members) onMember(...member)
}

function scanItems (bytes: Buffer, at: number, onItem: (start: number, end: number) => void): void {
  const items: Array<readonly [number, number]> = []
  scanArray(bytes, at, (start, end) => { items.push([start, end]) })
  for (const item of items) onItem(...item)
}

/** What differs between two texts, a line each: members where both are JSON. */
export function differences (before: string, after: string): string[] {
  if (before === after) return []
  const old = scalarsOf(before)
  const now = scalarsOf(after)
  if (old === null || now === null) return ['the body differs']
  const paths = new Set([...old.keys(), ...now.keys()])
  return [...paths].filter((path) => old.get(path) !== now.get(path))
    .map((path) => `${path === '' ? 'the body' : path}: ${old.get(path) ?? '(absent)'} -> ${now.get(path) ?? '(absent)'}`)
}
