import { expect, test } from 'vitest'
import { entriesOf, means } from '../../../src/cli/intercept/no-proxy.js'

const HOST = 'api.cloud.blnkfinance.com'

test.each([
  ['*', HOST, true],
  [HOST, HOST, true],
  ['API.cloud.blnkfinance.com', HOST, true],
  [`${HOST}:443`, HOST, true],
  [`${HOST}:8443`, HOST, false],
  ['blnkfinance.com', HOST, true],
  ['.blnkfinance.com', HOST, true],
  ['*.blnkfinance.com', HOST, true],
  ['finance.com', HOST, false],
  ['example.com', HOST, false],
  ['10.0.0.0/8', '10.1.2.3', true],
  ['10.0.0.0/8', '11.1.2.3', false],
  ['10.0.0.0/64', '10.1.2.3', false],
  ['10.0.0.0/8', HOST, false],
  ['127.0.0.1', '127.0.0.1', true],
  ['::1', '::1', true],
  ['[::1]:443', '::1', true],
  ['fd00::/8', 'fd12::1', true]
])('%s means %s: %s', (entry, host, expected) => {
  expect(means(entry, host, 443)).toBe(expected)
})

test('entries have commas or spaces between them', () => {
  expect(entriesOf(' a, b c,,d ')).toEqual(['a', 'b', 'c', 'd'])
  expect(entriesOf(undefined)).toEqual([])
})
