import { expect, test } from 'vitest'
import { createAddressList, isAddressBlock, networkOf, plainAddress } from '../../src/lib/address-list.js'

test.each(['192.0.2.1', '10.0.0.0/8', '0.0.0.0/0', '2001:db8::1', '2001:db8::/32', '::/0', '::ffff:192.0.2.1'])('%s is an address block', (text) => {
  expect(isAddressBlock(text)).toBe(true)
})

test.each(['', '10.0.0.0/33', '10.0.0.0/-1', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0', '10.0.0.0/255.0.0.0', '2001:db8::/129', 'fe80::1%eth0', '::ffff:10.0.0.0/8', 'example.com', '*'])('%j is none', (text) => {
  expect(isAddressBlock(text)).toBe(false)
})

test.each([
  [['10.0.0.0/8'], '10.255.0.1', true],
  [['10.0.0.0/8'], '11.0.0.1', false],
  [['10.0.0.0/8'], '::ffff:10.1.2.3', true],
  [['::ffff:192.0.2.1'], '192.0.2.1', true],
  [['192.0.2.1'], '192.0.2.2', false],
  [['2001:db8::/32'], '2001:db8:ffff::1', true],
  [['2001:db8::/32'], '2001:DB8:0:0::1', true],
  [['2001:db8::/32'], '2001:db9::1', false],
  [['0.0.0.0/0'], '::1', false],
  [['::/0'], '127.0.0.1', false],
  [['10.0.0.1/8'], '10.9.9.9', true],
  [['192.0.2.1', '2001:db8::1'], '2001:db8::1', true],
  [['0.0.0.0/0', '::/0'], 'unknown', false],
  [['0.0.0.0/0', '::/0'], '', false],
  [[], '127.0.0.1', false]
])('%j has %s: %s', (blocks, address, has) => {
  expect(createAddressList(blocks)(address)).toBe(has)
})

test('IPv4 inside IPv6 is IPv4, and other text stays', () => {
  expect(plainAddress('::ffff:192.0.2.1')).toBe('192.0.2.1')
  expect(plainAddress('::ffff:c000:201')).toBe('192.0.2.1')
  expect(plainAddress('::ffff:0:c000:201')).toBe('::ffff:0:c000:201')
  expect(plainAddress('2001:db8::1')).toBe('2001:db8::1')
})

test('one list answers for one address after another', () => {
  const has = createAddressList(['10.0.0.0/8', '2001:db8::/32'])
  expect(['10.0.0.1', '10.0.0.1', '11.0.0.1', '11.0.0.1', '2001:db8::1', '', '10.0.0.1'].map(has)).toEqual([true, true, false, false, true, false, true])
  expect(createAddressList(['10.0.0.0/8'])('')).toBe(false)
})

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['::FFFF:c000:201', '192.0.2.1'],
  ['::ffff:ffff:1', '255.255.0.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:0db8:0001:0002::1', '2001:db8:1:2::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['1:2:3::', '1:2:3:0::/64'],
  ['::1:2:3:4:5:6:7', '0:1:2:3::/64'],
  ['64:ff9b::192.0.2.1', '64:ff9b:0:0::/64'],
  ['', '']
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network)
})
