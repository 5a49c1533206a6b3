import { expect, test } from 'vitest'
import { bearerToken, Credentials, hashKey, shownPrefix } from '../../src/auth/credentials.js'

test.each([
  [undefined, null],
  ['', null],
  ['Bearer', null],
  ['Bearer ', null],
  ['Basic abc', null],
  ['Bearer a b', null],
  ['Bearer a,Bearer b', null],
  ['Bearer blnk_abc', 'blnk_abc'],
  ['bearer   blnk_abc ', 'blnk_abc'],
  ['BEARER a-._~+/==', 'a-._~+/==']
])('%j holds the token %j', (header, token) => {
  expect(bearerToken(header)).toBe(token)
})

const credential = { id: 'key_1', prefix: 'blnk_aaa', name: 'n', scopes: ['*'], kind: 'api', instances: null, expiresAt: null, revokedAt: null } as const

test('a credential is found by its key alone, and its last use is told once', () => {
  const all = new Credentials()
  all.put(hashKey('blnk_a'), credential)
  expect(all.find('blnk_a', 999)).toBe(credential)
  expect(all.find('blnk_b', 0)).toBe('unknown')
  all.use(credential, 999, '192.0.2.1')
  expect(all.takeUsed()).toEqual(new Map([['key_1', { at: 999, address: '192.0.2.1' }]]))
  expect(all.takeUsed().size).toBe(0)
})

test('what is shown of a key does not give it away', () => {
  expect(shownPrefix('blnk_' + 'x'.repeat(43))).toHaveLength(13)
})
