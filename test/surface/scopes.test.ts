import { describe, expect, test } from 'vitest'
import { admits, SCOPES, scopesToAskFor, type Scope } from '../../src/auth/scopes.js'

type Letters = 'yes' | 'no' | 'app'

// One line a scope that a credential holds; the columns are what a route needs. `app`: under STRICT_SCOPES, of app keys only.
const NEEDED = ['*', 'proxy:read', 'proxy:write', 'proxy:read or proxy:write', 'data:read', 'data:write', 'alerts:read', 'alerts:write', 'mcp:read', 'mcp:write']
const TABLE: Record<Scope, readonly Letters[]> = {
  //               *      p:r    p:w    p:r|w  d:r    d:w    a:r    a:w    m:r    m:w
  '*': ['yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes', 'yes'],
  'proxy:read': ['no', 'yes', 'no', 'yes', 'no', 'no', 'no', 'no', 'no', 'no'],
  'proxy:write': ['no', 'no', 'yes', 'yes', 'no', 'no', 'no', 'no', 'no', 'no'],
  'data:read': ['no', 'app', 'no', 'app', 'yes', 'no', 'no', 'no', 'no', 'no'],
  'data:write': ['no', 'no', 'app', 'app', 'no', 'yes', 'no', 'no', 'no', 'no'],
  'alerts:read': ['no', 'no', 'no', 'no', 'no', 'no', 'yes', 'no', 'no', 'no'],
  'alerts:write': ['no', 'no', 'no', 'no', 'no', 'no', 'no', 'yes', 'no', 'no'],
  'mcp:read': ['no', 'no', 'no', 'no', 'no', 'no', 'no', 'no', 'yes', 'no'],
  'mcp:write': ['no', 'no', 'no', 'no', 'no', 'no', 'no', 'no', 'no', 'yes']
}

const needed = (column: string): Scope | Scope[] => column.includes(' or ') ? column.split(' or ') as Scope[] : column as Scope

describe.each(SCOPES)('a key that holds %s', (held) => {
  test.each(NEEDED.map((column, at) => [column, TABLE[held][at] as Letters] as const))('and a route that needs %s: %s', (column, verdict) => {
    const admitted = (kind: 'api' | 'app', strict: boolean): boolean => admits({ scopes: [held], kind }, needed(column), strict)
    expect(admitted('api', false)).toBe(verdict !== 'no')
    expect(admitted('api', true)).toBe(verdict === 'yes')
    // No app is given `*`; what needs it would stay closed to one that had it.
    const opens = verdict !== 'no' && column !== '*'
    expect(admitted('app', false)).toBe(opens)
    expect(admitted('app', true)).toBe(opens)
  })
})

test('an app key never opens what needs scope *, whatever it holds', () => {
  for (const scope of SCOPES) expect(admits({ scopes: [scope], kind: 'app' }, '*', false)).toBe(false)
})

test('an app is told the permission to ask for, and no scope that it cannot have', () => {
  expect(scopesToAskFor('app', ['proxy:read', 'proxy:write', 'alerts:read'])).toEqual(['data:read', 'data:write', 'alerts:read'])
  expect(scopesToAskFor('api', ['proxy:read'])).toEqual(['proxy:read'])
})

test('a key without scopes opens nothing, and writing does not imply reading', () => {
  for (const scope of SCOPES) expect(admits({ scopes: [], kind: 'api' }, scope, false)).toBe(false)
  expect(admits({ scopes: ['proxy:write', 'data:write'], kind: 'api' }, 'proxy:read', false)).toBe(false)
})

test('several scopes add up', () => {
  const grant = { scopes: ['alerts:read', 'proxy:write'], kind: 'api' } as const
  expect(['alerts:read', 'proxy:write', 'proxy:read'].map((scope) => admits(grant, scope as Scope, true))).toEqual([true, true, false])
})
