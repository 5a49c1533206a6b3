import fc from 'fast-check'
import { expect, test } from 'vitest'
import { candidatesOf } from '../../../src/sandbox/reconciliation/candidates.js'
import { boundsOf, distanceWithin, matches, type Party } from '../../../src/sandbox/reconciliation/match.js'
import type { Criterion } from '../../../src/sandbox/reconciliation/rules.js'

const rule = (...criteria: Array<Partial<Criterion>>) => ({ criteria: criteria.map((each) => ({ field: 'reference', operator: 'equals', value: '', pattern: '', allowable_drift: '0', ...each })) })
const party = (over: Partial<Party> = {}): Party => ({ amount: 100, date: Date.parse('2024-05-03T10:00:00Z'), description: 'Funding', reference: 'INV-1', currency: 'USD', ...over })

test.each([
  ['an amount within its drift, counted from the other side', { field: 'amount', allowable_drift: '0.1' }, { amount: 91 }, true],
  ['and beyond it', { field: 'amount', allowable_drift: '0.1' }, { amount: 89.9 }, false],
  ['a greater amount', { field: 'amount', operator: 'greater_than' }, { amount: 101 }, true],
  ['a smaller amount', { field: 'amount', operator: 'less_than' }, { amount: 101 }, false],
  ['a date within seconds', { field: 'date', allowable_drift: '3600' }, { date: Date.parse('2024-05-03T11:00:00Z') }, true],
  ['a date a second later than that', { field: 'date', allowable_drift: '3600' }, { date: Date.parse('2024-05-03T11:00:01Z') }, false],
  ['a later date', { field: 'date', operator: 'greater_than' }, { date: Date.parse('2024-05-04T00:00:00Z') }, true],
  ['a text in another case', {}, { reference: 'inv-1' }, true],
  ['a text that is part of the other is not equal to it', {}, { reference: 'INV' }, false],
  ['but is contained', { operator: 'contains' }, { reference: 'inv' }, true],
  ['either way', { operator: 'contains' }, { reference: 'pay INV-1 please' }, true],
  ['a text that is near enough', { field: 'description', operator: 'contains', allowable_drift: '15' }, { description: 'Fundong' }, true],
  ['a text that is not', { field: 'description', operator: 'contains', allowable_drift: '14' }, { description: 'Fundong' }, false],
  ['a text has no order', { operator: 'greater_than' }, { reference: 'ZZZ' }, false]
] as const)('%s', (_, criterion, over, holds) => {
  expect(matches(party(over), party(), [rule(criterion)])).toBe(holds)
})

test('of a group, each of the joined texts counts, and any currency of a mixed one', () => {
  const group = party({ reference: 'INV-1 | INV-2', currency: 'MIXED' })
  expect(matches(party({ reference: 'inv-2', currency: 'EUR' }), group, [rule({}, { field: 'currency' })])).toBe(true)
  expect(matches(party({ reference: 'inv-3' }), group, [rule({})])).toBe(false)
})

test('all criteria of one rule must hold, and one rule is enough', () => {
  const [wrong, right] = [{ field: 'currency', operator: 'equals' }, { field: 'amount' }]
  expect(matches(party({ currency: 'EUR' }), party(), [rule(wrong, right)])).toBe(false)
  expect(matches(party({ currency: 'EUR' }), party(), [rule(wrong, right), rule(right)])).toBe(true)
})

test('the bounds are the widest of all rules, and count from the external side', () => {
  expect(boundsOf(party(), [rule({ field: 'amount', allowable_drift: '0.1' }), rule({ field: 'amount', allowable_drift: '0.5' }, { field: 'date', allowable_drift: '1.9' })]))
    .toEqual({ amount: [50, 150], date: [party().date - 1000, party().date + 1000] })
  expect(boundsOf(party(), [rule({ field: 'amount', operator: 'greater_than' })])).toEqual({ amount: null, date: null })
})

test('looking up by an equal text finds what comparing all finds, in the same order', () => {
  const text = fc.constantFrom('inv-1', 'INV-1', 'straße', 'STRASSE', 'x | inv-1', 'İ', 'i', '')
  const criteria = fc.constantFrom(rule({}), rule({ field: 'description' }), rule({ field: 'amount' }, {}), rule({ operator: 'contains' }), rule({ field: 'amount' }))
  const anyone = fc.record({ reference: text, description: text, amount: fc.constantFrom(1, 2) }).map(party)
  fc.assert(fc.property(fc.array(anyone, { maxLength: 12 }), anyone, fc.array(criteria, { minLength: 1, maxLength: 3 }), (parties, single, rules) => {
    expect(candidatesOf(parties, rules)(single).filter((each) => matches(single, each, rules))).toEqual(parties.filter((each) => matches(single, each, rules)))
  }), { verbose: true })
})

test('the distance of two texts is that of the textbook', () => {
  const textbook = (a: readonly string[], b: readonly string[]): number => {
    const table = Array.from({ length: a.length + 1 }, (_, i) => Array.from({ length: b.length + 1 }, (_, j) => i === 0 ? j : j === 0 ? i : 0))
    const at = (i: number, j: number): number => table[i]?.[j] ?? 0
    for (let i = 1; i <= a.length; i++) for (let j = 1; j <= b.length; j++) (table[i] as number[])[j] = Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1))
    return at(a.length, b.length)
  }
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'ß', '😀'), maxLength: 12 })
  fc.assert(fc.property(text, text, fc.nat(12), (a, b, most) => { expect(distanceWithin(a, b, most)).toBe(textbook([...a], [...b]) <= most) }), { verbose: true })
})
