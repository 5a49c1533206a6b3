import { expect, test } from 'vitest'
import { distribute, SplitError } from '../../../src/sandbox/transactions/distributions.js'

const leg = (identifier: string, distribution: string, precise = '') => ({ identifier, distribution, precise_distribution: precise, transaction_id: '' })
const split = (total: bigint, ...legs: Array<ReturnType<typeof leg>>) => [...distribute(total, legs, '100')]

test.each([
  ['fixed, percent of the total, left', 30000n, [leg('a', '10%'), leg('b', '200'), leg('c', 'left')], [3000n, 20000n, 7000n]],
  ['the remainder goes to the largest', 100n, [leg('a', '33.33%'), leg('b', '33.33%'), leg('c', 'left')], [34n, 33n, 33n]],
  ['what does not sum goes to the largest', 10000n, [leg('a', '50%'), leg('b', '30%')], [7000n, 3000n]],
  ['minor units', 30000n, [leg('a', '', '10001'), leg('b', 'left')], [10001n, 19999n]],
  ['one minor unit', 1n, [leg('a', '50%'), leg('b', '50%')], [1n, 0n]],
  ['beyond 53 bits', 123456789012345678901234567890n, [leg('a', '50%'), leg('b', 'left')], [61728394506172839450617283945n, 61728394506172839450617283945n]]
] as const)('%s', (_, total, legs, shares) => {
  expect(split(total, ...legs).map(([, share]) => share)).toEqual(shares)
})

test('the last of an identifier given twice counts', () => {
  expect(split(10000n, leg('a', '10%'), leg('a', '20%'), leg('b', '30%'))).toEqual([['a', 2000n], ['b', 8000n]])
})

test.each([
  ['fixed amount exceeds remaining transaction amount', [leg('a', '400'), leg('b', 'left')]],
  ['total distributions exceed 100% or total amount', [leg('a', '60%'), leg('b', '60%')]],
  ['invalid fixed amount format', [leg('a', 'half')]],
  ['invalid percentage format', [leg('a', 'x%')]],
  ['invalid precise_distribution format: must be an integer value in minor units', [leg('a', '', '1.5')]],
  ["multiple identifiers with 'left' distribution", [leg('a', '10%'), leg('a', 'left')]]
])('%s', (message, legs) => {
  expect(() => split(30000n, ...legs)).toThrow(new SplitError(message))
})
