import { expect, test } from 'vitest'
import { majorUnits, minorUnits } from '../../../src/sandbox/transactions/decimal.js'
import { durationText, parseDuration } from '../../../src/sandbox/transactions/duration.js'

test.each([['1.005', '100', 101n], ['2.675', '100', 268n], ['0.005', '100', 1n], ['0.004', '100', 0n], ['-0.005', '100', -1n], ['33.333', '100', 3333n], ['0.1', '1000', 100n]])('%s of %s to the unit is %s', (amount, precision, minor) => {
  expect(minorUnits(amount, precision)).toBe(minor)
})

test.each([
  [123456789012345678901234567890n, '100000000', '1234567890123456789012.3456789'],
  [9007199254740993n, '100', '90071992547409.93'],
  [1n, '1000000', '0.000001'],
  [1n, '3', '0.3333333333333333'],
  [2n, '3', '0.6666666666666667'],
  [-150n, '100', '-1.5'],
  [5n, '1', '5'],
  [0n, '100', '0']
])('%s at %s to the unit is %s', (minor, precision, major) => {
  expect(majorUnits(minor, precision)).toBe(major)
})

test.each([['5m', '5m0s'], ['1h30m', '1h30m0s'], ['1.5s', '1.5s'], ['90s', '1m30s'], ['250ms', '250ms'], ['-2m', '-2m0s'], ['0', '0s']])('the duration %s is %s', (text, shown) => {
  expect(durationText(parseDuration(text))).toBe(shown)
})

test.each([['x', 'time: invalid duration "x"'], ['5', 'time: missing unit in duration "5"'], ['5q', 'time: unknown unit "q" in duration "5q"']])('the duration %s is refused', (text, message) => {
  expect(() => parseDuration(text)).toThrow(message)
})
