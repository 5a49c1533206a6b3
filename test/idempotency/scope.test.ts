import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { createScopes, type Scope } from '../../src/idempotency/scope.js'

const key = randomBytes(32)
const scopes = createScopes(key)
const scope: Scope = { instanceId: 'inst_1', owner: { kind: 'oauth', id: 'client_1', subject: 'alice' }, method: 'POST', path: '/transactions', key: 'k' }

test('the same request has the same place and the same references in each process with this encryption key, and in no other', () => {
  const again = createScopes(Buffer.from(key))
  expect(again.of({ ...scope }).equals(scopes.of(scope))).toBe(true)
  expect([0, 1, 2].map((n) => again.reference(again.of(scope), n))).toEqual([0, 1, 2].map((n) => scopes.reference(scopes.of(scope), n)))
  const other = createScopes(randomBytes(32))
  expect(other.of(scope).equals(scopes.of(scope))).toBe(false)
  expect(other.reference(scopes.of(scope), 0)).not.toBe(scopes.reference(scopes.of(scope), 0))
})

test.each<[string, Partial<Scope>]>([
  ['instance', { instanceId: 'inst_2' }],
  ['kind of owner', { owner: { kind: 'jwt', id: 'client_1', subject: 'alice' } }],
  ['owner', { owner: { kind: 'oauth', id: 'client_2', subject: 'alice' } }],
  ['subject', { owner: { kind: 'oauth', id: 'client_1', subject: 'bob' } }],
  ['no subject', { owner: { kind: 'oauth', id: 'client_1' } }],
  ['method', { method: 'PUT' }],
  ['path', { path: '/transactions/bulk' }],
  ['key', { key: 'K' }],
  ['what lies between the parts', { path: '/transactionsk', key: '' }]
])('another %s is another place, with other references', (_what, change) => {
  const [one, another] = [scopes.of(scope), scopes.of({ ...scope, ...change })]
  expect(another.equals(one)).toBe(false)
  expect(scopes.reference(another, 0)).not.toBe(scopes.reference(one, 0))
})

test('the items of a bulk have a reference each', () => {
  const place = scopes.of(scope)
  expect(new Set(Array.from({ length: 1000 }, (_, n) => scopes.reference(place, n))).size).toBe(1000)
})

test('query and body do not run into each other', () => {
  expect(scopes.fingerprint('?a', Buffer.from('b')).equals(scopes.fingerprint('', Buffer.from('?ab')))).toBe(false)
  expect(scopes.fingerprint('?a', Buffer.from('b')).equals(scopes.fingerprint('?a', Buffer.from('b')))).toBe(true)
})
