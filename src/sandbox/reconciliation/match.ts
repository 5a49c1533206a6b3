import type { Criterion, Rule } from './rules.js'

/**
 * One side of a comparison: an external transaction, one of the ledger's, or a group of either. Amounts are doubles, since a
 * Core compares float64s and its drift is a factor (reconciliation.go, matchesGroupAmount); no amount is written from here.
 */
export interface Party {
  readonly amount: number
  /** Milliseconds since 1970, with a fraction. */
  readonly date: number
  readonly description: string
  readonly reference: string
  /** `MIXED` for a group of several. */
  readonly currency: string
}

/** What a group's texts are joined with; each part is compared by itself. */
export const SEPARATOR = ' | '

const foldsTo = (a: string, b: string): boolean => a === b || a.toLowerCase() === b.toLowerCase() || a.toUpperCase() === b.toUpperCase()

/** Insertions, deletions and substitutions, 1 each, by code points; gives up above `most`. */
export function distanceWithin (from: string, to: string, most: number): boolean {
  const [a, b] = [[...from], [...to]]
  if (Math.abs(a.length - b.length) > most) return false
  let before = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    let least = i
    for (let j = 1; j <= b.length; j++) {
      const cost = Math.min((before[j] as number) + 1, (row[j - 1] as number) + 1, (before[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1))
      row.push(cost)
      if (cost < least) least = cost
    }
    if (least > most) return false
    before = row
  }
  return (before[b.length] as number) <= most
}

/** Either text holds the other, or they are as near as the drift, in per cent of the longer one's bytes, allows. */
function resembles (one: string, other: string, drift: number): boolean {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()]
  if (a.includes(b) || b.includes(a)) return true
  const most = Math.trunc(Math.max(Buffer.byteLength(a), Buffer.byteLength(b)) * (drift / 100))
  return most > 0 && distanceWithin(a, b, most)
}

function textsMatch (single: string, group: string, { operator, allowable_drift: drift }: Criterion): boolean {
  if (operator === 'equals') return group.split(SEPARATOR).some((part) => foldsTo(single, part))
  return operator === 'contains' && group.split(SEPARATOR).some((part) => resembles(single, part, Number(drift)))
}

function numbersMatch (single: number, group: number, { operator }: Criterion, drift: number): boolean {
  if (operator === 'equals') return Math.abs(single - group) <= drift
  return (operator === 'greater_than' && single > group) || (operator === 'less_than' && single < group)
}

function criterionHolds (single: Party, group: Party, criterion: Criterion): boolean {
  const drift = Number(criterion.allowable_drift)
  switch (criterion.field) {
    case 'amount': return numbersMatch(single.amount, group.amount, criterion, Math.abs(group.amount) * drift)
    case 'date': return numbersMatch(single.date, group.date, criterion, drift * 1000)
    case 'description': return textsMatch(single.description, group.description, criterion)
    case 'reference': return textsMatch(single.reference, group.reference, criterion)
    case 'currency': return group.currency === 'MIXED' || textsMatch(single.currency, group.currency, criterion)
    default: return false
  }
}

/** Whether all criteria of any rule hold (spec/09 9, compare). `group` is what `single` is compared with, be it one or many. */
export const matches = (single: Party, group: Party, rules: readonly Rule[]): boolean =>
  rules.some(({ criteria }) => criteria.every((criterion) => criterionHolds(single, group, criterion)))

/** null: not bounded. */
export interface Bounds { readonly amount: readonly [number, number] | null, readonly date: readonly [number, number] | null }

function widest (spans: ReadonlyArray<readonly [number, number]>): readonly [number, number] | null {
  return spans.length === 0 ? null : [Math.min(...spans.map(([low]) => low)), Math.max(...spans.map(([, high]) => high))]
}

/** Which of the ledger's transactions a Core looks at for an external one, whatever its rules say: drifts count from the external's side. */
export function boundsOf (external: Party, rules: readonly Rule[]): Bounds {
  const equals = (name: string): Criterion[] => rules.flatMap(({ criteria }) => criteria.filter((each) => each.field === name && each.operator === 'equals'))
  const around = (center: number, drift: number): readonly [number, number] => [center - drift, center + drift]
  return {
    amount: widest(equals('amount').map((each) => around(external.amount, Math.abs(external.amount) * Number(each.allowable_drift)))),
    date: widest(equals('date').map((each) => around(external.date, Math.trunc(Number(each.allowable_drift)) * 1000)))
  }
}

export const isWithin = ({ amount, date }: Bounds, party: Party): boolean =>
  (amount === null || (party.amount >= amount[0] && party.amount <= amount[1])) && (date === null || (party.date >= date[0] && party.date <= date[1]))
