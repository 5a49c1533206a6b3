import { expect, test } from 'vitest'
import { Windows } from '../../src/limits/windows.js'

test('a window begins with the first, allows so many, says how long it lasts, and ends', () => {
  const windows = new Windows({ count: 2, seconds: 10 }, 10)
  expect([windows.take('a', 1_000), windows.take('a', 3_000), windows.take('a', 4_000), windows.take('a', 10_999)]).toEqual([0, 0, 7_000, 1])
  expect(windows.take('b', 4_000)).toBe(0)
  expect([windows.take('a', 11_000), windows.take('a', 11_001), windows.take('a', 11_002)]).toEqual([0, 0, 9_998])
})

test('of more keys than are counted, the one whose window began first is forgotten', () => {
  const windows = new Windows({ count: 1, seconds: 10 }, 2)
  expect([windows.take('a', 0), windows.take('b', 1), windows.take('a', 2)]).toEqual([0, 0, 9_998])
  // Its window is over: the next one began after that of b.
  expect(windows.take('a', 10_000)).toBe(0)
  expect([windows.take('c', 10_000), windows.take('a', 10_000), windows.take('b', 10_000)]).toEqual([0, 10_000, 0])
})
