import { BROKEN, isArray, isKey, isNull, isObject, scanArray, scanObject, skipSpace } from '../lib/json-bytes.js'

export type FilledKey = 'precision' | 'reference'

/** A body after its fill. `reference` is the generated one, set only when a single transaction was given one. */
export interface Filled {
  readonly body: Buffer
  readonly reference?: string
  readonly filled: readonly FilledKey[]
}

const PRECISION = 1
const REFERENCE = 2
const BOTH = PRECISION | REFERENCE

const NONE: readonly FilledKey[] = []
const NAMES: Readonly<Record<number, readonly FilledKey[]>> = {
  0: NONE, [PRECISION]: ['precision'], [REFERENCE]: ['reference'], [BOTH]: ['precision', 'reference']
}

/** Which of the two members an object has, where its text ends, and whether it has any member at all. */
interface Members { readonly end: number, readonly present: number, readonly empty: boolean }

/**
 * Gives a transaction the `precision` 100 and a `reference` where it has none (spec/01 1.2). Absent means that no
 * duplicate of the key has a value other than null; `""` and 0 are present. Every other byte stays as it is, and so does
 * the whole body when its first value is no object or is broken: Core answers that.
 */
export function fillTransaction (body: Buffer, makeReference: () => string): Filled {
  const start = skipSpace(body, 0)
  const members = isObject(body, start) ? readMembers(body, start, 0) : undefined
  if (members === undefined) return { body, filled: NONE }
  const missing = BOTH & ~members.present
  if (missing === 0) return { body, filled: NONE }

  const reference = missing & REFERENCE ? makeReference() : undefined
  const text = memberText(reference, missing, members.empty)
  // One copy of a small body costs less than writing its parts one by one.
  const brace = members.end - 1
  const filled = Buffer.allocUnsafe(body.length + text.length)
  body.copy(filled, 0, 0, brace)
  filled.write(text, brace, 'latin1')
  body.copy(filled, brace + text.length, brace)
  return { body: filled, filled: NAMES[missing]!, ...(reference !== undefined && { reference }) }
}

/**
 * The same for each item of a bulk's `transactions`. The references are in the answer of Core, not in ours: ten thousand
 * do not fit in a header.
 */
export function fillBulk (body: Buffer, makeReference: () => string): Filled {
  const start = skipSpace(body, 0)
  const items = isObject(body, start) ? readItems(body, start) : undefined
  if (items === undefined) return { body, filled: NONE }

  const parts: Buffer[] = []
  let copied = 0
  let all = 0
  for (const { end, present, empty } of items) {
    const missing = BOTH & ~present
    if (missing === 0) continue
    const reference = missing & REFERENCE ? makeReference() : undefined
    parts.push(body.subarray(copied, end - 1), Buffer.from(memberText(reference, missing, empty), 'latin1'))
    copied = end - 1
    all |= missing
  }
  if (all === 0) return { body, filled: NONE }
  parts.push(body.subarray(copied))
  return { body: Buffer.concat(parts), filled: NAMES[all]! }
}

function memberText (reference: string | undefined, missing: number, empty: boolean): string {
  const precision = missing & PRECISION ? '"precision":100' : ''
  const both = missing === BOTH ? ',' : ''
  return `${empty ? '' : ','}${precision}${both}${reference === undefined ? '' : `"reference":${JSON.stringify(reference)}`}`
}

function readMembers (body: Buffer, start: number, depth: number): Members | undefined {
  let present = 0
  let empty = true
  const end = scanObject(body, start, (keyStart, keyEnd, valueStart) => {
    empty = false
    // A null leaves the field as an earlier duplicate set it (https://pkg.go.dev/encoding/json#Unmarshal).
    if (isNull(body, valueStart)) return
    if (isKey(body, keyStart, keyEnd, 'precision')) present |= PRECISION
    else if (isKey(body, keyStart, keyEnd, 'reference')) present |= REFERENCE
  }, depth)
  return end === BROKEN ? undefined : { end, present, empty }
}

/**
 * The objects in the last `transactions` array. Go decodes a repeated array into the elements of the one before, so an
 * item also has what the earlier items at its index had, until a null or an empty array drops them.
 */
function readItems (body: Buffer, start: number): Members[] | undefined {
  let items: Members[] = []
  let earlier: number[] = []
  const end = scanObject(body, start, (keyStart, keyEnd, valueStart) => {
    if (!isKey(body, keyStart, keyEnd, 'transactions')) return
    if (isNull(body, valueStart)) {
      items = []
      earlier = []
    }
    if (!isArray(body, valueStart)) return
    items = []
    let index = 0
    scanArray(body, valueStart, (at) => {
      const members = isObject(body, at) ? readMembers(body, at, 2) : undefined
      if (members !== undefined) items.push({ ...members, present: earlier[index] = (earlier[index] ?? 0) | members.present })
      // A null. For any other value Core refuses the whole body.
      else earlier[index] = 0
      index++
    }, 1)
    if (index === 0) earlier = []
  })
  return end === BROKEN ? undefined : items
}
